/// How an image has to be turned or mirrored to be upright (EXIF 2.32, tag 0x0112), 1 to 8.
enum Orientation: Int {
  case upright = 1
  case mirrored, rotatedHalf, mirroredVertically, transposed, rotatedLeft, transversed, rotatedRight

  /// The orientation that EXIF data (a TIFF header and directory) tell; nil where they tell none or are damaged.
  ///
  /// Damaged metadata are no reason to refuse pixels. Cost: linear in the first directory's entries.
  init?(exif bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    let isLittle = bytes.starts(with: [0x49, 0x49, 42, 0])
    guard isLittle || bytes.starts(with: [0x4D, 0x4D, 0, 42]) else { return nil }
    func number(_ width: Int, at offset: Int) -> Int? {
      guard offset + width <= bytes.count else { return nil }
      let field = bytes[offset..<(offset + width)]
      return isLittle ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, at: 4), let entries = number(2, at: directory) else { return nil }
    for entry in 0..<entries {
      let start = directory + 2 + 12 * entry
      guard let tag = number(2, at: start) else { return nil }
      guard tag == 0x0112 else { continue }
      // A short integer, once.
      guard number(2, at: start + 2) == 3, number(4, at: start + 4) == 1, let value = number(2, at: start + 8) else {
        return nil
      }
      self.init(rawValue: value)
      return
    }
    return nil
  }

  /// Whether rows of the upright image are columns of the stored one.
  private var swapsAxes: Bool { rawValue >= 5 }
  /// Whether columns, or rows, of the stored image are read backwards.
  private var reversesColumns: Bool { [.mirrored, .rotatedHalf, .transversed, .rotatedRight].contains(self) }
  private var reversesRows: Bool { [.rotatedHalf, .mirroredVertically, .rotatedLeft, .transversed].contains(self) }

  /// The upright image of a stored one. Cost: linear.
  func upright(_ image: Raster) -> Raster {
    guard self != .upright else { return image }
    let (width, height) = swapsAxes ? (image.height, image.width) : (image.width, image.height)
    // The stored image is walked along by these steps from the upright image's first pixel on.
    let acrossColumns = reversesColumns ? -1 : 1
    let acrossRows = reversesRows ? -image.width : image.width
    let (stepX, stepY) = swapsAxes ? (acrossRows, acrossColumns) : (acrossColumns, acrossRows)
    var first = reversesColumns ? image.width - 1 : 0
    if reversesRows { first += (image.height - 1) * image.width }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(image.pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let at = image.channels * (first + x * stepX + y * stepY)
        for channel in 0..<image.channels { pixels.append(image.pixels[at + channel]) }
      }
    }
    return Raster(width: width, height: height, channels: image.channels, pixels: pixels)
  }
}
