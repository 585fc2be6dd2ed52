import Foundation
import ToolSupport

/// `Tools fetch-mnist`: downloads MNIST.
struct FetchMNISTCommand: Command {
  let name = "fetch-mnist"
  let summary = "download MNIST's four files and check them"
  let discussion = """
    Downloads MNIST (11.6 MB) into a folder that other commands take as --data, and checks the SHA-256 of each file. Files \
    that are there already are kept. A transfer that broke off leaves NAME.part, where the next run goes on.

    Nothing else needs the network: without --data, commands draw digits themselves.
    """
  let example = "swift run Tools fetch-mnist --output mnist"
  let arguments: [Argument] = []
  let options: [Option] = [
    .text("output", default: "mnist", metavar: "DIR", help: "folder for the files"),
    .text("url", metavar: "BASE", help: "fetch from here: an http or https address that the files' names are added to"),
  ]

  /// Mirrors of MNIST, the first one first.
  static let mirrors = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/",
  ]

  /// What is fetched; tests have files of their own.
  var files = RemoteFile.mnist

  func run(_ options: Options, console: Console) throws {
    var bases = Self.mirrors
    if let base = options.textIfGiven("url") {
      guard let url = URL(string: base), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
        url.host?.isEmpty == false
      else { throw UsageError.refused("--url needs an http or https address, found \"\(base)\"") }
      bases = [base]
    }
    let folder = try OutputFolder(creating: options.text("output"))
    let fetcher = Fetcher(folder: folder, bases: bases, console: console)
    try console.output("Fetching MNIST from \(bases[0])\n")
    for file in files {
      try Interrupt.check()
      if try fetcher.fetch(file) == .present { try console.output("\(folder.file(file.name)) is there already.\n") }
    }
    try console.output("MNIST is in \(folder.path), every file with the right SHA-256.\n")
  }
}
