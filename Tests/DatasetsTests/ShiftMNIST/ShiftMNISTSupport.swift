@testable import Datasets

/// Images of random pixels with random labels, of which each class has at least one.
func randomSplits(
  train: Int, test: Int, height: Int = 28, width: Int = 28, classes: Int = 10, seed: UInt64 = 1
) -> ImageSplits {
  var generator = SplitMix64(seed: seed)
  func images(_ count: Int) -> LabelledImages {
    let labels = (0..<count).map { $0 < classes ? UInt8($0) : UInt8.random(in: 0..<UInt8(classes), using: &generator) }
    return LabelledImages(
      height: height, width: width, classes: classes, pixels: generator.bytes(count * height * width), labels: labels)
  }
  return ImageSplits(checkedTrain: images(train), checkedTest: images(test))
}

/// Textures of random pixels, a little larger than the images, each image with a size of its own.
func randomTextures(_ count: Int, images: Int = 5, height: Int = 28, width: Int = 28) -> [TextureType] {
  var generator = SplitMix64(seed: 2)
  return (0..<count).map { type in
    TextureType(
      name: "type \(type)",
      images: (0..<images).map { image in
        let (rows, columns) = (height + 3 * type, width + image)
        return TextureImage(
          name: "type \(type)/\(image).png",
          raster: Raster(width: columns, height: rows, channels: 1, pixels: generator.bytes(rows * columns)),
          digest: "")
      })
  }
}

/// The documented formula, in Double: exact ties do not occur, and the nearest fraction to one is 1/510 away.
func laid(_ digit: UInt8, over texture: UInt8, low: UInt8, high: UInt8) -> UInt8 {
  let patch = (Double(low) + Double(texture) * (Double(high) - Double(low)) / 255).rounded()
  return UInt8((Double(digit) + (1 - Double(digit) / 255) * patch).rounded())
}
