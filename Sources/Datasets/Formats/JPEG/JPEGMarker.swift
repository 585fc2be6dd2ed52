/// The markers of a JPEG file (ITU-T T.81, table B.1) that a decoder tells apart: the byte after 0xFF.
enum JPEGMarker {
  static let startOfImage: UInt8 = 0xD8
  static let endOfImage: UInt8 = 0xD9
  static let startOfScan: UInt8 = 0xDA
  static let quantisationTables: UInt8 = 0xDB
  static let numberOfLines: UInt8 = 0xDC
  static let restartInterval: UInt8 = 0xDD
  static let huffmanTables: UInt8 = 0xC4
  /// Restart markers 0 to 7; they have no length.
  static let restarts: ClosedRange<UInt8> = 0xD0...0xD7
  /// JFIF's segment.
  static let application0: UInt8 = 0xE0
  /// EXIF's segment.
  static let application1: UInt8 = 0xE1
  /// Adobe's segment.
  static let application14: UInt8 = 0xEE
  /// Application segments and comments, which need not be understood.
  static let ignorable: [ClosedRange<UInt8>] = [0xE0...0xEF, 0xFE...0xFE]

  /// Baseline, extended sequential and progressive frames, Huffman-coded.
  static let sequentialFrames: ClosedRange<UInt8> = 0xC0...0xC1
  static let progressiveFrame: UInt8 = 0xC2

  /// What a marker that is not decoded announces.
  static func refusal(of marker: UInt8) -> String? {
    switch marker {
    case 0xC3: "a lossless frame"
    case 0xC5, 0xC6, 0xDE, 0xDF: "a hierarchical frame"
    case 0xC7: "a hierarchical lossless frame"
    case 0xC9, 0xCA, 0xCC: "arithmetic coding"
    case 0xCB: "a lossless frame with arithmetic coding"
    case 0xCD, 0xCE, 0xCF: "a hierarchical frame with arithmetic coding"
    default: nil
    }
  }
}
