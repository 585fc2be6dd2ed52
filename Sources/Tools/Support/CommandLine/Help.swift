/// The text of `Tools help` and `Tools help COMMAND`.
package enum Help {
  /// Columns that help is wrapped to.
  package static let width = 100

  /// The list of commands, one line each.
  package static func list(_ commands: [any Command]) -> String {
    let rows = commands.map { ($0.name, $0.summary) } + [("help", "list the commands, or explain one")]
    return """
      Usage: swift run Tools COMMAND [options]

      Commands:
      \(table(rows))

      `Tools help COMMAND` shows its options and an example.

      """
  }

  /// One command: usage, discussion, arguments, options with their defaults, example.
  package static func page(_ command: any Command) -> String {
    var usage = "Usage: swift run Tools \(command.name)"
    for argument in command.arguments { usage += argument.isRequired ? " \(argument.name)" : " [\(argument.name)]" }
    for option in command.options where option.isRequired { usage += " --\(option.name) \(option.metavar)" }
    if command.options.contains(where: { !$0.isRequired }) { usage += " [options]" }
    var sections = [usage]
    for paragraph in command.discussion.split(separator: "\n\n") {
      sections.append(wrap(String(paragraph), to: width).joined(separator: "\n"))
    }
    if !command.arguments.isEmpty {
      sections.append("Arguments:\n" + table(command.arguments.map { ($0.name, $0.help) }))
    }
    let rows = command.options.map { ($0.metavar.isEmpty ? "--\($0.name)" : "--\($0.name) \($0.metavar)", line($0)) }
    sections.append("Options:\n" + table(rows + [("--help", "show this page")]))
    sections.append("Example:\n  \(command.example)")
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// An option's help followed by what it accepts and its default.
  private static func line(_ option: Option) -> String {
    var notes: [String] = []
    switch option.kind {
    case .flag, .text, .unsigned: break
    case .integer, .number, .positive, .choice: notes.append(option.expectation)
    }
    if let value = option.defaultValue { notes.append("default \(value.text)") }
    if option.isRequired { notes.append("required") }
    return notes.isEmpty ? option.help : "\(option.help) (\(notes.joined(separator: "; ")))"
  }

  /// Two aligned columns, the second wrapped under itself.
  private static func table(_ rows: [(String, String)]) -> String {
    let column = (rows.map(\.0.count).max() ?? 0) + 4
    var lines: [String] = []
    for (left, right) in rows {
      for (index, text) in wrap(right, to: width - column).enumerated() {
        let start = index == 0 ? "  \(left)" : ""
        lines.append(start + String(repeating: " ", count: column - start.count) + text)
      }
    }
    return lines.joined(separator: "\n")
  }

  /// `text` broken at spaces into lines of at most `width` characters; a longer word has a line of its own.
  private static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.isEmpty ? [""] : lines
  }
}
