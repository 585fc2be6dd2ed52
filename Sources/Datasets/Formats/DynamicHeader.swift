/// The head of a dynamic block: its two codes' lengths, run-length coded and Huffman coded in turn (RFC 1951, 3.2.7).
struct DynamicHeader {
  private let literalCount: Int
  private let distanceCount: Int
  /// Code-length symbols 0...18 with the value and width of their extra bits.
  private let symbols: [(symbol: Int, extra: Int, width: Int)]
  private let code: HuffmanEncoder
  private let codeLengthCount: Int

  init(_ literals: HuffmanEncoder, _ distances: HuffmanEncoder) {
    literalCount = 1 + (literals.lengths.lastIndex { $0 > 0 } ?? 0)
    distanceCount = 1 + (distances.lengths.lastIndex { $0 > 0 } ?? 0)
    symbols = Self.runLengthCoded(literals.lengths[..<literalCount] + distances.lengths[..<distanceCount])
    var frequencies = [Int](repeating: 0, count: 19)
    for symbol in symbols { frequencies[symbol.symbol] += 1 }
    let code = HuffmanEncoder(frequencies: frequencies, longest: 7)
    self.code = code
    codeLengthCount = 1 + (DeflateAlphabet.codeLengthOrder.lastIndex { code.lengths[$0] > 0 } ?? 0)
  }

  /// The size of what `write(to:)` writes.
  var bitCount: Int {
    14 + 3 * codeLengthCount + symbols.reduce(0) { $0 + Int(code.lengths[$1.symbol]) + $1.width }
  }

  func write(to writer: inout BitWriter) {
    writer.write(UInt32(literalCount - 257), 5)
    writer.write(UInt32(distanceCount - 1), 5)
    writer.write(UInt32(codeLengthCount - 4), 4)
    for symbol in DeflateAlphabet.codeLengthOrder[..<codeLengthCount] { writer.write(UInt32(code.lengths[symbol]), 3) }
    for (symbol, extra, width) in symbols {
      writer.write(code.codes[symbol], Int(code.lengths[symbol]))
      writer.write(UInt32(extra), width)
    }
  }

  private static func runLengthCoded(_ lengths: ArraySlice<UInt8>) -> [(symbol: Int, extra: Int, width: Int)] {
    var coded: [(symbol: Int, extra: Int, width: Int)] = []
    var rest = lengths
    while let length = rest.first {
      let run = rest.prefix { $0 == length }.count
      let taken: Int
      if length == 0 && run >= 11 {
        taken = min(run, 138)
        coded.append((18, taken - 11, 7))
      } else if length == 0 && run >= 3 {
        taken = run
        coded.append((17, taken - 3, 3))
      } else if run >= 4 {
        // The first is written out, since symbol 16 repeats the length before it.
        taken = min(run, 7)
        coded.append((Int(length), 0, 0))
        coded.append((16, taken - 4, 2))
      } else {
        taken = 1
        coded.append((Int(length), 0, 0))
      }
      rest = rest.dropFirst(taken)
    }
    return coded
  }
}
