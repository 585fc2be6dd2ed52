/// A command line that asks for something that does not exist or makes no sense; exit code 64.
package enum UsageError: Error, Equatable, CustomStringConvertible {
  /// No command has this name.
  case unknownCommand(String, nearest: String?)
  /// The command has no such option; `option` is as typed, dashes included.
  case unknownOption(String, command: String, nearest: String?)
  /// The value is absent or empty.
  case missingValue(option: String, metavar: String)
  /// The next word looks like an option, where a value should stand.
  case optionAsValue(option: String, metavar: String, found: String)
  /// A flag was given a value.
  case valueForFlag(option: String, found: String)
  /// The value is not of the right kind.
  case malformed(option: String, expected: String, found: String)
  /// The value is of the right kind, but not allowed.
  case outOfRange(option: String, expected: String, found: String)
  /// The value is none of the words allowed.
  case notAChoice(option: String, choices: [String], found: String, nearest: String?)
  /// The option was given twice.
  case repeatedOption(String)
  /// A required option was not given.
  case missingOption(String, metavar: String, command: String)
  /// A required argument was not given.
  case missingArgument(String, command: String)
  /// A word that no argument is declared for.
  case unexpectedArgument(String, command: String)
  /// A combination that a command itself refuses: one sentence without its full stop.
  case refused(String)

  /// One sentence that says what is wrong and what would be right.
  package var description: String {
    switch self {
    case .unknownCommand(let name, let nearest?): "unknown command \"\(name)\", did you mean \"\(nearest)\"?"
    case .unknownCommand(let name, nil): "unknown command \"\(name)\", `Tools help` lists the commands."
    case .unknownOption(let option, _, let nearest?): "unknown option \(option), did you mean --\(nearest)?"
    case .unknownOption(let option, let command, nil):
      "unknown option \(option), `Tools help \(command)` lists the options."
    case .missingValue(let option, let metavar): "option --\(option) needs a value: --\(option) \(metavar)."
    case .optionAsValue(let option, let metavar, let found):
      "option --\(option) needs a value (\(metavar)), found \(found), which looks like an option;"
        + " write --\(option)=\(found) if it is the value."
    case .valueForFlag(let option, let found): "option --\(option) takes no value, found \"\(found)\"."
    case .malformed(let option, let expected, let found): "option --\(option) needs \(expected), found \"\(found)\"."
    case .outOfRange(let option, let expected, let found): "option --\(option) needs \(expected), found \(found)."
    case .notAChoice(let option, let choices, let found, let nearest):
      "option --\(option) needs one of \(choices.joined(separator: ", ")), found \"\(found)\""
        + (nearest.map { ", did you mean \"\($0)\"?" } ?? ".")
    case .repeatedOption(let option): "option --\(option) is given twice."
    case .missingOption(let option, let metavar, let command):
      "option --\(option) \(metavar) is required by \"\(command)\"."
    case .missingArgument(let name, let command): "\"\(command)\" needs \(name), `Tools help \(command)` explains it."
    case .unexpectedArgument(let word, let command): "unexpected argument \"\(word)\" after \"\(command)\"."
    case .refused(let sentence): "\(sentence)."
    }
  }
}
