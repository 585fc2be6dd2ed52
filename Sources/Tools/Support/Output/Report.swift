import Foundation

/// A run's `report.html`: one file with everything in it, readable offline, light or dark as the reader's system is.
package struct Report: Sendable {
  private let title: String
  private var body = ""

  /// A report that begins with `title`.
  package init(title: String) {
    self.title = title
  }

  /// Begins a section.
  package mutating func heading(_ text: String) {
    body += "<h2>\(HTML.escape(text))</h2>\n"
  }

  /// A paragraph of sentences.
  package mutating func paragraph(_ text: String) {
    body += "<p>\(HTML.escape(text))</p>\n"
  }

  /// A table; every row must have as many cells as `header`. Cells that are numbers align to the right.
  package mutating func table(caption: String, header: [String], rows: [[String]]) {
    body += "<div class=\"wide\"><table>\n<caption>\(HTML.escape(caption))</caption>\n<thead><tr>"
    for cell in header { body += "<th scope=\"col\">\(HTML.escape(cell))</th>" }
    body += "</tr></thead>\n<tbody>\n"
    for row in rows {
      precondition(row.count == header.count, "a row of \(row.count) cells under a header of \(header.count)")
      body += "<tr>" + row.map(HTML.cell).joined() + "</tr>\n"
    }
    body += "</tbody>\n</table></div>\n"
  }

  /// Names and values, such as the options of the run.
  package mutating func configuration(caption: String, _ pairs: [(name: String, value: String)]) {
    body += "<table class=\"pairs\">\n<caption>\(HTML.escape(caption))</caption>\n<tbody>\n"
    for pair in pairs { body += "<tr><th scope=\"row\">\(HTML.escape(pair.name))</th>\(HTML.cell(pair.value))</tr>\n" }
    body += "</tbody>\n</table>\n"
  }

  /// A picture, given as the bytes of a PNG file, and what it shows.
  package mutating func figure(png: [UInt8], caption: String) {
    let text = HTML.escape(caption)
    body += "<figure><img alt=\"\(text)\" src=\"data:image/png;base64,"
    body += Data(png).base64EncodedString()
    body += "\"><figcaption>\(text)</figcaption></figure>\n"
  }

  /// A command line or other text to be read as it is typed.
  package mutating func preformatted(_ text: String) {
    // The parser drops one line break after <pre>, so this one protects a text that starts with its own.
    body += "<pre>\n\(HTML.escape(text))</pre>\n"
  }

  /// The file's bytes: HTML in UTF-8.
  package func html() -> Data {
    let name = HTML.escape(title)
    let head = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(name)</title>
      <style>
      \(Report.style)
      </style>
      </head>
      <body>
      <main>
      <h1>\(name)</h1>

      """
    return Data((head + body + "</main>\n</body>\n</html>\n").utf8)
  }

  private static let style = """
    :root { --ink: #1b1f24; --soft: #59636e; --line: #d4d9df; --page: #ffffff; --well: #f4f6f8; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e4e8ec; --soft: #9aa5b1; --line: #39424d; --page: #14181d; --well: #1e242b; }
    }
    body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
    h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 1rem; }
    h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; }
    p { max-width: 44rem; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
    th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
    thead th { border-bottom-width: 2px; }
    .pairs th { font-weight: normal; color: var(--soft); }
    td.number { text-align: right; }
    .pairs td.number { text-align: left; }
    figure { margin: 1.4rem 0; }
    img { max-width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line); }
    figcaption { color: var(--soft); max-width: 44rem; }
    pre { background: var(--well); padding: .8rem 1rem; overflow-x: auto; border-radius: 4px; font-size: .9rem; }
    """
}

/// Text as HTML.
private enum HTML {
  /// `text` for an element's contents or a quoted attribute. Control characters, which HTML forbids, become U+FFFD.
  static func escape(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default:
        let isControl = scalar.properties.generalCategory == .control
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }

  /// A table cell, marked when it holds a number, with or without a unit.
  static func cell(_ text: String) -> String {
    let isNumber = text.split(separator: " ").first.flatMap { Decimals.number(String($0)) } != nil
    return (isNumber ? "<td class=\"number\">" : "<td>") + escape(text) + "</td>"
  }
}
