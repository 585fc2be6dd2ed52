/// What the three components of a JPEG file are.
enum JPEGColour {
  /// Luminance and two chrominances, ITU-R BT.601 in full range.
  case luminanceChrominance
  /// Red, green, blue.
  case redGreenBlue

  /// JFIF's files have luminance; Adobe's say what they have; of others, components called R, G, B are these.
  init(isJFIF: Bool, adobeTransform: UInt8?, identifiers: [UInt8]) {
    if isJFIF {
      self = .luminanceChrominance
    } else if let adobeTransform {
      self = adobeTransform == 0 ? .redGreenBlue : .luminanceChrominance
    } else {
      self = identifiers == Array("RGB".utf8) ? .redGreenBlue : .luminanceChrominance
    }
  }
}
