/// The values that a command line gives to a command's options and arguments, defaults filled in.
///
/// Each accessor takes a declared name and traps on a name or a type that the command did not declare: that is a mistake in the
/// command, not in the command line.
package struct Options: Sendable {
  private let values: [String: OptionValue]
  private let declared: Set<String>
  private let given: Set<String>

  /// The values in `words`, the command line after the command's name; `nil` when they ask for help (`--help` or `-h`).
  ///
  /// Accepts `--name value`, `--name=value`, flags and positional arguments in any order. A value that starts with a dash must
  /// be joined by `=`, unless it is a number for an option that takes one.
  ///
  /// - Throws: `UsageError` on the first word that does not fit, or on the first thing missing.
  package static func parse(
    _ words: [String], command: String, options: [Option], arguments: [Argument]
  ) throws(UsageError) -> Options? {
    // Help is wanted even when another word is wrong.
    if words.contains("--help") || words.contains("-h") { return nil }
    var values: [String: OptionValue] = [:]
    var remaining = arguments[...]
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      guard looksLikeOption(word) else {
        guard let argument = remaining.popFirst() else { throw .unexpectedArgument(word, command: command) }
        values[argument.name] = .text(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let typed = String(parts[0])
      guard typed.hasPrefix("--"), let option = options.first(where: { $0.name == typed.dropFirst(2) }) else {
        let nearest = Spelling.nearest(to: String(typed.drop { $0 == "-" }), in: options.map(\.name) + ["help"])
        throw .unknownOption(typed, command: command, nearest: nearest)
      }
      guard values[option.name] == nil else { throw .repeatedOption(option.name) }
      if parts.count == 2 {
        let text = String(parts[1])
        if option.kind == .flag { throw .valueForFlag(option: option.name, found: text) }
        values[option.name] = try option.parse(text)
      } else if option.kind == .flag {
        values[option.name] = .flag
      } else {
        guard index < words.count else { throw .missingValue(option: option.name, metavar: option.metavar) }
        let next = words[index]
        index += 1
        guard !looksLikeOption(next) || (option.isNumeric && Decimals.number(next) != nil) else {
          throw .optionAsValue(option: option.name, metavar: option.metavar, found: next)
        }
        values[option.name] = try option.parse(next)
      }
    }
    if let argument = remaining.first, argument.isRequired { throw .missingArgument(argument.name, command: command) }
    let given = Set(values.keys)
    for option in options where values[option.name] == nil {
      if option.isRequired { throw .missingOption(option.name, metavar: option.metavar, command: command) }
      values[option.name] = option.defaultValue
    }
    let names = options.map(\.name) + arguments.map(\.name)
    precondition(Set(names).count == names.count, "\(command) declares a name twice: \(names)")
    return Options(values: values, declared: Set(names), given: given)
  }

  /// True when the command has an option or argument of that name.
  package func declares(_ name: String) -> Bool { declared.contains(name) }

  /// True when the command line itself gives the option or argument.
  package func isGiven(_ name: String) -> Bool {
    check(name)
    return given.contains(name)
  }

  /// True when the flag is given.
  package func flag(_ name: String) -> Bool { isGiven(name) }

  /// The value of an integer option.
  package func integer(_ name: String) -> Int {
    guard case .integer(let value) = value(name) else { preconditionFailure("--\(name) is no integer option") }
    return value
  }

  /// The value of an unsigned option.
  package func unsigned(_ name: String) -> UInt64 {
    guard case .unsigned(let value) = value(name) else { preconditionFailure("--\(name) is no unsigned option") }
    return value
  }

  /// The value of a number or positive-number option.
  package func number(_ name: String) -> Double {
    guard case .number(let value) = value(name) else { preconditionFailure("--\(name) is no number option") }
    return value
  }

  /// The value of a text option or of an argument, which has a default or is required.
  package func text(_ name: String) -> String {
    guard let text = textIfGiven(name) else { preconditionFailure("\(name) has neither a value nor a default") }
    return text
  }

  /// The value of a text option or of an argument; `nil` when it is not given and has no default.
  package func textIfGiven(_ name: String) -> String? {
    switch value(name) {
    case .text(let text): return text
    case nil: return nil
    default: preconditionFailure("\(name) is no text option")
    }
  }

  /// The value of an option declared with `Option.choice` for the same type.
  package func choice<Choice: RawRepresentable<String>>(_ name: String, as type: Choice.Type) -> Choice {
    guard let choice = Choice(rawValue: text(name)) else { preconditionFailure("--\(name) is no choice of \(type)") }
    return choice
  }

  /// Every name with its value as text, sorted by name, for a run's record of its configuration; a flag is "true" or absent.
  package var configuration: [(name: String, value: String)] {
    values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) }
  }

  private func value(_ name: String) -> OptionValue? {
    check(name)
    return values[name]
  }

  private func check(_ name: String) {
    precondition(declared.contains(name), "\(name) is read but not declared")
  }

  private static func looksLikeOption(_ word: String) -> Bool { word.hasPrefix("-") && word != "-" }
}

extension Option {
  /// True when a value may start with a minus sign.
  fileprivate var isNumeric: Bool {
    switch kind {
    case .integer, .unsigned, .number, .positive: true
    case .flag, .text, .choice: false
    }
  }
}
