/// Images in one of the formats that are decoded here: JPEG or PNG.
public enum StillImage {
  /// Decodes an image to grey; its first bytes tell the format.
  ///
  /// Safe to call from several threads at once. Cost and memory: `JPEG.decodeGrey`, `PNG.decodeGrey`.
  /// - Parameter limit: the largest number of pixels; dimensions are checked before anything is allocated.
  /// - Returns: an image of one channel.
  /// - Throws: where the bytes are neither, and what the format's own decoder throws.
  public static func decodeGrey(_ bytes: [UInt8], limit: Int = 1 << 26) throws(FormatError) -> Raster {
    if JPEG.isJPEG(bytes) { return try JPEG.decodeGrey(bytes, limit: limit) }
    if PNG.isPNG(bytes) { return try PNG.decodeGrey(bytes, limit: limit) }
    throw FormatError(
      format: "image", offset: 0, expected: "the first bytes of a JPEG or PNG file",
      found: bytes.isEmpty ? "no bytes" : bytes.prefix(4).map { String($0, radix: 16) }.joined(separator: " "))
  }
}
