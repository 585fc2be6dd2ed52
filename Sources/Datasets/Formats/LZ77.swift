/// Cuts bytes into literals and matches with earlier bytes, by hash chains with lazy matching.
///
/// A token is a 32-bit word: a literal byte, or `matchFlag | (length - 3) << 16 | (distance - 1)`.
///
/// Everything that runs once per byte stands in this file, on spans, because a debug build inlines within files only.
struct LZ77 {
  static let matchFlag: UInt32 = 1 << 31

  /// Bytes hashed, and so the shortest match found. DEFLATE can express 3, but those rarely pay.
  private static let shortest = 4
  private static let hashBits = 15
  // Literals here, as a constant of another file is looked up anew at each use.
  private static let window = 32_768
  private static let windowMask = window - 1
  private static let longestMatch = 258
  /// Candidates tried for one position.
  private static let patience = 6
  /// A match this long ends the search.
  private static let goodEnough = 48
  /// A match this long is taken without a look at the next position.
  private static let lazyBelow = 12
  /// Of a match longer than twice this, only so many positions at either end are entered: the rest of a long run
  /// would fill the chains with equals.
  private static let enteredEnds = 16

  private let bytes: [UInt8]
  /// The first byte not covered by a token.
  private(set) var position = 0
  /// The last position with each hash, modulo 2³². Zeros at first: a wrong candidate is harmless, as it is compared.
  private var heads = [UInt32](repeating: 0, count: 1 << hashBits)
  /// For each position modulo the window, the position before it with the same hash.
  private var previous = [UInt32](repeating: 0, count: window)

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  /// Writes tokens for the coming bytes until `tokens` is full or the bytes are used up, and returns their number.
  mutating func fill(_ tokens: inout [UInt32]) -> Int {
    let source = bytes
    return Self.cut(source.span, from: &position, into: &tokens, &heads, &previous)
  }

  private static func cut(
    _ source: Span<UInt8>, from start: inout Int, into tokens: inout [UInt32],
    _ headArray: inout [UInt32], _ previousArray: inout [UInt32]
  ) -> Int {
    var heads = headArray.mutableSpan
    var previous = previousArray.mutableSpan
    var output = tokens.mutableSpan
    var position = start
    var count = 0
    // No match begins where fewer bytes remain than are hashed.
    let lastStart = source.count - shortest
    var pending = Match(length: 0, distance: 0)
    while position < source.count, count < output.count {
      var match = pending
      pending.length = 0
      if match.length == 0, position <= lastStart {
        match = Self.match(source, at: position, longerThan: shortest - 1, &heads, &previous)
      }
      var entered = position &+ 1
      if match.length > 0, match.length < lazyBelow, entered <= lastStart, count &+ 1 < output.count {
        // A short match gives way to a literal if the next position has a longer one.
        pending = Self.match(source, at: entered, longerThan: match.length, &heads, &previous)
        entered &+= 1
        if pending.length > 0 { match.length = 0 }
      }
      if match.length == 0 {
        output[count] = UInt32(source[position])
        position &+= 1
      } else {
        let fields = UInt32(truncatingIfNeeded: (match.length &- 3) &<< 16 | (match.distance &- 1))
        output[count] = matchFlag | fields
        position &+= match.length
        let end = min(position, lastStart &+ 1)
        if match.length > 2 &* enteredEnds {
          let pause = min(entered &+ enteredEnds, end)
          while entered < pause {
            enter(source, entered, &heads, &previous)
            entered &+= 1
          }
          entered = max(entered, end &- enteredEnds)
        }
        while entered < end {
          enter(source, entered, &heads, &previous)
          entered &+= 1
        }
      }
      count &+= 1
    }
    start = position
    return count
  }

  private struct Match {
    var length: Int
    var distance: Int
  }

  /// Puts `position`, from which `shortest` bytes or more remain, at the head of its chain; returns the former head.
  @inline(__always)
  @discardableResult
  private static func enter(
    _ source: Span<UInt8>, _ position: Int, _ heads: inout MutableSpan<UInt32>, _ previous: inout MutableSpan<UInt32>
  ) -> UInt32 {
    var word = UInt32(source[position])
    word |= UInt32(source[position &+ 1]) << 8
    word |= UInt32(source[position &+ 2]) << 16
    word |= UInt32(source[position &+ 3]) << 24
    let hash = Int(truncatingIfNeeded: (word &* 0x9E37_79B1) >> UInt32(32 - hashBits))
    let head = heads[hash]
    previous[position & windowMask] = head
    heads[hash] = UInt32(truncatingIfNeeded: position)
    return head
  }

  /// Enters `position` and finds the longest match among the nearest candidates that is longer than `minimum`; its
  /// length is 0 when there is none.
  @inline(__always)
  private static func match(
    _ source: Span<UInt8>, at position: Int, longerThan minimum: Int,
    _ heads: inout MutableSpan<UInt32>, _ previous: inout MutableSpan<UInt32>
  ) -> Match {
    var candidate = enter(source, position, &heads, &previous)
    let room = min(longestMatch, source.count &- position)
    let farthest = min(position, window)
    var longest = minimum
    var found = Match(length: 0, distance: 0)
    guard longest < room else { return found }
    var lastDistance = 0
    var tries = patience
    while tries > 0 {
      let distance = Int(UInt32(truncatingIfNeeded: position) &- candidate)
      // Distances grow along a chain; one that does not was overwritten or never written.
      guard distance > lastDistance, distance <= farthest else { break }
      lastDistance = distance
      let start = position &- distance
      if source[start &+ longest] == source[position &+ longest] {
        var length = 0
        while length < room, source[start &+ length] == source[position &+ length] { length &+= 1 }
        if length > longest {
          longest = length
          found = Match(length: length, distance: distance)
          if length == room || length >= goodEnough { break }
        }
      }
      candidate = previous[start & windowMask]
      tries &-= 1
    }
    return found
  }
}
