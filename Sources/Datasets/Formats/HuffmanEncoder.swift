/// A canonical, length-limited Huffman code (RFC 1951, 3.2.2) laid out for encoding.
struct HuffmanEncoder {
  /// The length of each symbol's code; 0 for symbols that have none.
  let lengths: [UInt8]
  /// Each symbol's code, its first bit lowest, ready for `BitWriter`.
  let codes: [UInt32]

  /// The code with the given lengths.
  init(lengths: [UInt8]) {
    var counts = [Int](repeating: 0, count: DeflateAlphabet.longestCode + 1)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var next = [Int](repeating: 0, count: DeflateAlphabet.longestCode + 1)
    for length in 1...DeflateAlphabet.longestCode { next[length] = (next[length - 1] + counts[length - 1]) << 1 }
    var codes = [UInt32](repeating: 0, count: lengths.count)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      codes[symbol] = UInt32(UInt16(next[Int(length)]).bitReversed >> (16 - UInt16(length)))
      next[Int(length)] += 1
    }
    self.lengths = lengths
    self.codes = codes
  }

  /// A complete code for the given frequencies with no code longer than `longest` bits.
  ///
  /// It is Huffman's code unless that is too deep; then the depths are cut and the overdraft repaid, which costs a
  /// fraction of a percent. At least two symbols get a code, because decoders want codes to be complete.
  init(frequencies: [Int], longest: Int) {
    var weights = frequencies
    // Pads with the first unused symbols; one used symbol then costs one bit, as it must.
    var used = weights.count { $0 > 0 }
    for symbol in weights.indices where used < 2 && weights[symbol] == 0 {
      weights[symbol] = 1
      used += 1
    }
    // Ties are broken by symbol, so that the code is a function of the frequencies alone.
    let symbols = weights.indices.filter { weights[$0] > 0 }.sorted { (weights[$0], $0) < (weights[$1], $1) }
    let depthCounts = Self.limited(Self.depthCounts(ascending: symbols.map { weights[$0] }), to: longest)

    var lengths = [UInt8](repeating: 0, count: weights.count)
    var rarest = symbols[...]
    for depth in stride(from: longest, through: 1, by: -1) {
      for symbol in rarest.prefix(depthCounts[depth]) { lengths[symbol] = UInt8(depth) }
      rarest = rarest.dropFirst(depthCounts[depth])
    }
    self.init(lengths: lengths)
  }

  /// The bits that symbols of the given frequencies take.
  func cost(_ frequencies: [Int]) -> Int {
    zip(frequencies, lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
  }

  /// How many leaves Huffman's tree has at each depth, for two or more weights in ascending order.
  private static func depthCounts(ascending weights: [Int]) -> [Int] {
    let leaves = weights.count
    // Nodes 0..<leaves are the leaves; inner nodes follow in the order of their making, so in ascending weight too.
    var weight = weights
    var parent = [Int](repeating: 0, count: 2 * leaves - 1)
    var leaf = 0
    var inner = leaves
    for made in leaves..<2 * leaves - 1 {
      var sum = 0
      for _ in 0..<2 {
        let child: Int
        if leaf < leaves && (inner == made || weight[leaf] <= weight[inner]) {
          child = leaf
          leaf += 1
        } else {
          child = inner
          inner += 1
        }
        parent[child] = made
        sum += weight[child]
      }
      weight.append(sum)
    }
    var depth = [Int](repeating: 0, count: 2 * leaves - 1)
    var counts = [Int](repeating: 0, count: leaves + 1)
    for node in (0..<2 * leaves - 2).reversed() {
      depth[node] = depth[parent[node]] + 1
      if node < leaves { counts[depth[node]] += 1 }
    }
    return counts
  }

  /// Moves leaves deeper than `longest` up to it, and makes room by lengthening others, the deepest possible first.
  private static func limited(_ counts: [Int], to longest: Int) -> [Int] {
    guard counts.count > longest + 1 else {
      return counts + Array(repeating: 0, count: longest + 1 - counts.count)
    }
    var limited = Array(counts[...longest])
    limited[longest] += counts[(longest + 1)...].reduce(0, +)
    // Kraft's sum in units of 2^-longest; a complete code has exactly 2^longest.
    var sum = (1...longest).reduce(0) { $0 + limited[$1] << (longest - $1) }
    while sum > 1 << longest {
      // One leaf at `depth` becomes a node with two leaves: itself and one taken from the lowest level. Net: -1.
      guard let depth = (1..<longest).last(where: { limited[$0] > 0 }) else {
        preconditionFailure("\(counts.reduce(0, +)) symbols do not fit codes of \(longest) bits")
      }
      limited[longest] -= 1
      limited[depth] -= 1
      limited[depth + 1] += 2
      sum -= 1
    }
    return limited
  }
}
