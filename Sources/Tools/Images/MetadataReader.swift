import ToolSupport

/// A file's metadata lacks a value, or has one that makes no sense.
struct MetadataError: Error, Equatable {
  let key: String
  let expected: String
  let found: String
}

/// Values of metadata, which is text by keyword.
struct MetadataReader {
  private let values: [String: String]

  init(_ values: [String: String]) { self.values = values }

  /// Text that is not empty.
  func text(_ key: String) throws(MetadataError) -> String { try value(key, "text") { $0.isEmpty ? nil : $0 } }

  /// An integer in a range.
  func integer(_ key: String, in range: ClosedRange<Int>) throws(MetadataError) -> Int {
    try value(key, "an integer from \(range.lowerBound) to \(range.upperBound)") { text in
      Decimals.isInteger(text) ? Int(text).flatMap { range.contains($0) ? $0 : nil } : nil
    }
  }

  /// An integer from 0 to 2⁶⁴ − 1.
  func unsigned(_ key: String) throws(MetadataError) -> UInt64 {
    try value(key, "an integer from 0 to \(UInt64.max)") { Decimals.isInteger($0) ? UInt64($0) : nil }
  }

  /// What `parse` makes of the text; `expected` says what that must be.
  func parsed<Value>(
    _ key: String, _ expected: String, _ parse: (String) -> Value?
  ) throws(MetadataError) -> Value { try value(key, expected, parse) }

  /// A number in a range.
  func number(_ key: String, in range: ClosedRange<Double>) throws(MetadataError) -> Double {
    let (least, largest) = (Decimals.shortest(range.lowerBound), Decimals.shortest(range.upperBound))
    return try value(key, "a number from \(least) to \(largest)") { text in
      Decimals.number(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// "true" or "false".
  func flag(_ key: String) throws(MetadataError) -> Bool { try value(key, "true or false") { Bool($0) } }

  /// One of the raw values of `Choice`.
  func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ key: String, as type: Choice.Type
  ) throws(MetadataError) -> Choice {
    try value(key, Choice.allCases.map(\.rawValue).joined(separator: " or ")) { Choice(rawValue: $0) }
  }

  private func value<Value>(
    _ key: String, _ expected: String, _ parse: (String) -> Value?
  ) throws(MetadataError) -> Value {
    guard let text = values[key] else { throw MetadataError(key: key, expected: expected, found: "nothing") }
    guard let value = parse(text) else { throw MetadataError(key: key, expected: expected, found: "\"\(text)\"") }
    return value
  }
}
