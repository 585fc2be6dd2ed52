extension PNG {
  static let format = "PNG"

  /// Whether `bytes` begin as a PNG file does.
  public static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  /// Decodes an image to grey: all colour types, depths, filters, and Adam7.
  ///
  /// Colours become grey by ITU-R BT.601's luma, rounded. Transparency, alpha or tRNS, is dropped and not composited with
  /// anything. Of 16-bit samples the high byte is taken; shorter ones are spread over 0...255. Gamma, profiles and EXIF
  /// are not looked at, nor is what follows IEND.
  ///
  /// Cost: linear. Memory: what the scanlines take, once they are really there, and the image.
  /// - Parameter limit: the largest number of pixels.
  /// - Returns: an image of one channel.
  /// - Throws: on wrong checksums, chunks that are out of order, of a wrong size, or critical and unknown, scanlines that
  ///   are more or less than the header says, and entries that the palette has not. Offsets in errors of zlib and
  ///   DEFLATE, and of scanlines, are those in the joined IDAT chunks' data and in the decompressed data.
  public static func decodeGrey(_ bytes: [UInt8], limit: Int = 1 << 26) throws(FormatError) -> Raster {
    let file = try PNGFile(bytes, limit: limit)
    let header = file.header
    let lines = try Zlib.decompress(file.compressed, limit: header.byteCount)
    guard lines.count == header.byteCount else {
      throw FormatError(
        format: format, offset: lines.count, expected: "\(header.byteCount) bytes of scanlines",
        found: "\(lines.count)")
    }
    var pixels = [UInt8](repeating: 0, count: header.width * header.height)
    var allPixels = pixels.mutableSpan
    var start = 0
    for pass in header.passes {
      try decode(pass, of: file, from: lines.span, at: start, to: &allPixels)
      start += pass.height * (pass.lineBytes + 1)
    }
    return Raster(width: header.width, height: header.height, channels: 1, pixels: pixels)
  }

  /// Undoes the filters of a pass whose scanlines begin at `start`, and writes its pixels.
  private static func decode(
    _ pass: PNGHeader.Pass, of file: PNGFile, from lines: Span<UInt8>, at start: Int,
    to pixels: inout MutableSpan<UInt8>
  ) throws(FormatError) {
    var line = [UInt8](repeating: 0, count: pass.lineBytes)
    var above = line
    for row in 0..<pass.height {
      let at = start + row * (pass.lineBytes + 1)
      let filter = Int(lines[at])
      guard filter < PNGFilter.count else {
        throw FormatError(format: format, offset: at, expected: "a filter 0 to 4", found: "\(filter)")
      }
      for index in line.indices { line[index] = lines[at + 1 + index] }
      var span = line.mutableSpan
      PNGFilter.undo(filter, in: &span, above: above.span, step: file.header.filterStep)
      let first = pass.firstColumn + (pass.firstRow + row * pass.rowStep) * file.header.width
      try write(line.span, of: pass, of: file, offset: at, to: &pixels, from: first)
      swap(&line, &above)
    }
  }

  /// Writes the grey of a line's pixels, which lie `pass.columnStep` apart from `first` on.
  private static func write(
    _ line: Span<UInt8>, of pass: PNGHeader.Pass, of file: PNGFile, offset: Int, to pixels: inout MutableSpan<UInt8>,
    from first: Int
  ) throws(FormatError) {
    let (depth, type) = (file.header.depth, file.header.type)
    let levels = file.levels.span
    // Of 16 bits the first byte is the high one.
    let sampleBytes = max(1, depth / 8)
    let pixelBytes = sampleBytes * type.samples
    for x in 0..<pass.width {
      let value: UInt8
      switch type {
      case .colour, .colourAlpha:
        let at = x * pixelBytes
        value = Grey.luma(Int(line[at]), Int(line[at + sampleBytes]), Int(line[at + 2 * sampleBytes]))
      case .grey where depth == 16, .greyAlpha: value = line[x * pixelBytes]
      case .grey, .palette:
        // The first pixel of a byte has its high bits.
        let bit = x * depth
        let index = Int(line[bit >> 3]) >> (8 - depth - bit & 7) & ((1 << depth) - 1)
        guard index < levels.count else {
          throw FormatError(
            format: format, offset: offset, expected: "an entry of the palette's \(levels.count)", found: "\(index)")
        }
        value = levels[index]
      }
      pixels[first + x * pass.columnStep] = value
    }
  }
}
