/// Reads bits from bytes, least significant bit first, as RFC 1951 packs them.
struct BitReader {
  private let input: [UInt8]
  /// The next byte to load into `bits`.
  private var next: Int
  /// The coming bits. Those at and above `count` are either zero or already what the next refill will put there.
  private(set) var bits: UInt64 = 0
  /// How many of `bits` may be consumed.
  private(set) var count = 0

  init(_ input: [UInt8], from offset: Int) {
    self.input = input
    self.next = offset
  }

  /// The offset of the byte that holds the first unread bit.
  var offset: Int { next - (count + 7) / 8 }

  /// The offset of the end of the input.
  var end: Int { input.count }

  /// Makes at least 56 bits available, or all that are left.
  @inline(__always)
  mutating func refill() {
    if next <= input.count &- 8 {
      var word = UInt64(input[next])
      word |= UInt64(input[next &+ 1]) << 8
      word |= UInt64(input[next &+ 2]) << 16
      word |= UInt64(input[next &+ 3]) << 24
      word |= UInt64(input[next &+ 4]) << 32
      word |= UInt64(input[next &+ 5]) << 40
      word |= UInt64(input[next &+ 6]) << 48
      word |= UInt64(input[next &+ 7]) << 56
      bits |= word &<< UInt64(truncatingIfNeeded: count)
      let taken = (63 &- count) >> 3
      next &+= taken
      count &+= taken &* 8
    } else {
      while count <= 56, next < input.count {
        bits |= UInt64(input[next]) << UInt64(count)
        next += 1
        count += 8
      }
    }
  }

  /// Consumes `width` bits that have been looked at through `bits`; false if there are not so many.
  @inline(__always)
  mutating func consume(_ width: Int) -> Bool {
    guard width <= count else { return false }
    bits &>>= UInt64(truncatingIfNeeded: width)
    count &-= width
    return true
  }

  /// The next `width` (at most 16) bits as a number, the first bit being the least significant; nil at the end.
  @inline(__always)
  mutating func read(_ width: Int) -> Int? {
    if count < width { refill() }
    let value = Int(truncatingIfNeeded: bits & ((1 &<< UInt64(truncatingIfNeeded: width)) &- 1))
    return consume(width) ? value : nil
  }

  /// Drops the rest of a byte begun, and takes `length` whole bytes; nil if there are not so many.
  mutating func readAlignedBytes(_ length: Int) -> ArraySlice<UInt8>? {
    alignToByte()
    guard length <= input.count - next else { return nil }
    next += length
    return input[(next - length)..<next]
  }

  /// Drops the rest of a byte begun and gives back the whole bytes that were loaded ahead.
  mutating func alignToByte() {
    next -= count / 8
    bits = 0
    count = 0
  }
}

extension BitReader {
  /// Decodes symbols until the end of the block (true) or until `output` may be too short for the next one (false).
  ///
  /// This is where decoding spends its time. It stands in this file because a debug build inlines within files only.
  mutating func decodeSymbols(
    _ literals: HuffmanDecoder, _ distances: HuffmanDecoder,
    into output: inout MutableSpan<UInt8>, at position: inout Int, limit: Int
  ) throws(FormatError) -> Bool {
    let (literalTable, distanceTable) = (literals.table.span, distances.table.span)
    let tableMask = (1 << UInt64(HuffmanDecoder.tableBits)) - 1 as UInt64
    let kindMask = HuffmanDecoder.kindMask
    let (literal, base, end) = (HuffmanDecoder.literal, HuffmanDecoder.base, HuffmanDecoder.end)
    // An output as long as the limit cannot grow: then every symbol is checked against its end instead.
    let roomy = output.count == limit ? Int.max : output.count - DeflateAlphabet.longestMatch
    var reader = self
    var place = position
    defer {
      self = reader
      position = place
    }
    while place <= roomy {
      // A length and a distance with all their extra bits take at most 15 + 5 + 15 + 13 bits.
      if reader.count < 48 { reader.refill() }
      var entry = literalTable[Int(truncatingIfNeeded: reader.bits & tableMask)]
      if entry == 0 { entry = literals.entry(for: reader.bits) }
      guard entry != 0, reader.consume(Int(truncatingIfNeeded: entry & 15)) else {
        throw reader.badCode("literal or length")
      }
      let kind = entry & kindMask
      if kind == literal {
        guard place < output.count else { throw reader.overflow(limit) }
        output[place] = UInt8(truncatingIfNeeded: entry >> 16)
        place &+= 1
        continue
      }
      if kind == end { return true }
      guard kind == base, let lengthExtra = reader.read(Int(truncatingIfNeeded: entry >> 4 & 15)) else {
        throw reader.badCode("literal or length")
      }
      let length = Int(truncatingIfNeeded: entry >> 16) &+ lengthExtra
      entry = distanceTable[Int(truncatingIfNeeded: reader.bits & tableMask)]
      if entry == 0 { entry = distances.entry(for: reader.bits) }
      guard entry & kindMask == base, reader.consume(Int(truncatingIfNeeded: entry & 15)),
        let distanceExtra = reader.read(Int(truncatingIfNeeded: entry >> 4 & 15))
      else { throw reader.badCode("distance") }
      let distance = Int(truncatingIfNeeded: entry >> 16) &+ distanceExtra
      guard distance <= place else {
        throw FormatError(
          format: "DEFLATE", offset: reader.offset, expected: "a distance of at most \(place)", found: "\(distance)")
      }
      guard length <= output.count &- place else { throw reader.overflow(limit) }
      let matchEnd = place &+ length
      while place < matchEnd {
        output[place] = output[place &- distance]
        place &+= 1
      }
    }
    return false
  }

  /// The error of output beyond `limit` bytes.
  func overflow(_ limit: Int) -> FormatError {
    FormatError(format: "DEFLATE", offset: offset, expected: "at most \(limit) decoded bytes", found: "more")
  }

  private func badCode(_ kind: String) -> FormatError {
    FormatError(
      format: "DEFLATE", offset: offset, expected: "a \(kind) code",
      found: count < 48 ? "the end of the data, or bits that are no code" : "bits that are no code")
  }
}
