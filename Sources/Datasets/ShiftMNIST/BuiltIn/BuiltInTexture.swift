import Kernels

/// The kinds of texture that the program draws, in the order of the labels that they are for.
public enum BuiltInTexture: String, CaseIterable, Sendable {
  /// Horizontal stripes.
  case banded
  /// A wall of bricks.
  case bricks
  /// A chequerboard.
  case chequered
  /// Staggered bright dots.
  case dotted
  /// Thin bright lines both ways.
  case grid
  /// Concentric rings around many centres.
  case rings
  /// Scales that overlap like a fish's.
  case scales
  /// Flecks of any grey.
  case speckled
  /// Vertical and horizontal strands by turns.
  case woven
  /// Zigzag lines.
  case zigzag

  /// How many images there are of each.
  public static let imagesPerType = 16
  /// The largest side of digits that backgrounds are drawn for.
  public static let largestSide = 512
  /// The side of an image for small digits, in pixels: dozens of a pattern's periods.
  private static let side = 192

  /// The first `classes` kinds, as many images of each as ``imagesPerType``, with room for patches of the given size.
  ///
  /// The images depend on the seed and their side alone and have the same bytes on every machine. Cost: some 40 ns a
  /// pixel, on all threads.
  /// - Throws: where there are fewer kinds, or the patches are larger than ``largestSide``.
  public static func types(
    classes: Int, height: Int, width: Int, seed: UInt64
  ) throws(ShiftMNISTError) -> [TextureType] {
    guard classes <= allCases.count else { throw .fewTextures(expected: classes, found: allCases.count) }
    guard max(height, width) <= largestSide else {
      throw .largeImages(expectedSide: largestSide, height: height, width: width)
    }
    let side = max(side, 2 * max(height, width))
    let images = Parallel.map(classes * imagesPerType) { index in
      let kind = allCases[index / imagesPerType]
      let raster = TextureHand(kind, image: index % imagesPerType, seed: seed).draw(side: side)
      return TextureImage(
        name: "\(kind.rawValue)/\(index % imagesPerType)", raster: raster,
        digest: SHA256.hexadecimal(raster.pixels))
    }
    return (0..<classes).map { type in
      TextureType(
        name: allCases[type].rawValue, images: Array(images[(type * imagesPerType)..<((type + 1) * imagesPerType)]))
    }
  }
}
