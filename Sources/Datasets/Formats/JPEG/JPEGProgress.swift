/// Which bits of which coefficients have been decoded. No bit is coded twice, so a sequential frame has one scan a component.
///
/// Of a progressive one, single bits of single coefficients could make 64 · 14 scans, and in a few bytes each visits all
/// blocks. A component may have 64, one for each coefficient, so that scans visit no more blocks than there are samples and
/// the time stays in proportion to these. Encoders make about ten.
struct JPEGProgress {
  /// For each component and coefficient (zigzag order), the place of the lowest bit decoded; nil where none is.
  private var lowBits: [[Int?]]
  /// For each component, how many scans it has had.
  private var scans: [Int]
  static let mostScans = 64

  init(components: Int) {
    lowBits = Array(repeating: Array(repeating: nil, count: 64), count: components)
    scans = Array(repeating: 0, count: components)
  }

  /// Takes note of a scan, before it is decoded; `reader` has just read its header.
  mutating func begin(_ scan: JPEGScan, _ reader: ByteReader) throws(FormatError) {
    for component in scan.components {
      guard scan.band.lowerBound == 0 || lowBits[component][0] != nil else {
        throw reader.error(expected: "coefficient 0 of component \(component) before others", found: "\(scan.band)")
      }
      scans[component] += 1
      guard scans[component] <= Self.mostScans else {
        throw reader.error(expected: "at most \(Self.mostScans) scans of component \(component)", found: "another")
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
