import Foundation
import ToolSupport

/// `Tools theorem6`: what the paper's theorem 6 says of a run, measured.
struct Theorem6Command: Command {
  let name = "theorem6"
  let summary =
    "how much of the class z_s and z_n hold with and without the shortcut: theorem 6 and figure 6 of the paper"
  let discussion = """
    Takes a run that was trained on a folder of shiftMNIST and measures what theorem 6 speaks of on three distributions: \
    D_train (the i.i.d. test), D_Adv (the shifted test), and wrong codes, where the shortcut is that of another class: the \
    test for a network that uses the shortcut as a key to the digit.

    Readers of z_s, a quadratic discriminant and a network of 64-64, learn from one half of the test images and read the \
    other, both ways round. Readers of z_n and of all of z are reader S of `Tools nuisance`; they learn from all the training \
    images that the run had, as training showed them, with the shortcut, without it, or with a wrong one. Cross-entropies \
    bound the information about the class from below, in nats. The table also has the errors of the model's own decision, \
    argmax, and of argmax after z_s is re-centred and re-scaled by the moments of the test images (Schneider et al. 2020).

    Writes theorem6.json and theorem6.png into the run's folder. Of the folder of shiftMNIST it needs the unshortcut-* \
    files and manifest.json, and with textures provenance.csv, as `Tools build-shiftmnist` writes them.
    """
  let example = "swift run Tools theorem6 shift-ce"
  let arguments = ModelRun.arguments
  let options: [Option] =
    Reader.options(
      epochs: "epochs of the readers of z_n and z; 0 for 12",
      hidden: "units in each of their two hidden layers; 0 for 1024") + ModelRun.options

  /// The figure that is written.
  static let figure = "theorem6.png"

  func run(_ options: Options, console: Console) throws {
    let run = try ModelRun(options, console: console)
    let coder = ImageCoder(try run.bijection(for: self))
    let data = try run.shiftMNIST()
    _ = try run.images(train: 1, test: 1)
    let measurement = Theorem6Measurement(
      coder: coder, training: try run.training(), draws: options.integer("draws"),
      reader: Reader(.strong, options, console: console), seed: options.unsigned("seed"), console: console)
    let sets = try measurement.images(of: data)
    let folder = try OutputFolder(creating: run.path)
    var metrics = try measurement.run(sets)
    for name in ["run", "data", "configuration"] { metrics[name] = run.metrics[name] }
    metrics.recordMachine()
    let theorem = Theorem6(metrics: metrics)
    try folder.write(Data(theorem.chart.draw().png), to: Self.figure)
    try folder.write(metrics.json(), to: Theorem6Measurement.file)
    try console.output(
      "\(theorem.text)Written to \(folder.file(Theorem6Measurement.file)); look at \(folder.file(Self.figure)).\n")
  }
}

extension ModelRun {
  /// The folder of shiftMNIST that the images are from.
  ///
  /// - Throws: `FileError` where they are built-in digits.
  func shiftMNIST() throws(FileError) -> ShiftMNISTFolder {
    guard case .folder(let data) = source else {
      throw FileError("use", path, reason: "it was trained on built-in digits, which have no shifted test")
    }
    return ShiftMNISTFolder(data, variant: nil)
  }
}
