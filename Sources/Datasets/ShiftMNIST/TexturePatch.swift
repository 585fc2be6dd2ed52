import Kernels

/// A patch of a texture's prepared image, of the size of the digits.
public struct TexturePatch: Equatable, Sendable {
  /// The index of the texture: the label it belongs to, where the texture is a shortcut.
  public let type: Int
  /// The index of the image among the texture's.
  public let image: Int
  /// The patch's left column in the image.
  public let x: Int
  /// The patch's upper row in the image.
  public let y: Int
  /// Whether the patch's columns run from right to left.
  public let isMirrored: Bool

  /// A patch by its place.
  public init(type: Int, image: Int, x: Int, y: Int, isMirrored: Bool) {
    self.type = type
    self.image = image
    self.x = x
    self.y = y
    self.isMirrored = isMirrored
  }

  /// Random numbers that one patch may take, so that each patch's are its own.
  private static let numbers: UInt64 = 8

  /// Patch `index` of a stream: a uniformly random image out of `sources`, place and mirroring.
  ///
  /// - Parameter type: the texture; nil for a uniformly random one.
  init(
    index: Int, of stream: RandomStream, type: Int?, types: [TextureType], sources: [[Int]], height: Int, width: Int
  ) {
    let first = UInt64(index) * Self.numbers
    let type = type ?? stream.integer(below: sources.count, at: first)
    let image = sources[type][stream.integer(below: sources[type].count, at: first + 1)]
    let raster = types[type].images[image].raster
    self.init(
      type: type, image: image, x: stream.integer(below: raster.width - width + 1, at: first + 2),
      y: stream.integer(below: raster.height - height + 1, at: first + 3),
      isMirrored: stream.integer(below: 2, at: first + 4) == 1)
  }
}
