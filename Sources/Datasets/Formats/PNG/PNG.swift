/// PNG images (PNG specification, third edition): an encoder of 8-bit grey or RGB, not interlaced, and a decoder to grey.
public enum PNG {
  /// The first eight bytes of every file.
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Encodes `image`. The same image and text give the same bytes.
  ///
  /// The scanlines are compressed twice, unfiltered and with the filter that looks best for each line, and the smaller
  /// result is kept: flat drawings prefer the one, photographs the other. Cost: linear, dominated by compression.
  /// - Parameter text: entries (tEXt) stored ahead of the pixels, in this order. A keyword is 1 to 79 printable Latin-1
  ///   characters without spaces at its ends. Characters of a value outside Latin-1 are stored as "?".
  public static func encode(_ image: Raster, text: [(keyword: String, value: String)] = []) -> [UInt8] {
    image.checkCount()
    precondition(
      max(image.width, image.height) <= Int(Int32.max), "\(image.width) × \(image.height) pixels are too many for PNG")
    var writer = ByteWriter()
    writer.append(signature)

    var header = ByteWriter()
    header.bigEndian(UInt32(image.width))
    header.bigEndian(UInt32(image.height))
    // Depth 8; colour type 0 (grey) or 2 (RGB); the only compression, the only filter method; not interlaced.
    header.append([8, image.channels == 1 ? 0 : 2, 0, 0, 0])
    append("IHDR", header.bytes, to: &writer)

    for (keyword, value) in text {
      append("tEXt", latin1(keyword: keyword) + [0] + latin1(value: value), to: &writer)
    }

    let plain = Zlib.compress(unfiltered(image))
    let filtered = Zlib.compress(filtered(image))
    // A chunk holds less than 2 GiB; the pieces of one zlib stream may be cut anywhere.
    var rest = (plain.count <= filtered.count ? plain : filtered)[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 << 30)
      append("IDAT", Array(piece), to: &writer)
      rest = rest.dropFirst(piece.count)
    }
    append("IEND", [], to: &writer)
    return writer.bytes
  }

  private static func append(_ type: String, _ data: [UInt8], to writer: inout ByteWriter) {
    let name = Array(type.utf8)
    writer.bigEndian(UInt32(data.count))
    writer.append(name)
    writer.append(data)
    var crc = CRC32()
    crc.update(name.span)
    crc.update(data.span)
    writer.bigEndian(crc.value)
  }

  private static func latin1(keyword: String) -> [UInt8] {
    let scalars = keyword.unicodeScalars
    let isPrintable = scalars.allSatisfy { (0x20...0x7E).contains($0.value) || (0xA1...0xFF).contains($0.value) }
    precondition(
      isPrintable && (1...79).contains(scalars.count) && scalars.first != " " && scalars.last != " ",
      "\"\(keyword)\" is no PNG keyword")
    return scalars.map { UInt8($0.value) }
  }

  private static func latin1(value: String) -> [UInt8] {
    value.unicodeScalars.map { (1...0xFF).contains($0.value) ? UInt8($0.value) : UInt8(ascii: "?") }
  }

  /// The scanlines, each after a byte 0 for "no filter".
  private static func unfiltered(_ image: Raster) -> [UInt8] {
    let stride = image.width * image.channels
    var lines: [UInt8] = []
    lines.reserveCapacity(image.height * (stride + 1))
    for y in 0..<image.height {
      lines.append(0)
      lines.append(contentsOf: image.pixels[y * stride..<(y + 1) * stride])
    }
    return lines
  }

  /// The scanlines, each after the number of its filter: the one whose residuals, as signed bytes, have the least sum of
  /// magnitudes, the rule of thumb of the specification's section 12.7.
  private static func filtered(_ image: Raster) -> [UInt8] {
    let stride = image.width * image.channels
    var lines: [UInt8] = []
    lines.reserveCapacity(image.height * (stride + 1))
    var above = [UInt8](repeating: 0, count: stride)
    var residuals = [[UInt8]](repeating: above, count: PNGFilter.count)
    for y in 0..<image.height {
      let line = Array(image.pixels[y * stride..<(y + 1) * stride])
      for filter in residuals.indices {
        PNGFilter.apply(filter, to: line, above: above, step: image.channels, into: &residuals[filter])
      }
      let sums = residuals.map { residual in
        residual.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
      }
      var best = 0
      for filter in 1..<PNGFilter.count where sums[filter] < sums[best] { best = filter }
      lines.append(UInt8(best))
      lines.append(contentsOf: residuals[best])
      above = line
    }
    return lines
  }
}
