/// A grey image that patches are cut out of.
public struct TextureImage: Equatable, Sendable {
  /// What provenance calls it: class folder and file, "banded/banded_0002.jpg".
  public let name: String
  /// The pixels, one channel.
  public let raster: Raster
  /// The SHA-256 of the file that it was decoded from, or of the pixels where there is no file, in hexadecimal.
  public let digest: String

  /// A grey image.
  public init(name: String, raster: Raster, digest: String) {
    precondition(raster.channels == 1, "texture image \(name) has \(raster.channels) channels; textures are grey")
    self.name = name
    self.raster = raster
    self.digest = digest
  }
}

/// One kind of texture, such as "banded".
public struct TextureType: Equatable, Sendable {
  /// Its name.
  public let name: String
  /// Its images, in an order that the split into training and test sources depends on.
  public let images: [TextureImage]

  /// Images of one kind.
  public init(name: String, images: [TextureImage]) {
    self.name = name
    self.images = images
  }
}
