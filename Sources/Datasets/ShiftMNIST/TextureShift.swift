import Kernels

/// Texture shiftMNIST: the texture behind a digit gives the label away; without the shortcut it is random.
///
/// With a patch's value v, scaled to p = low + v·(high − low)/255, and a digit's value d, an image's value is
/// d + (1 − d/255)·p. Both are rounded to the nearest integer, and there are no ties, as 255 is odd. Contrast is not
/// stretched per patch: the greys of an image, as ``TexturePreparation`` left them, are kept, and flat regions stay
/// flat.
public struct TextureShift: Equatable, Sendable {
  /// The textures; those of the labels are the first ones.
  public let types: [TextureType]
  /// What black and white of a texture become, `low` below `high`.
  public let low, high: UInt8
  /// How many images of each texture are used; nil for all.
  public let sourceCount: Int?
  /// What training and test patches must not share.
  public let split: TextureSources.Split
  /// What the split of sources and all patches depend on.
  public let seed: UInt64

  /// Backgrounds from low to high; the paper gives no range, so the defaults are ours.
  public init(
    types: [TextureType], low: UInt8 = 0, high: UInt8 = 170, sourceCount: Int? = nil,
    split: TextureSources.Split = .images, seed: UInt64
  ) {
    precondition(low < high, "textures: expected low below high, found \(low) and \(high)")
    self.types = types
    self.low = low
    self.high = high
    self.sourceCount = sourceCount
    self.split = split
    self.seed = seed
  }

  /// The sources of the first `classes` textures.
  ///
  /// - Throws: where there are fewer textures, or one has too few images.
  public func sources(classes: Int) throws(ShiftMNISTError) -> [TextureSources] {
    guard types.count >= classes else { throw .fewTextures(expected: classes, found: types.count) }
    var sources: [TextureSources] = []
    for type in types.prefix(classes) {
      sources.append(try TextureSources(type, count: sourceCount, split: split, seed: seed))
    }
    return sources
  }

  /// The four sets. Cost: some nanoseconds a pixel, on all threads; the same bytes for any number of them.
  ///
  /// - Throws: where there are too few textures or images of one, or an image is smaller than the digits.
  public func apply(to splits: ImageSplits) throws(ShiftMNISTError) -> ShiftMNIST {
    let (height, width, classes) = (splits.train.height, splits.train.width, splits.train.classes)
    let sources = try sources(classes: classes)
    for image in types.prefix(classes).flatMap(\.images) {
      let raster = image.raster
      guard raster.height >= height && raster.width >= width else {
        throw .smallSource(
          image: image.name, expectedHeight: height, expectedWidth: width, height: raster.height, width: raster.width)
      }
    }
    let (train, test) = (sources.map(\.train), sources.map(\.test))
    return ShiftMNIST(
      train: textured(splits.train, .train, from: train), test: textured(splits.test, .test, from: test),
      shifted: textured(splits.test, .shifted, from: test), unshortcut: textured(splits.train, .unshortcut, from: train)
    )
  }

  /// Images of one task.
  private static let imagesPerTask = 512

  private func textured(_ images: LabelledImages, _ part: ShiftMNIST.Part, from sources: [[Int]]) -> ShiftedImages {
    let isShortcut = part == .train || part == .test
    let stream = RandomStream(seed: seed, name: "shiftmnist patches \(part.rawValue)")
    let levels = (0...255).map { Self.level(UInt8($0), low: low, high: high) }
    let tasks = (images.count + Self.imagesPerTask - 1) / Self.imagesPerTask
    let parts = Parallel.map(tasks) { task in
      let range = (task * Self.imagesPerTask)..<min((task + 1) * Self.imagesPerTask, images.count)
      let patches = range.map { index in
        TexturePatch(
          index: index, of: stream, type: isShortcut ? Int(images.labels[index]) : nil, types: types,
          sources: sources, height: images.height, width: images.width)
      }
      let size = images.height * images.width
      var pixels = Array(images.pixels[(range.lowerBound * size)..<(range.upperBound * size)])
      for (index, patch) in patches.enumerated() {
        let raster = types[patch.type].images[patch.image].raster
        Self.lay(&pixels, from: index * size, width: images.width, height: images.height, over: raster, patch, levels)
      }
      return (patches: patches, pixels: pixels)
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(images.pixels.count)
    for part in parts { pixels += part.pixels }
    return ShiftedImages(
      images: images.with(pixels: pixels),
      additions: parts.flatMap { $0.patches.map { .texture($0) } })
  }

  /// A texture's value scaled to the range of backgrounds.
  static func level(_ value: UInt8, low: UInt8, high: UInt8) -> UInt8 {
    low + UInt8((2 * Int(value) * Int(high - low) + 255) / 510)
  }

  /// Lays the digit that begins at `start` over a patch whose values `levels` scales.
  private static func lay(
    _ pixels: inout [UInt8], from start: Int, width: Int, height: Int, over raster: Raster, _ patch: TexturePatch,
    _ levels: [UInt8]
  ) {
    var output = pixels.mutableSpan
    let (source, table) = (raster.pixels.span, levels.span)
    let step = patch.isMirrored ? -1 : 1
    for row in 0..<height {
      var place = (patch.y &+ row) &* raster.width &+ patch.x &+ (patch.isMirrored ? width &- 1 : 0)
      let first = start &+ row &* width
      for index in first..<(first &+ width) {
        let digit = UInt32(output[index])
        let background = UInt32(table[Int(source[place])])
        output[index] = UInt8(truncatingIfNeeded: digit &+ (2 &* (255 &- digit) &* background &+ 255) / 510)
        place &+= step
      }
    }
  }
}
