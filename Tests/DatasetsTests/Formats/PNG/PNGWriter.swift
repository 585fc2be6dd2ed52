@testable import Datasets

/// Writes PNG files of all kinds, and broken ones: a second implementation to test the decoder with.
struct PNGWriter {
  var width: Int
  var height: Int
  var depth: Int
  var type: UInt8
  var isInterlaced = false
  /// PLTE's data; no chunk where it is empty.
  var palette: [UInt8] = []

  var samples: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][type] ?? 0 }

  /// A chunk with its length and checksum.
  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.bigEndian(UInt32(data.count))
    writer.append(Array(type.utf8) + data)
    writer.bigEndian(crc32(Array(type.utf8) + data))
    return writer.bytes
  }

  var header: [UInt8] {
    var writer = ByteWriter()
    writer.bigEndian(UInt32(width))
    writer.bigEndian(UInt32(height))
    writer.append([UInt8(depth), type, 0, 0, isInterlaced ? 1 : 0])
    return writer.bytes
  }

  /// The file of the image whose pixel (x, y) has sample c `value(x, y, c)`; each line has another filter.
  func file(_ value: (Int, Int, Int) -> Int) -> [UInt8] { file(lines: lines(value)) }

  /// The file of given scanlines.
  func file(lines: [UInt8]) -> [UInt8] {
    let front = PNG.signature + Self.chunk("IHDR", header) + (palette.isEmpty ? [] : Self.chunk("PLTE", palette))
    let data = Zlib.compress(lines)
    // Cut where no byte of the stream tells.
    let cut = data.count / 3
    let pieces = [Array(data[..<cut]), [], Array(data[cut...])]
    return front + pieces.flatMap { Self.chunk("IDAT", $0) } + Self.chunk("IEND", [])
  }

  /// The filtered scanlines of all passes.
  func lines(_ value: (Int, Int, Int) -> Int) -> [UInt8] {
    // The pass of each pixel of a tile of 8 × 8, as the specification draws them.
    let tile = [
      "16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777",
    ].map { $0.compactMap(\.wholeNumberValue) }
    var lines: [UInt8] = []
    for pass in isInterlaced ? Array(1...7) : [0] {
      var above: [UInt8] = []
      for y in 0..<height {
        let columns = (0..<width).filter { pass == 0 || tile[y % 8][$0 % 8] == pass }
        if columns.isEmpty { continue }
        var bits: [Int] = []
        for x in columns {
          for sample in 0..<samples {
            let number = value(x, y, sample)
            for bit in (0..<depth).reversed() { bits.append(number >> bit & 1) }
          }
        }
        while bits.count % 8 != 0 { bits.append(0) }
        let line = stride(from: 0, to: bits.count, by: 8).map { start in
          UInt8(bits[start..<start + 8].reduce(0) { $0 << 1 | $1 })
        }
        let filter = (y + pass) % 5
        lines += [UInt8(filter)] + filtered(line, above.isEmpty ? line.map { _ in 0 } : above, filter)
        above = line
      }
    }
    return lines
  }

  private func filtered(_ line: [UInt8], _ above: [UInt8], _ filter: Int) -> [UInt8] {
    let step = max(1, depth * samples / 8)
    return line.indices.map { x in
      let (a, b) = (x < step ? 0 : Int(line[x - step]), Int(above[x]))
      let c = x < step ? 0 : Int(above[x - step])
      let nearest = [a, b, c].min { abs(a + b - c - $0) < abs(a + b - c - $1) } ?? 0
      return line[x] &- UInt8([0, a, b, (a + b) / 2, nearest][filter])
    }
  }
}
