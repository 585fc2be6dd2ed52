/// A strict decoder of DEFLATE streams (RFC 1951).
public enum Inflate {
  /// Decodes the stream that begins at `bytes[offset]`.
  ///
  /// Cost: linear; memory grows with what is really decoded, never beyond `limit` bytes.
  /// - Parameter limit: the most bytes that the stream may decode to.
  /// - Returns: the decoded bytes, and how many bytes of input the stream took; what follows it is not looked at.
  /// - Throws: on reserved block types, codes that are over-subscribed or incomplete, distances that reach before the
  ///   start, output beyond `limit`, and streams without an end.
  public static func decompress(
    _ bytes: [UInt8], from offset: Int = 0, limit: Int
  ) throws(FormatError) -> (bytes: [UInt8], consumed: Int) {
    precondition(0 <= offset && offset <= bytes.count, "offset \(offset) is outside \(bytes.count) bytes")
    precondition(limit >= 0, "negative limit \(limit)")
    var decoder = Decoder(reader: BitReader(bytes, from: offset), limit: limit)
    try decoder.run()
    return (decoder.finish(), decoder.reader.offset - offset)
  }

  /// Decodes no more of the stream that begins at `bytes[offset]` than it takes to have `count` bytes of output.
  ///
  /// Cost: time and memory in proportion to `count` and 64 KiB at most, however long the stream is.
  /// - Returns: the first `count` bytes or, if there are fewer, all; and how many bytes of input the whole stream took,
  ///   nil where decoding stopped before its end.
  /// - Throws: as `decompress` does, on the part that is decoded.
  public static func prefix(
    _ bytes: [UInt8], from offset: Int = 0, count: Int
  ) throws(FormatError) -> (bytes: [UInt8], consumed: Int?) {
    precondition(0 <= offset && offset <= bytes.count, "offset \(offset) is outside \(bytes.count) bytes")
    precondition(count >= 0, "negative count \(count)")
    var decoder = Decoder(reader: BitReader(bytes, from: offset), limit: .max, enough: count)
    try decoder.run()
    let consumed = decoder.isEnded ? decoder.reader.offset - offset : nil
    return (Array(decoder.finish().prefix(count)), consumed)
  }
}

/// The state of one decompression.
private struct Decoder {
  var reader: BitReader
  let limit: Int
  /// With so many bytes of output decoding may stop.
  private let enough: Int
  /// Whether the last block was decoded to its end.
  private(set) var isEnded = false
  /// Whether decoding stopped within a block.
  private var isInterrupted = false
  /// Where the stream begins in the input.
  private let start: Int
  /// Decoded bytes, then zeros yet to be overwritten.
  private var output: [UInt8]
  /// How many bytes of `output` are decoded.
  private var position = 0

  private static let literalSymbols: [UInt32] =
    (0..<256).map { HuffmanDecoder.literal | $0 << 16 } + [HuffmanDecoder.end]
    + zip(DeflateAlphabet.lengthBase, DeflateAlphabet.lengthExtra).map { baseSymbol($0, extra: $1) }
    + [HuffmanDecoder.forbidden, HuffmanDecoder.forbidden]
  private static let distanceSymbols: [UInt32] =
    zip(DeflateAlphabet.distanceBase, DeflateAlphabet.distanceExtra).map { baseSymbol($0, extra: $1) }
    + [HuffmanDecoder.forbidden, HuffmanDecoder.forbidden]
  private static let fixedLiterals = fixed(DeflateAlphabet.fixedLiteralLengths, literalSymbols)
  private static let fixedDistances = fixed(DeflateAlphabet.fixedDistanceLengths, distanceSymbols)
  private static let codeLengthSymbols: [UInt32] = (0..<19).map { HuffmanDecoder.literal | $0 << 16 }

  private static func baseSymbol(_ base: Int, extra: Int) -> UInt32 {
    HuffmanDecoder.base | UInt32(base) << 16 | UInt32(extra) << 4
  }

  private static func fixed(_ lengths: [UInt8], _ symbols: [UInt32]) -> HuffmanDecoder {
    do { return try HuffmanDecoder(lengths: lengths[...], symbols: symbols) } catch {
      preconditionFailure("a fixed code of RFC 1951 is \(error.rawValue)")
    }
  }

  init(reader: BitReader, limit: Int, enough: Int = .max) {
    self.reader = reader
    self.limit = limit
    self.enough = enough
    self.start = reader.offset
    self.output = [UInt8](repeating: 0, count: min(limit, 4_096))
  }

  /// Decodes all blocks, or as many as give `enough` bytes.
  mutating func run() throws(FormatError) {
    var isLast = false
    while !isLast {
      guard position < enough else { return }
      isLast = try read(1, "a block header") == 1
      switch try read(2, "a block header") {
      case 0: try decodeStored()
      case 1: try decodeBlock(Self.fixedLiterals, Self.fixedDistances)
      case 2:
        let codes = try readCodes()
        try decodeBlock(codes.literals, codes.distances)
      default: throw error(expected: "block type 0, 1 or 2", found: "the reserved type 3")
      }
      if isInterrupted { return }
    }
    reader.alignToByte()
    isEnded = true
  }

  /// The decoded bytes.
  mutating func finish() -> [UInt8] {
    output.removeLast(output.count - position)
    return output
  }

