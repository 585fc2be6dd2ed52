import ToolSupport

/// `Tools shifted`: what becomes of any run's decisions where the shortcut to the class is gone.
struct ShiftedCommand: Command {
  let name = "shifted"
  let summary = "errors of a model of shiftMNIST where the shortcut to the class is gone"
  let discussion = """
    Takes a run that was trained on a folder of shiftMNIST and writes into it, as shift.json, its error on the i.i.d. test \
    and on D_Adv, the shifted test. Any network will do. `Tools theorem6` says where in a bijection's code the class is then.
    """
  let example = "swift run Tools shifted shift-ce"
  let arguments = ModelRun.arguments
  let options: [Option] = ModelRun.options

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let data = try run.shiftMNIST()
    let images = try run.images(train: .max, test: .max)
    let (_, shifted) = try data.load()
    let folder = try OutputFolder(creating: run.path)
    var metrics = try ShiftMeasurement().run(run.model, images, shifted: shifted)
    for name in ["run", "data", "configuration"] { metrics[name] = run.metrics[name] }
    metrics.recordMachine()
    try folder.write(metrics.json(), to: ShiftMeasurement.file)
    var table = TextTable(["% error", "i.i.d. test", "D_Adv"])
    table.add(
      ["logits"]
        + ["iid", "shifted"].map { name in
          metrics.number("\(name).error").map { Decimals.fixed(100 * $0, places: 2) } ?? "–"
        })
    try console.output("\(table.text)Written to \(folder.file(ShiftMeasurement.file)).\n")
  }
}
