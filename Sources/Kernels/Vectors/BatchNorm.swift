import MicroKernels

/// What batch norm does to a channel, y = γ·(x − μ)/√(σ² + ε) + β, as constants (Ioffe & Szegedy 2015, algorithm 1).
public struct BatchNormCoefficients: Sendable, Equatable {
  /// γ / √(σ² + ε).
  public let scale: [Float]
  /// β − μ·scale.
  public let shift: [Float]
  /// 1 / √(σ² + ε).
  let inverseDeviation: [Float]
  /// −μ·inverseDeviation.
  let normalShift: [Float]

  /// The constants, computed in Double.
  public init(scale gamma: [Float], shift beta: [Float], mean: [Float], variance: [Float], epsilon: Double = 1e-5) {
    precondition(
      gamma.count == beta.count && mean.count == beta.count && variance.count == beta.count,
      "batch norm: sizes \(gamma.count), \(beta.count), \(mean.count), \(variance.count) differ")
    let inverse = variance.map { 1 / (Double($0) + epsilon).squareRoot() }
    inverseDeviation = inverse.map { Float($0) }
    normalShift = mean.indices.map { Float(-Double(mean[$0]) * inverse[$0]) }
    scale = gamma.indices.map { Float(Double(gamma[$0]) * inverse[$0]) }
    shift = gamma.indices.map { Float(Double(beta[$0]) - Double(mean[$0]) * Double(gamma[$0]) * inverse[$0]) }
  }
}

/// y = x·scale + shift channel by channel, through a rectifier where asked. Cost: one pass.
public func batchNorm(_ x: Activation, _ coefficients: BatchNormCoefficients, rectifies: Bool) -> Activation {
  let kernel = InstructionSet.selected.batchNorm.scaleShift
  return mapPixels(x, beside: x, coefficients) { kernel($0, $1, rectifies) }
}

/// y = max(0, x·scale + shift + other), channel by channel: the end of a residual block (He et al. 2016, equation 1), whose
/// shortcut is `other`. The sum is rounded after the product's. Cost: one pass.
public func batchNorm(_ x: Activation, _ coefficients: BatchNormCoefficients, adding other: ChannelView) -> Activation {
  let shortcut = other.contiguous
  precondition(shortcut.hasShape(of: x), "batch norm: \(shortcut.shape) is to be added to \(x.shape)")
  return mapPixels(x, beside: shortcut, coefficients, InstructionSet.selected.batchNorm.scaleShiftAdd)
}

/// What `kernel` makes of whole pixels of x and of another activation of its shape.
private func mapPixels(
  _ x: Activation, beside other: Activation, _ coefficients: BatchNormCoefficients,
  _ kernel: @Sendable (_ pixels: Int, _ work: BatchNormWork) -> Void
) -> Activation {
  let y = x.uninitializedLike()
  let chunks = PixelChunks(x)
  let output = Unchecked(y.storage.pointer)
  let constants = ChannelConstants(coefficients, channels: x.channels)
  Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
    for chunk in range {
      let pixels = chunks.pixels(chunk)
      let offset = pixels.lowerBound * x.channels
      kernel(pixels.count, constants.work(x.pointer + offset, other.pointer + offset, output.value + offset))
    }
  }
  return y
}

/// The gradients of batch norm, and of the rectifier behind it, when the moments are the batch's own: given x and ∂L/∂y,
/// ∂L/∂x, ∂L/∂γ and ∂L/∂β. Lanes beyond the last sample must hold dy = 0, and get dx = 0.
///
/// The rectifier's mask is computed from x, so that y need not be kept. Where nobody else holds the output's gradient, it
/// is overwritten. Cost: two passes.
public func batchNormGradients(
  _ x: Activation, _ coefficients: BatchNormCoefficients, outputGradient: consuming Activation, rectifies: Bool
) -> (inputGradient: Activation, scaleGradient: [Float], shiftGradient: [Float]) {
  var dx = outputGradient
  let constants = ChannelConstants(coefficients, channels: x.channels)
  let terms = BatchNormGradientTerms(x, coefficients, constants, outputGradient: dx, rectifies: rectifies)
  let held = dx.isUniquelyHeld() ? nil : dx
  if held != nil { dx = x.uninitializedLike() }
  let chunks = PixelChunks(x)
  let source = Unchecked(held?.pointer ?? dx.pointer)
  let gradient = Unchecked(dx.mutablePointer())
  let kernel = InstructionSet.selected.batchNorm.inputGradient
  Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
    for chunk in range {
      let pixels = chunks.pixels(chunk)
      let offset = pixels.lowerBound * x.channels
      let work = constants.work(x.pointer + offset, source.value + offset, gradient.value + offset)
      kernel(pixels.count, work, terms.slope, terms.offset, rectifies)
    }
  }
  withExtendedLifetime(held) {}
  dx.clearPaddingLanes()
  return (dx, terms.scaleGradient, terms.shiftGradient)
}

/// What batch norm's gradient needs of the whole batch: ∂L/∂γ, ∂L/∂β and, of ∂L/∂x = scale·dy + (x·slope + offset), slope and
/// offset.
struct BatchNormGradientTerms: @unchecked Sendable {
  let scaleGradient: [Float]
  let shiftGradient: [Float]
  private let storage: VectorStorage

