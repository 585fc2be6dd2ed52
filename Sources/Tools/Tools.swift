import Foundation
import Kernels
import ToolSupport

/// The command line: `swift run Tools COMMAND [options]`.
@main
struct Tools {
  /// Every command, in the order of help.
  static let commands: [any Command] = [
    SpheresCommand(), TrainCommand(), EvaluateCommand(), AgreementCommand(), WhitenCommand(), NuisanceCommand(),
    MetamersCommand(), InterpolateCommand(), SamplesCommand(), InspectCommand(), ReproduceCommand(), ShiftedCommand(),
    Theorem6Command(), FetchMNISTCommand(), BuildShiftMNISTCommand(),
  ]

  /// Runs the command line of this process and exits with its code.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let error = InstructionSet.environmentError {
      Console.standard.error("Tools: \(error).\n")
      exit(1)
    }
    exit(Interrupt.handling { run(arguments: arguments, commands: commands, console: .standard) })
  }

  /// Runs one command line, given without the executable's name; anything that fails is one line on `console.error`.
  ///
  /// - Returns: the exit code: 0 for success, 64 for a usage error, 1 otherwise.
  static func run(arguments: [String], commands: [any Command], console: Console) -> Int32 {
    do {
      try dispatch(arguments, commands, console)
      return 0
    } catch {
      let sentence = ErrorSentence(error)
      console.error("Tools: \(sentence.text)\n")
      return sentence.exitCode
    }
  }

  private static func dispatch(_ arguments: [String], _ commands: [any Command], _ console: Console) throws {
    guard let name = arguments.first else { return try console.output(Help.list(commands)) }
    if ["help", "--help", "-h"].contains(name) {
      if arguments.count > 2 { throw UsageError.unexpectedArgument(arguments[2], command: "help \(arguments[1])") }
      guard arguments.count == 2, arguments[1] != "help" else { return try console.output(Help.list(commands)) }
      return try console.output(Help.page(find(arguments[1], commands)))
    }
    let command = try find(name, commands)
    let words = Array(arguments.dropFirst())
    let options = try Options.parse(
      words, command: command.name, options: command.options, arguments: command.arguments)
    guard let options else { return try console.output(Help.page(command)) }
    try command.run(options, console: console)
  }

  private static func find(_ name: String, _ commands: [any Command]) throws -> any Command {
    if let command = commands.first(where: { $0.name == name }) { return command }
    throw UsageError.unknownCommand(name, nearest: Spelling.nearest(to: name, in: commands.map(\.name) + ["help"]))
  }
}
