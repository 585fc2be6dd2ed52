/// The tokens of one DEFLATE block, and their writing in whichever of RFC 1951's three ways is smallest.
struct DeflateBlock {
  private let tokens: ArraySlice<UInt32>
  /// What the tokens stand for.
  private let bytes: ArraySlice<UInt8>
  private let literalFrequencies: [Int]
  private let distanceFrequencies: [Int]

  private static let fixedLiterals = HuffmanEncoder(lengths: DeflateAlphabet.fixedLiteralLengths)
  private static let fixedDistances = HuffmanEncoder(lengths: DeflateAlphabet.fixedDistanceLengths)

  /// The length symbol, less 257, of each length less 3.
  private static let lengthSymbols: [UInt8] = (3...DeflateAlphabet.longestMatch).map { (length: Int) -> UInt8 in
    UInt8(DeflateAlphabet.lengthBase.lastIndex { $0 <= length } ?? 0)
  }

  /// A block of tokens, as `LZ77` makes them, that stand for `bytes`.
  init(tokens: ArraySlice<UInt32>, covering bytes: ArraySlice<UInt8>) {
    let (matchFlag, lengthSymbols) = (LZ77.matchFlag, Self.lengthSymbols)
    var literals = [Int](repeating: 0, count: 286)
    var distances = [Int](repeating: 0, count: 30)
    for token in tokens {
      if token & matchFlag == 0 {
        literals[Int(token)] += 1
      } else {
        literals[257 + Int(lengthSymbols[Int(token >> 16 & 0xFF)])] += 1
        distances[Self.distanceSymbol(Int(token & 0x7FFF))] += 1
      }
    }
    literals[DeflateAlphabet.endOfBlock] = 1
    self.tokens = tokens
    self.bytes = bytes
    self.literalFrequencies = literals
    self.distanceFrequencies = distances
  }

  /// Writes the block.
  func write(to writer: inout BitWriter, isLast: Bool) {
    let literals = HuffmanEncoder(frequencies: literalFrequencies, longest: DeflateAlphabet.longestCode)
    let distances = HuffmanEncoder(frequencies: distanceFrequencies, longest: DeflateAlphabet.longestCode)
    let header = DynamicHeader(literals, distances)

    let dynamicCost = header.bitCount + literals.cost(literalFrequencies) + distances.cost(distanceFrequencies)
    let fixedCost = Self.fixedLiterals.cost(literalFrequencies) + Self.fixedDistances.cost(distanceFrequencies)
    let extraCost =
      zip(literalFrequencies[257...], DeflateAlphabet.lengthExtra).reduce(0) { $0 + $1.0 * $1.1 }
      + zip(distanceFrequencies, DeflateAlphabet.distanceExtra).reduce(0) { $0 + $1.0 * $1.1 }
    // Each stored piece has a header of 3 bits, up to 7 of padding, and 32 of lengths.
    let pieces = max(1, (bytes.count + 65_534) / 65_535)
    let storedCost = bytes.count * 8 + pieces * 42

    let last: UInt32 = isLast ? 1 : 0
    if storedCost < min(dynamicCost, fixedCost) + extraCost {
      Self.writeStored(bytes, to: &writer, isLast: isLast)
    } else if dynamicCost < fixedCost {
      writer.write(last | 2 << 1, 3)
      header.write(to: &writer)
      writeTokens(to: &writer, literals, distances)
    } else {
      writer.write(last | 1 << 1, 3)
      writeTokens(to: &writer, Self.fixedLiterals, Self.fixedDistances)
    }
  }

  /// Writes bytes as they are, in pieces, at least one; the stream is then at a whole byte.
  static func writeStored(_ bytes: ArraySlice<UInt8>, to writer: inout BitWriter, isLast: Bool) {
    var rest = bytes
    repeat {
      let piece = rest.prefix(65_535)
      rest = rest.dropFirst(piece.count)
      writer.write(isLast && rest.isEmpty ? 1 : 0, 3)
      writer.alignToByte()
      writer.write(UInt32(piece.count), 16)
      writer.write(UInt32(piece.count) ^ 0xFFFF, 16)
      writer.append(aligned: piece)
    } while !rest.isEmpty
  }

  private func writeTokens(to writer: inout BitWriter, _ literals: HuffmanEncoder, _ distances: HuffmanEncoder) {
    let (matchFlag, lengthSymbols) = (LZ77.matchFlag, Self.lengthSymbols)
    let (lengthBase, lengthExtra) = (DeflateAlphabet.lengthBase, DeflateAlphabet.lengthExtra)
    let (distanceBase, distanceExtra) = (DeflateAlphabet.distanceBase, DeflateAlphabet.distanceExtra)
    for token in tokens {
      if token & matchFlag == 0 {
        writer.write(literals.codes[Int(token)], Int(literals.lengths[Int(token)]))
        continue
      }
      // A code and its extra bits go out together: at most 15 + 5 bits, then 15 + 13.
      let length = Int(token >> 16 & 0xFF)
      let lengthIndex = Int(lengthSymbols[length])
      let lengthWidth = Int(literals.lengths[257 + lengthIndex])
      let lengthBits = UInt32(length + 3 - lengthBase[lengthIndex]) << UInt32(lengthWidth)
      writer.write(literals.codes[257 + lengthIndex] | lengthBits, lengthWidth + lengthExtra[lengthIndex])
      let distance = Int(token & 0x7FFF)
      let distanceIndex = Self.distanceSymbol(distance)
      let distanceWidth = Int(distances.lengths[distanceIndex])
      let distanceBits = UInt32(distance + 1 - distanceBase[distanceIndex]) << UInt32(distanceWidth)
      writer.write(distances.codes[distanceIndex] | distanceBits, distanceWidth + distanceExtra[distanceIndex])
    }
    let end = DeflateAlphabet.endOfBlock
    writer.write(literals.codes[end], Int(literals.lengths[end]))
  }

  /// The symbol of a distance less 1: twice the position of its highest bit, plus the bit below that.
  @inline(__always)
  private static func distanceSymbol(_ distance: Int) -> Int {
    if distance < 4 { return distance }
    let highest = Int.bitWidth - 1 - distance.leadingZeroBitCount
    return 2 * highest + (distance >> (highest - 1)) & 1
  }
}
