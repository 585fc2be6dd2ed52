/// One option of a command, declared as data: its name, the values it takes, its default and its line of help.
package struct Option: Sendable {
  /// What an option's value must be.
  package enum Kind: Sendable, Equatable {
    /// Takes no value: given or not.
    case flag
    /// Any text that is not empty.
    case text
    /// A decimal integer in the range.
    case integer(ClosedRange<Int>)
    /// A decimal integer from 0 to 2⁶⁴ − 1, such as a seed.
    case unsigned
    /// A finite decimal number in the range.
    case number(ClosedRange<Double>)
    /// A finite decimal number greater than 0.
    case positive
    /// One of these words.
    case choice([String])
  }

  /// The name without its dashes, in lower case with dashes between words.
  package let name: String
  /// What its value must be.
  package let kind: Kind
  /// The word that stands for the value in help and errors, such as COUNT; empty for a flag.
  package let metavar: String
  /// The value when the option is not given; `nil` when there is none.
  package let defaultValue: OptionValue?
  /// True when a command cannot run without it.
  package let isRequired: Bool
  /// One line of help.
  package let help: String

  private init(
    _ name: String, _ kind: Kind, _ metavar: String, _ defaultValue: OptionValue?, isRequired: Bool = false,
    _ help: String
  ) {
    precondition(!name.isEmpty && !name.hasPrefix("-"), "option name \"\(name)\" must be given without dashes")
    precondition(!help.contains("\n"), "the help of --\(name) must be one line")
    self.name = name
    self.kind = kind
    self.metavar = metavar
    self.defaultValue = defaultValue
    self.isRequired = isRequired
    self.help = help
    if let defaultValue {
      // The declared default must itself be a value that the option accepts.
      precondition((try? parse(defaultValue.text)) == defaultValue, "--\(name) does not accept its own default")
    }
  }

  /// An option that takes no value and is false unless given.
  package static func flag(_ name: String, help: String) -> Option {
    Option(name, .flag, "", nil, help)
  }

  /// An option that takes any text, such as a folder; `required` when there is no way to run without it.
  package static func text(
    _ name: String, default value: String? = nil, required: Bool = false, metavar: String, help: String
  ) -> Option {
    Option(name, .text, metavar, value.map(OptionValue.text), isRequired: required, help)
  }

  /// An option that takes an integer of `range`.
  package static func integer(
    _ name: String, default value: Int, in range: ClosedRange<Int>, metavar: String, help: String
  ) -> Option {
    Option(name, .integer(range), metavar, .integer(value), help)
  }

  /// An option that takes an unsigned 64-bit integer, such as a seed.
  package static func unsigned(_ name: String, default value: UInt64, metavar: String, help: String) -> Option {
    Option(name, .unsigned, metavar, .unsigned(value), help)
  }

  /// An option that takes a finite number of `range`.
  package static func number(
    _ name: String, default value: Double, in range: ClosedRange<Double>, metavar: String, help: String
  ) -> Option {
    Option(name, .number(range), metavar, .number(value), help)
  }

  /// An option that takes a finite number greater than 0.
  package static func positive(_ name: String, default value: Double, metavar: String, help: String) -> Option {
    Option(name, .positive, metavar, .number(value), help)
  }

  /// An option that takes one of the raw values of `Choice`.
  package static func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ name: String, default value: Choice, metavar: String, help: String
  ) -> Option {
    Option(name, .choice(Choice.allCases.map(\.rawValue)), metavar, .text(value.rawValue), help)
  }

  /// What a value must be, as words that follow "needs".
  package var expectation: String {
    switch kind {
    case .flag: "no value"
    case .text: "text"
    case .integer(let range):
      range.upperBound == .max
        ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .unsigned: "an integer from 0 to \(UInt64.max)"
    case .number(let range):
      "a number from \(Decimals.shortest(range.lowerBound)) to \(Decimals.shortest(range.upperBound))"
    case .positive: "a number greater than 0"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  /// The value that `text` stands for.
  ///
  /// - Throws: `UsageError` when `text` is empty, is no such value, or is out of range.
  package func parse(_ text: String) throws(UsageError) -> OptionValue {
    guard !text.isEmpty else { throw .missingValue(option: name, metavar: metavar) }
    let outOfRange = UsageError.outOfRange(option: name, expected: expectation, found: text)
    let malformed = UsageError.malformed(option: name, expected: expectation, found: text)
    switch kind {
    case .flag: throw .valueForFlag(option: name, found: text)
    case .text: return .text(text)
    case .integer(let range):
      guard Decimals.isInteger(text) else { throw malformed }
      guard let value = Int(text), range.contains(value) else { throw outOfRange }
      return .integer(value)
    case .unsigned:
      guard Decimals.isInteger(text) else { throw malformed }
      guard let value = UInt64(text) else { throw outOfRange }
      return .unsigned(value)
    case .number(let range):
      guard let value = Decimals.number(text) else { throw malformed }
      guard range.contains(value) else { throw outOfRange }
      return .number(value)
    case .positive:
      guard let value = Decimals.number(text) else { throw malformed }
      guard value > 0 && value.isFinite else { throw outOfRange }
      return .number(value)
    case .choice(let words):
      guard words.contains(text) else {
        throw .notAChoice(option: name, choices: words, found: text, nearest: Spelling.nearest(to: text, in: words))
      }
      return .text(text)
    }
  }
}

/// The parsed value of an option or argument.
package enum OptionValue: Equatable, Sendable {
  /// Text, or the word of a choice.
  case text(String)
  /// A value of an integer option.
  case integer(Int)
  /// A value of an unsigned option.
  case unsigned(UInt64)
  /// A value of a number option.
  case number(Double)
  /// A flag that was given.
  case flag

  /// The value as a user would type it; the shortest decimal that reads back the same for a number.
  package var text: String {
    switch self {
    case .text(let value): value
    case .integer(let value): String(value)
    case .unsigned(let value): String(value)
    case .number(let value): Decimals.shortest(value)
    case .flag: "true"
    }
  }
}

/// One positional argument of a command, such as RUN.
package struct Argument: Sendable {
  /// The word that stands for it in help and errors, in capitals.
  package let name: String
  /// False when the command runs without it; only arguments after every required one may be optional.
  package let isRequired: Bool
  /// One line of help.
  package let help: String

  /// An argument named `name`.
  package init(_ name: String, required: Bool = true, help: String) {
    self.name = name
    self.isRequired = required
    self.help = help
  }
}
