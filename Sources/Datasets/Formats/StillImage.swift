/// Photographs and drawings from files. A stub: the decoders replace it.
public enum StillImage {
  /// The grey image of a file.
  ///
  /// - Throws: always.
  public static func decodeGrey(_ bytes: [UInt8], limit: Int = 1 << 26) throws(FormatError) -> Raster {
    throw FormatError(format: "image", offset: 0, expected: "a decoder of JPEG and PNG", found: "none in this build")
  }
}
