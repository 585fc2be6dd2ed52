/// A decoder of JPEG images (ITU-T T.81) to grey: baseline, extended sequential and progressive, Huffman-coded, of 8 bits.
///
/// Samples are those of libjpeg's accurate transform and triangle interpolation; red, green and blue are rounded and cut
/// off before grey is taken from them. CMYK, arithmetic coding, lossless and hierarchical frames, and 12 bits are refused.
public enum JPEG {
  static let format = "JPEG"

  /// Whether `bytes` begin as a JPEG file does.
  public static func isJPEG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xFF, JPEGMarker.startOfImage]) }

  /// Decodes an image to grey and turns it as its EXIF orientation says.
  ///
  /// What follows the end marker is not looked at. A file without one is accepted where all bits of all coefficients have
  /// been decoded. Coefficients that a progressive file with an end marker leaves out are zero.
  ///
  /// Cost: linear in the pixels and the file. Each scan of a progressive frame goes over the blocks again, and there may
  /// be 64 of a component, the number of a block's samples. Memory: 3 bytes a sample and the image.
  /// Nothing is allocated before the rest of the file has a bit for every block.
  /// - Parameter limit: the largest number of pixels.
  /// - Returns: an image of one channel.
  /// - Throws: on anything T.81 does not allow, on what is refused (see the type), images over the limit, and data that
  ///   end too early.
  public static func decodeGrey(_ bytes: [UInt8], limit: Int = 1 << 26) throws(FormatError) -> Raster {
    var decoder = JPEGDecoder(bytes, limit: limit)
    try decoder.readSegments()
    return try decoder.finish()
  }
}
