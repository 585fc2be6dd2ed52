import MicroKernels

/// A batch of samples with samples in lanes: `[block][y][x][channel]` of `SIMD16<Float>`, a block being 16 samples.
///
///     block 0, pixel (0,0):  channel 0        channel 1        …
///                            s0 s1 … s15      s0 s1 … s15
///
/// Sample 16·b + l is lane l of block b. Lanes beyond the last sample hold finite numbers that mean nothing; they carry
/// weight zero in every loss. A value type: copies share storage until one is changed.
public struct Activation: Sendable {
  /// Number of samples in the batch.
  public let samples: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  /// Values in a pixel.
  public let channels: Int
  private(set) var storage: VectorStorage

  /// Number of blocks of sixteen samples.
  public var blocks: Int { (samples + 15) / 16 }
  /// Vectors in one block.
  public var vectorsPerBlock: Int { height * width * channels }
  /// Values of one sample.
  public var valuesPerSample: Int { vectorsPerBlock }

  /// Storage of the given shape with undefined contents, for kernels that overwrite all of it.
  init(uninitialized samples: Int, height: Int = 1, width: Int = 1, channels: Int) {
    precondition(
      samples >= 0 && height >= 0 && width >= 0 && channels >= 0,
      "activation: expected sizes of at least 0, found \(samples)×\(height)×\(width)×\(channels)")
    self.samples = samples
    self.height = height
    self.width = width
    self.channels = channels
    storage = VectorStorage(count: (samples + 15) / 16 * height * width * channels)
  }

  /// A batch filled with one value.
  public init(samples: Int, height: Int = 1, width: Int = 1, channels: Int, repeating value: Float = 0) {
    self.init(uninitialized: samples, height: height, width: width, channels: channels)
    storage.pointer.update(repeating: Vector(repeating: value), count: storage.count)
  }

  /// The same values as pixels of another size: a sample's values stay in the order `[y][x][channel]`. Free of charge.
  public func reshaped(height: Int = 1, width: Int = 1, channels: Int) -> Activation {
    precondition(
      height >= 0 && width >= 0 && channels >= 0 && height * width * channels == valuesPerSample,
      "reshaped: \(shape) does not fit \(height)×\(width)×\(channels)")
    return Activation(samples: samples, height: height, width: width, channels: channels, sharing: storage)
  }

  private init(samples: Int, height: Int, width: Int, channels: Int, sharing storage: VectorStorage) {
    self.samples = samples
    self.height = height
    self.width = width
    self.channels = channels
    self.storage = storage
  }

  /// An undefined activation of the same shape, with another number of channels where given.
  func uninitializedLike(channels: Int? = nil) -> Activation {
    Activation(uninitialized: samples, height: height, width: width, channels: channels ?? self.channels)
  }

  /// One value. Slow: for tests and read-outs.
  public subscript(sample: Int, y: Int, x: Int, channel: Int) -> Float {
    get {
      precondition(
        contains(sample, y, x, channel), "activation: index (\(sample), \(y), \(x), \(channel)) outside \(shape)")
      return storage.pointer[index(sample, y, x, channel)][sample % 16]
    }
    set {
      precondition(
        contains(sample, y, x, channel), "activation: index (\(sample), \(y), \(x), \(channel)) outside \(shape)")
      mutablePointer()[index(sample, y, x, channel)][sample % 16] = newValue
    }
  }

  /// One value of a batch of vectors (1×1 pixel).
  public subscript(sample: Int, channel: Int) -> Float {
    get { self[sample, 0, 0, channel] }
    set { self[sample, 0, 0, channel] = newValue }
  }

  /// The shape in words, for messages.
  public var shape: String { "\(samples)×\(height)×\(width)×\(channels)" }

  /// Whether two activations have the same sizes.
  public func hasShape(of other: Activation) -> Bool {
    samples == other.samples && height == other.height && width == other.width && channels == other.channels
  }

  var pointer: UnsafePointer<Vector> { UnsafePointer(storage.pointer) }

  /// Whether nobody else holds the storage, so that writing copies nothing.
  mutating func isUniquelyHeld() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// The storage for writing; copied first if somebody else holds it.
  mutating func mutablePointer() -> UnsafeMutablePointer<Vector> {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = VectorStorage(count: storage.count)
      copy.pointer.update(from: storage.pointer, count: storage.count)
      storage = copy
    }
    return storage.pointer
  }

  private func contains(_ sample: Int, _ y: Int, _ x: Int, _ channel: Int) -> Bool {
    (0..<samples).contains(sample) && (0..<height).contains(y) && (0..<width).contains(x)
      && (0..<channels).contains(channel)
  }

  private func index(_ sample: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
    ((sample / 16 * height + y) * width + x) * channels + channel
  }
}
