/// A parser of the one Python dictionary that heads an NPY file.
///
///     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
///
/// Keys may come in any order, each exactly once; strings may have either quote, without escapes.
struct NPYHeader {
  private let text: [UInt8]
  /// Where the text begins in the file.
  private let start: Int
  private var position = 0

  init(_ text: ArraySlice<UInt8>, offset: Int) {
    self.text = Array(text)
    self.start = offset
  }

  /// The type and shape that the header states.
  mutating func parse() throws(FormatError) -> (element: NPY.Element, shape: [Int]) {
    var element: NPY.Element?
    var isCOrder = false
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      skipSpaces()
      let keyPosition = position
      let key = try string()
      try expect(":")
      skipSpaces()
      let valuePosition = position
      switch key {
      case "descr" where element == nil:
        let name = try string()
        element = NPY.Element(rawValue: name)
        guard element != nil else {
          let known = NPY.Element.allCases.map(\.rawValue).joined(separator: " or ")
          throw error(at: valuePosition, expected: "elements \(known)", found: "'\(name)'")
        }
      case "fortran_order" where !isCOrder:
        guard takeWord("False") else {
          throw error(
            at: valuePosition, expected: "False (C order)",
            found: takeWord("True") ? "True (Fortran order, which is not supported)" : byteHere)
        }
        isCOrder = true
      case "shape" where shape == nil: shape = try tuple()
      default:
        throw error(at: keyPosition, expected: "keys descr, fortran_order and shape once each", found: "'\(key)'")
      }
      guard take(",") else {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == text.count else { throw error(expected: "spaces up to the end of the header", found: byteHere) }
    guard let element, isCOrder, let shape else {
      throw error(at: 0, expected: "keys descr, fortran_order and shape", found: "only some of them")
    }
    return (element, shape)
  }

  private mutating func tuple() throws(FormatError) -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !take(")") {
      values.append(try number())
      if !take(",") {
        guard values.count > 1 else { throw error(expected: "a comma after the only dimension", found: byteHere) }
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func number() throws(FormatError) -> Int {
    skipSpaces()
    let first = position
    while position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) { position += 1 }
    let digits = String(decoding: text[first..<position], as: UTF8.self)
    guard let value = Int(digits) else {
      throw error(at: first, expected: "a dimension below 2^63", found: digits.isEmpty ? byteHere : digits)
    }
    return value
  }

  private mutating func string() throws(FormatError) -> String {
    let quote: UInt8 = take("\"") ? UInt8(ascii: "\"") : UInt8(ascii: "'")
    if quote == UInt8(ascii: "'") { try expect("'") }
    let first = position
    while position < text.count, text[position] != quote {
      guard (0x20...0x7E).contains(text[position]), text[position] != UInt8(ascii: "\\") else {
        throw error(expected: "a plain character", found: byteHere)
      }
      position += 1
    }
    guard position < text.count else { throw error(expected: "a closing quote", found: byteHere) }
    position += 1
    return String(decoding: text[first..<position - 1], as: UTF8.self)
  }

  /// Skips spaces, then takes `character` if it is there.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FormatError) {
    guard take(character) else { throw error(expected: "\"\(character)\"", found: byteHere) }
  }

  private mutating func skipSpaces() {
    while position < text.count, [0x20, 0x0A].contains(text[position]) { position += 1 }
  }

  private var byteHere: String {
    guard position < text.count else { return "the end of the header" }
    let byte = text[position]
    return (0x21...0x7E).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte \(byte)"
  }

  private func error(at place: Int? = nil, expected: String, found: String) -> FormatError {
    FormatError(format: "NPY", offset: start + (place ?? position), expected: expected, found: found)
  }
}
