extension Provenance {
  /// The place among `names` of the texture behind each image of a set, in order, as a file of `csv(_:types:)` says.
  ///
  /// Cost: linear in the file.
  /// - Throws: where the file is not of that form, or names another texture.
  public static func textures(
    _ csv: [UInt8], of part: ShiftMNIST.Part, names: [String]
  ) throws(FormatError) -> [UInt8] {
    let first = Array("\(header)\n".utf8)
    guard csv.starts(with: first) else {
      throw FormatError(format: "provenance", offset: 0, expected: "the line \"\(header)\"", found: "another")
    }
    let columns = header.utf8.count { $0 == UInt8(ascii: ",") } + 1
    let types = Dictionary(names.enumerated().map { (Array($1.utf8), UInt8(truncatingIfNeeded: $0)) }) { one, _ in one }
    let split = Array(part.rawValue.utf8)
    var textures: [UInt8] = []
    var offset = first.count
    while offset < csv.count {
      let start = offset
      let fields = record(csv, &offset)
      guard fields.count == columns else {
        throw FormatError(
          format: "provenance", offset: start, expected: "a line of \(columns) fields", found: "\(fields.count)")
      }
      guard fields[0] == split else { continue }
      guard let type = types[fields[5]] else {
        let name = String(decoding: fields[5], as: UTF8.self)
        throw FormatError(
          format: "provenance", offset: start, expected: "a texture of the manifest", found: "\"\(name)\"")
      }
      textures.append(type)
    }
    return textures
  }

  /// The fields of the record at `offset`, which moves behind it.
  private static func record(_ csv: [UInt8], _ offset: inout Int) -> [[UInt8]] {
    let (quote, comma, end) = (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"))
    var fields: [[UInt8]] = [[]]
    var isQuoted = false
    while offset < csv.count {
      let byte = csv[offset]
      offset += 1
      if byte == quote {
        // A quote in a quoted field is written twice: the second one opens it again.
        if !isQuoted, offset >= 2, csv[offset - 2] == quote { fields[fields.count - 1].append(quote) }
        isQuoted.toggle()
      } else if byte == end, !isQuoted {
        return fields
      } else if byte == comma, !isQuoted {
        fields.append([])
      } else {
        fields[fields.count - 1].append(byte)
      }
    }
    return fields
  }
}