  private mutating func decodeStored() throws(FormatError) {
    reader.alignToByte()
    let length = try read(16, "a stored block's length")
    let complement = try read(16, "a stored block's length")
    guard length == ~complement & 0xFFFF else {
      throw error(
        expected: "the complement of the stored length \(length)", found: "\(complement)")
    }
    guard length <= limit - position else { throw overflow }
    guard let stored = reader.readAlignedBytes(length) else { throw truncated("\(length) stored bytes") }
    grow(toHold: position + length)
    output.replaceSubrange(position..<position + length, with: stored)
    position += length
  }

  /// Reads the two codes that head a dynamic block (RFC 1951, 3.2.7).
  private mutating func readCodes() throws(FormatError) -> (literals: HuffmanDecoder, distances: HuffmanDecoder) {
    let literalCount = try read(5, "a code count") + 257
    let distanceCount = try read(5, "a code count") + 1
    let codeLengthCount = try read(4, "a code count") + 4
    guard literalCount <= 286 && distanceCount <= 30 else {
      throw error(
        expected: "at most 286 literal and 30 distance codes", found: "\(literalCount) and \(distanceCount)")
    }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<codeLengthCount {
      codeLengths[DeflateAlphabet.codeLengthOrder[index]] = UInt8(try read(3, "a code length"))
    }
    let meta = try decoder(for: codeLengths[...], Self.codeLengthSymbols, "code-length code")

    var lengths: [UInt8] = []
    let total = literalCount + distanceCount
    lengths.reserveCapacity(total)
    while lengths.count < total {
      reader.refill()
      let entry = meta.entry(for: reader.bits)
      guard reader.consume(Int(entry & 15)) else { throw truncated("a code length") }
      let symbol = UInt8(entry >> 16)
      if symbol < 16 {
        lengths.append(symbol)
        continue
      }
      let repeated: UInt8
      let times: Int
      switch symbol {
      case 16:
        guard let previous = lengths.last else {
          throw error(expected: "a code length to repeat", found: "a repetition before the first")
        }
        repeated = previous
        times = try read(2, "a repeat count") + 3
      case 17:
        repeated = 0
        times = try read(3, "a repeat count") + 3
      default:
        repeated = 0
        times = try read(7, "a repeat count") + 11
      }
      guard times <= total - lengths.count else {
        throw error(expected: "\(total) code lengths", found: "a repetition up to \(lengths.count + times)")
      }
      lengths.append(contentsOf: repeatElement(repeated, count: times))
    }
    guard lengths[DeflateAlphabet.endOfBlock] > 0 else {
      throw error(expected: "a code for the end of the block", found: "none")
    }
    return (
      try decoder(for: lengths[..<literalCount], Self.literalSymbols, "literal and length code"),
      try decoder(for: lengths[literalCount...], Self.distanceSymbols, "distance code", mayHaveOneCode: true)
    )
  }

  private mutating func decodeBlock(
    _ literals: HuffmanDecoder, _ distances: HuffmanDecoder
  ) throws(FormatError) {
    var isBlockEnded = false
    while !isBlockEnded {
      guard position < enough else {
        isInterrupted = true
        return
      }
      if output.count - position < DeflateAlphabet.longestMatch { grow(toHold: position + 1) }
      // Copies, because `place` holds all of `self`.
      let limit = limit
      var (reader, position) = (reader, position)
      var place = output.mutableSpan
      isBlockEnded = try reader.decodeSymbols(literals, distances, into: &place, at: &position, limit: limit)
      self.reader = reader
      self.position = position
    }
  }

  /// Lengthens the output to at least `count` (at most `limit`) bytes.
  ///
  /// It aims at what the whole input would decode to if it went on as so far, so that large outputs are seldom moved;
  /// but within 2 to 8 times what there is, so that memory stays in proportion to what is decoded.
  private mutating func grow(toHold count: Int) {
    let consumed = max(1, reader.offset - start)
    let predicted = Double(count) / Double(consumed) * Double(reader.end - start) * 1.05
    let (least, most) = (2 * output.count, 8 * output.count)
    let aim = Int(min(max(predicted, Double(least)), Double(most)))
    let target = min(limit, max(count + DeflateAlphabet.longestMatch, aim))
    if target > output.count { output.append(contentsOf: repeatElement(0, count: target - output.count)) }
  }

  private mutating func read(_ width: Int, _ what: String) throws(FormatError) -> Int {
    guard let value = reader.read(width) else { throw truncated(what) }
    return value
  }

  private func decoder(
    for lengths: ArraySlice<UInt8>, _ symbols: [UInt32], _ name: String, mayHaveOneCode: Bool = false
  ) throws(FormatError) -> HuffmanDecoder {
    do {
      return try HuffmanDecoder(lengths: lengths, symbols: symbols, mayHaveOneCode: mayHaveOneCode)
    } catch let fault {
      throw error(expected: "a complete \(name)", found: "one that is \(fault.rawValue)")
    }
  }

  private var overflow: FormatError { reader.overflow(limit) }

  private func truncated(_ what: String) -> FormatError {
    error(expected: what, found: "the end of the data")
  }

  private func error(expected: String, found: String) -> FormatError {
    FormatError(format: "DEFLATE", offset: reader.offset, expected: expected, found: found)
  }
}
