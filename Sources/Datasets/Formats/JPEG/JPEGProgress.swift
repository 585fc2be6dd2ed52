/// Which bits of which coefficients have been decoded. No bit is coded twice, which bounds the number of scans.
///
/// A component has 64 coefficients, and each is begun by one scan and refined by at most 13: progressive files have at
/// most 896 scans a component, sequential ones have one.
struct JPEGProgress {
  /// For each component and coefficient (zigzag order), the place of the lowest bit decoded; nil where none is.
  private var lowBits: [[Int?]]

  init(components: Int) {
    lowBits = Array(repeating: Array(repeating: nil, count: 64), count: components)
  }

  /// Takes note of a scan, before it is decoded; `reader` has just read its header.
  mutating func begin(_ scan: JPEGScan, _ reader: ByteReader) throws(FormatError) {
    for component in scan.components {
      guard scan.band.lowerBound == 0 || lowBits[component][0] != nil else {
        throw reader.error(expected: "coefficient 0 of component \(component) before others", found: "\(scan.band)")
      }
      for index in scan.band {
        let before = lowBits[component][index]
        guard before == (scan.isRefinement ? scan.lowBit + 1 : nil) else {
          throw reader.error(
            expected: before.map { $0 == 0 ? "no more bits" : "bit \($0 - 1)" } ?? "a first scan",
            found: "bit \(scan.lowBit) of coefficient \(index) of component \(component)")
        }
        lowBits[component][index] = scan.lowBit
      }
    }
  }

  /// Whether every component has been begun, without which there is no image.
  var isBegun: Bool { lowBits.allSatisfy { $0[0] != nil } }
  /// Whether there is nothing left to decode.
  var isComplete: Bool { lowBits.allSatisfy { $0.allSatisfy { $0 == 0 } } }
}
