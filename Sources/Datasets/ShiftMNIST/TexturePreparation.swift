/// What is done to a texture's image before patches are cut out of it. 28 × 28 pixels show only a small part of a
/// photograph; if it is reduced first, a patch shows more of the texture.
public struct TexturePreparation: Equatable, Sendable {
  /// What becomes of an image's greys; the raw value names it in options and manifests.
  public enum Contrast: String, CaseIterable, Sendable {
    /// They are kept.
    case none
    /// An image's 1st percentile becomes black and its 99th white, so that how light or dark an image is says less.
    case stretch
  }

  /// By how much images are reduced in both directions, at least 1.
  public let scale: Int
  /// What becomes of the greys of the reduced image.
  public let contrast: Contrast

  /// A preparation; the defaults change nothing.
  public init(scale: Int = 1, contrast: Contrast = .none) {
    precondition(scale >= 1, "textures: expected a scale of at least 1, found \(scale)")
    self.scale = scale
    self.contrast = contrast
  }

  /// The prepared image, ⌊width / scale⌋ × ⌊height / scale⌋ pixels. Cost: a pass or two over the pixels.
  ///
  /// - Parameter raster: a grey image of at least `scale` × `scale` pixels.
  public func apply(to raster: Raster) -> Raster {
    let reduced = scale == 1 ? raster : reduced(raster)
    return contrast == .none ? reduced : stretched(reduced)
  }

  /// The means of squares of `scale` × `scale` pixels, rounded, halves up. What is left at the right and below is
  /// dropped.
  private func reduced(_ raster: Raster) -> Raster {
    precondition(
      raster.channels == 1 && raster.width >= scale && raster.height >= scale,
      "an image of \(raster.width) × \(raster.height) pixels and \(raster.channels) channels, reduced by \(scale)")
    let (width, height, area) = (raster.width / scale, raster.height / scale, scale * scale)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height)
    let source = raster.pixels.span
    var sums = [Int](repeating: 0, count: width)
    for row in 0..<height {
      for column in sums.indices { sums[column] = 0 }
      for y in (row * scale)..<((row + 1) * scale) {
        for column in sums.indices {
          let first = y &* raster.width &+ column &* scale
          for place in first..<(first &+ scale) { sums[column] &+= Int(source[place]) }
        }
      }
      for sum in sums { pixels.append(UInt8((2 * sum + area) / (2 * area))) }
    }
    return Raster(width: width, height: height, channels: 1, pixels: pixels)
  }

  /// The image with its greys spread from the 1st percentile to the 99th; an image whose percentiles are one grey stays
  /// as it is.
  private func stretched(_ raster: Raster) -> Raster {
    var counts = [Int](repeating: 0, count: 256)
    for value in raster.pixels { counts[Int(value)] += 1 }
    let (low, high) = (Self.percentile(1, counts), Self.percentile(99, counts))
    guard low < high else { return raster }
    let table = (0..<256).map { value in
      let place = min(max(value, low), high) - low
      return UInt8((2 * 255 * place + high - low) / (2 * (high - low)))
    }
    var result = raster
    result.pixels = raster.pixels.map { table[Int($0)] }
    return result
  }

  /// The smallest value that at least `percent` per cent of all values do not exceed.
  private static func percentile(_ percent: Int, _ counts: [Int]) -> Int {
    let total = counts.reduce(0, +)
    var below = 0
    return counts.firstIndex { count in
      below += count
      return 100 * below >= percent * total
    } ?? 255
  }
}

extension TextureType {
  /// The texture with prepared images, which keep their names and digests. Cost: some nanoseconds a pixel.
  public func prepared(_ preparation: TexturePreparation) -> TextureType {
    TextureType(
      name: name,
      images: images.map { image in
        TextureImage(name: image.name, raster: preparation.apply(to: image.raster), digest: image.digest)
      })
  }
}
