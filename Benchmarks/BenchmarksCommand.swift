import Datasets
import Foundation
import Kernels
import ToolSupport

/// The command line: `swift run Benchmarks [options]`, described as data so that it has the help and the errors of `Tools`.
struct BenchmarksCommand: Command {
  let name = "Benchmarks"
  let summary = "measure the kernels and whole training steps"
  let discussion = """
    Checks every case against the slow reference, times it, and prints a table; FLOP rates are also given as a share of \
    what multiply-adds on registers alone reach on this machine in the same run.

    Progress goes to standard error, so that the table can be redirected. METAMER_ISA chooses the instruction set.
    """
  let example = "swift run Benchmarks --quick --filter matmul"
  let arguments: [Argument] = []
  let options: [Option] = [
    .text("filter", metavar: "TEXT", help: "only the cases whose name and shape contain TEXT, in any letter case"),
    .integer(
      "threads", default: 0, in: 0...1024, metavar: "N",
      help: "how many threads; 0 measures one thread, then all processors"),
    .flag("quick", help: "fewer and shorter samples: within a minute, for a look rather than for the record"),
    .text("json", metavar: "FILE", help: "also write the results to FILE"),
    .text(
      "scaling", metavar: "NAME",
      help: "instead, time training steps of growing batches, depths, widths and images: NAME.png and NAME.json"),
    .text("roofline", metavar: "NAME", help: "also draw the products below the machine's roofs: NAME.svg and NAME.png"),
    .text(
      "compare", metavar: "FILE", help: "also say what got slower or faster since the run that wrote FILE with --json"),
  ]

  /// Runs one command line and returns its exit code; anything that fails is one line on `console.error`.
  static func run(words: [String], console: Console) -> Int32 {
    let command = BenchmarksCommand()
    do {
      let options = try Options.parse(
        words, command: command.name, options: command.options, arguments: command.arguments)
      guard let options else {
        try console.output(command.standalone(Help.page(command)))
        return 0
      }
      try command.run(options, console: console, words: words)
      return 0
    } catch {
      let sentence = ErrorSentence(error)
      console.error("\(command.name): \(command.standalone(sentence.text))\n")
      return sentence.exitCode
    }
  }

  func run(_ options: Options, console: Console) throws { try run(options, console: console, words: []) }

  private func run(_ options: Options, console: Console, words: [String]) throws {
    if let message = InstructionSet.environmentError { throw BenchmarkError("\(message).") }
    if let name = options.textIfGiven("scaling") {
      return try scale(options, name: name, console: console, words: words)
    }
    let cases = try CaseList.matching(options.textIfGiven("filter"))
    let path = options.textIfGiven("json")
    // A file that cannot be written should be known before the work, not after it.
    if let path { _ = try AtomicFile(path: path) }
    let picture = options.textIfGiven("roofline")
    for suffix in picture == nil ? [] : ["svg", "png"] { _ = try AtomicFile(path: "\(picture ?? "").\(suffix)") }
    let comparison = try options.textIfGiven("compare").map { try Comparison(path: $0) }
    let processors = Parallel.threads
    let chosen = options.integer("threads")
    let run = try Run(
      cases: cases, threads: chosen > 0 ? [chosen] : processors > 1 ? [1, processors] : [1],
      sampling: options.flag("quick") ? .quick : .full, console: console)
    try console.output(Table.text(run))
    if let comparison {
      let text = comparison.text(run, isa: InstructionSet.current, cpu: Machine.current.processor)
      try console.output("\n" + text)
    }
    if let picture {
      guard let roofline = Roofline(run) else {
        throw BenchmarkError("no product among the cases: no roofline to draw.")
      }
      try AtomicFile.write(roofline.svg, path: "\(picture).svg")
      try AtomicFile.write(png(roofline.draw()), path: "\(picture).png")
    }
    if let path {
      try AtomicFile.write(JSONReport.bytes(run, words: words, processors: processors), path: path)
    }
  }

  private func scale(_ options: Options, name: String, console: Console, words: [String]) throws {
    for suffix in ["png", "json"] { _ = try AtomicFile(path: "\(name).\(suffix)") }
    let chosen = options.integer("threads")
    let scaling = try Scaling(
      threads: chosen > 0 ? chosen : Parallel.threads, sampling: options.flag("quick") ? .quick : .full,
      console: console)
    try console.output(scaling.text)
    try AtomicFile.write(scaling.json(command: JSONReport.command(words)), path: "\(name).json")
    try AtomicFile.write(png(scaling.draw()), path: "\(name).png")
  }

  private func png(_ canvas: Canvas) -> Data {
    Data(PNG.encode(Raster(width: canvas.width, height: canvas.height, channels: 3, pixels: canvas.pixels)))
  }

  /// The texts of ToolSupport speak of a command of `Tools`; this one is a program of its own.
  private func standalone(_ text: String) -> String {
    text.replacing("swift run Tools \(name)", with: "swift run \(name)")
      .replacing("`Tools help \(name)`", with: "`swift run \(name) --help`")
  }
}

/// What went wrong, as one sentence.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }
}