  /// A channel a vector.
  var slope: UnsafePointer<Vector> { UnsafePointer(storage.pointer) }
  /// A channel a vector.
  var offset: UnsafePointer<Vector> { slope + scaleGradient.count }

  /// From `sums`, which hold Σ dy and Σ dy·x̂ of every chunk, channel and lane, for moments taken over `count` values. The chunks
  /// are added in their order.
  init(_ coefficients: BatchNormCoefficients, sums: VectorStorage, chunks: Int, count: Int) {
    let channels = coefficients.scale.count
    let add = InstructionSet.selected.add
    for chunk in 1..<max(chunks, 1) {
      add(2 * channels, UnsafePointer(sums.pointer), UnsafePointer(sums.pointer + chunk * 2 * channels), sums.pointer)
    }
    shiftGradient = (0..<channels).map { chunks > 0 ? laneSum(sums.pointer[$0]) : 0 }
    scaleGradient = (0..<channels).map { chunks > 0 ? laneSum(sums.pointer[channels + $0]) : 0 }
    storage = VectorStorage(count: 2 * channels)
    let count = Double(max(count, 1))
    for channel in 0..<channels {
      let scale = Double(coefficients.scale[channel])
      let mean = scale * Double(shiftGradient[channel]) / count
      let normal = scale * Double(scaleGradient[channel]) / count
      storage.pointer[channel] = Vector(repeating: Float(-normal * Double(coefficients.inverseDeviation[channel])))
      storage.pointer[channels + channel] = Vector(
        repeating: Float(-mean - normal * Double(coefficients.normalShift[channel])))
    }
  }

  /// From one pass over x and the gradient of what is behind the norm.
  init(
    _ x: Activation, _ coefficients: BatchNormCoefficients, _ constants: ChannelConstants,
    outputGradient dy: Activation,
    rectifies: Bool
  ) {
    precondition(dy.hasShape(of: x), "batch norm: a gradient of \(dy.shape) for \(x.shape)")
    let channels = x.channels
    let chunks = PixelChunks(x)
    let partial = VectorStorage(count: chunks.count * 2 * channels)
    let sums = Unchecked(partial.pointer)
    let kernel = InstructionSet.selected.batchNorm.sums
    Parallel.forRanges(chunks.count, grain: chunks.grain) { range in
      for chunk in range {
        let pixels = chunks.pixels(chunk)
        let offset = pixels.lowerBound * channels
        let own = sums.value + chunk * 2 * channels
        own.update(repeating: Vector(repeating: 0), count: 2 * channels)
        // Nothing is written.
        kernel(pixels.count, constants.work(x.pointer + offset, dy.pointer + offset, own), own, rectifies)
      }
    }
    self.init(coefficients, sums: partial, chunks: chunks.count, count: x.samples * x.height * x.width)
  }
}

/// A batch in pieces of up to 64 pixels of one block: the unit of work, and of sums, whatever the number of threads.
struct PixelChunks: Sendable {
  private static let size = 64
  private let perBlock: Int
  private let pixelsPerBlock: Int
  private let blocks: Int
  /// Chunks in a task: about 16 000 vectors.
  let grain: Int

  init(_ x: Activation) {
    pixelsPerBlock = x.height * x.width
    perBlock = (pixelsPerBlock + Self.size - 1) / Self.size
    blocks = x.blocks
    grain = max(1, 16384 / max(min(pixelsPerBlock, Self.size) * x.channels, 1))
  }

  var count: Int { blocks * perBlock }

  func pixels(_ chunk: Int) -> Range<Int> {
    let block = chunk / perBlock
    let first = chunk % perBlock * Self.size
    return (block * pixelsPerBlock + first)..<(block * pixelsPerBlock + min(first + Self.size, pixelsPerBlock))
  }

  func isInLastBlock(_ chunk: Int) -> Bool { chunk / perBlock == blocks - 1 }
}

/// A channel's constants as vectors.
struct ChannelConstants: @unchecked Sendable {
  private let storage: VectorStorage
  private let channels: Int

  init(_ coefficients: BatchNormCoefficients, channels: Int) {
    precondition(
      coefficients.scale.count == channels, "batch norm: \(coefficients.scale.count) constants for \(channels) channels"
    )
    self.channels = channels
    storage = VectorStorage(count: 4 * channels)
    let arrays = [
      coefficients.scale, coefficients.shift, coefficients.inverseDeviation, coefficients.normalShift,
    ]
    for (index, array) in arrays.enumerated() {
      for channel in 0..<channels { storage.pointer[index * channels + channel] = Vector(repeating: array[channel]) }
    }
  }

  /// The work of a pass whose `y` has pixels `pixel` vectors apart, or nothing between them.
  func work(
    _ x: UnsafePointer<Vector>, _ dy: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>, pixel: Int? = nil
  ) -> BatchNormWork {
    let constants = UnsafePointer(storage.pointer)
    return BatchNormWork(
      channels: channels, yPixel: pixel ?? channels, x: x, dy: dy, y: y, scale: constants, shift: constants + channels,
      inverseDeviation: constants + 2 * channels, normalShift: constants + 3 * channels)
  }
}
