import Kernels

/// The multi-scale, fully invertible convolutional network (paper, D.2, after Dinh, Sohl-Dickstein, Bengio 2017, section
/// 3.6): stages of a squeeze and a chain of steps. After every stage but the last the second half of the channels, raw and
/// in order, leaves for the code.
///
///     x ─ squeeze ─ steps ─┬─ squeeze ─ steps ─┬─ squeeze ─ steps ── last stage's values
///                          └ second half       └ second half
///
/// The code z is a batch of vectors of height·width·channels numbers: the last stage's values in the chosen `CodeOrder`,
/// then the halves that left, last stage's first, each `[y][x][channel]`. With `.centralPixel`, the first entries are the
/// central pixel's channels.
///
/// Log-determinant: the sum over the steps. Cost: the steps', and three copies a stage.
public struct ConvolutionalFiRevNet<Step: InvertibleLayer>: InvertibleLayer {
  /// The shape of a sample.
  public struct Shape: Sendable, Equatable {
    /// Pixels from top to bottom.
    public let height: Int
    /// Pixels from left to right.
    public let width: Int
    /// Values in a pixel.
    public let channels: Int

    /// Values in a sample.
    public var values: Int { height * width * channels }
  }

  /// The steps of each stage, first to last.
  public private(set) var stages: [Chain<Step>]
  /// The shape of x.
  public let inputShape: Shape
  /// The shape in which each stage's steps work.
  public let stageShapes: [Shape]
  /// Whether half of the channels leaves after every stage but the last.
  public let factorsOut: Bool
  /// The order of the last stage's values in z.
  public let order: CodeOrder
  private let pixelOrder: [Int]
  private let inversePixelOrder: [Int]
  private let transform: DCT?

  /// A network on images of height × width × channels, both sizes multiples of 2^stages. `step` makes step `step` of
  /// stage `stage`, both counted from 0, for a shape.
  public init(
    height: Int, width: Int, channels: Int, stages: Int, steps: Int, factorsOut: Bool = true,
    order: CodeOrder = .centralPixel, memory: Memory = .stored, step: (_ stage: Int, _ step: Int, Shape) -> Step
  ) {
    precondition(
      stages >= 1 && stages < 16 && steps >= 0 && channels >= 1 && height >= 1 && width >= 1,
      "fi-RevNet: found \(stages) stages of \(steps) steps on \(height)×\(width)×\(channels)")
    precondition(
      height % (1 << stages) == 0 && width % (1 << stages) == 0,
      "fi-RevNet: \(stages) stages halve \(height)×\(width) pixels: expected multiples of \(1 << stages)")
    inputShape = Shape(height: height, width: width, channels: channels)
    var shapes: [Shape] = []
    var incoming = channels
    for stage in 1...stages {
      shapes.append(Shape(height: height >> stage, width: width >> stage, channels: 4 * incoming))
      incoming = factorsOut ? 2 * incoming : 4 * incoming
    }
    stageShapes = shapes
    self.factorsOut = factorsOut
    self.order = order
    self.stages = shapes.enumerated().map { stage, shape in
      Chain((0..<steps).map { step(stage, $0, shape) }, memory: memory)
    }
    let last = shapes[stages - 1]
    pixelOrder = order.pixels(height: last.height, width: last.width)
    var inverse = pixelOrder
    for (place, pixel) in pixelOrder.enumerated() { inverse[pixel] = place }
    inversePixelOrder = inverse
    transform = order == .lowPass ? DCT(height: last.height, width: last.width) : nil
  }

  /// What backward gets its activations from, in every stage.
  public var memory: Memory {
    get { stages[0].memory }
    set {
      for index in stages.indices { stages[index].memory = newValue }
    }
  }

  /// y = F(x) and ln |det ∂y/∂x|; see `InvertibleLayer`.
  public func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    var total = PerSample(samples: x.samples)
    let z = encode(x) { index, current in
      let (y, logDet) = stages[index].forward(current)
      total += logDet
      return y
    }
    return (z, total)
  }

  /// x = F⁻¹(y) and ln |det ∂x/∂y|; see `InvertibleLayer`.
  public func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    var total = PerSample(samples: y.samples)
    let x = decode(y) { index, current in
      let (x, logDet) = stages[index].inverse(current)
      total += logDet
      return x
    }
    return (x, total)
  }

  /// Like `forward`, with a tape: the stages'.
  public func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: [Chain<Step>.Tape]) {
    var total = PerSample(samples: x.samples)
    var tapes: [Chain<Step>.Tape] = []
    let z = encode(x) { index, current in
      let (y, logDet, tape) = stages[index].forwardRecording(current)
      total += logDet
      tapes.append(tape)
      return y
    }
    return (z, total, tapes)
  }

  /// Like `inverse`, with the tape that forward would have made.
  public func inverseRecording(_ y: Activation) -> (x: Activation, tape: [Chain<Step>.Tape]) {
    var tapes: [Chain<Step>.Tape] = []
    let x = decode(y) { index, current in
      let (x, tape) = stages[index].inverseRecording(current)
      tapes.append(tape)
      return x
    }
    return (x, tapes.reversed())
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: [Chain<Step>.Tape], outputGradient: Activation, logDetGradient: PerSample,
    into gradient: inout ConvolutionalFiRevNet, _ accumulation: Accumulation
  ) -> Activation {
    // All that surrounds the steps is orthogonal, so gradients go back as values do.
    decode(outputGradient) { index, dy in
      stages[index].backward(
        tape[index], outputGradient: dy, logDetGradient: logDetGradient, into: &gradient.stages[index], accumulation)
    }
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    for index in stages.indices { stages[index].visitParameters(prefix: "\(prefix)stages.\(index).", visit) }
  }

  /// Checks every step; see `InvertibleLayer`.
  public func checkInvertibility(prefix: String) throws(InvertibilityError) {
    for index in stages.indices { try stages[index].checkInvertibility(prefix: "\(prefix)stages.\(index).") }
  }

  /// Visits every step's parts; see `InvertibleLayer`.
  public func visitParts(_ x: Activation, prefix: String, _ visit: (LayerPart) -> Void) -> Activation {
    encode(x) { index, current in stages[index].visitParts(current, prefix: "\(prefix)stages.\(index).", visit) }
  }

  /// z of x, with `run` for the steps of a stage.
  private func encode(_ x: Activation, _ run: (_ stage: Int, Activation) -> Activation) -> Activation {
    precondition(
      Shape(height: x.height, width: x.width, channels: x.channels) == inputShape,
      "fi-RevNet: expected \(inputShape.height)×\(inputShape.width)×\(inputShape.channels), found \(x.shape)")
    var current = x
    var departed: [Activation] = []
    for index in stages.indices {
      current = run(index, current.squeezed())
      guard factorsOut && index + 1 < stages.count else { continue }
      let kept = current.channels / 2
      departed.append(Activation(concatenating: [current.channels(kept..<current.channels)]))
      current = Activation(concatenating: [current.channels(0..<kept)])
    }
    if let transform { current = transform.forward(current).y }
    let parts = [current.permutingPixels(pixelOrder)] + departed.reversed()
    return Activation(concatenating: parts.map { $0.reshaped(channels: $0.valuesPerSample).view })
  }

  /// x of z, with `run` for the inverse of the steps of a stage.
  private func decode(_ z: Activation, _ run: (_ stage: Int, Activation) -> Activation) -> Activation {
    precondition(
      z.height == 1 && z.width == 1 && z.channels == inputShape.values,
      "fi-RevNet: expected a code of \(inputShape.values) numbers, found \(z.shape)")
    let last = stageShapes[stages.count - 1]
    var taken = last.values
    var current = Activation(concatenating: [z.channels(0..<taken)])
      .reshaped(height: last.height, width: last.width, channels: last.channels)
      .permutingPixels(inversePixelOrder)
    if let transform { current = transform.inverse(current).x }
    for index in stages.indices.reversed() {
      if factorsOut && index + 1 < stages.count {
        let shape = stageShapes[index]
        let departed = Activation(concatenating: [z.channels(taken..<(taken + shape.values / 2))])
          .reshaped(height: shape.height, width: shape.width, channels: shape.channels / 2)
        taken += shape.values / 2
        current = Activation(concatenating: [current.view, departed.view])
      }
      current = run(index, current).unsqueezed()
    }
    return current
  }
}

extension ConvolutionalFiRevNet: DataInitialised where Step: DataInitialised {
  /// Stage by stage, each on the output of those before it; see `DataInitialised`.
  public func initialised(on x: Activation) -> (layer: ConvolutionalFiRevNet, y: Activation) {
    var copy = self
    let z = encode(x) { index, current in
      let (stage, y) = stages[index].initialised(on: current)
      copy.stages[index] = stage
      return y
    }
    return (copy, z)
  }
}

extension ConvolutionalFiRevNet {
  /// A network of flow steps (actnorm, random 1×1 rotation, coupling) from one seed. `coupling` makes the coupling for a
  /// shape from a stream of its own.
  public init<Coupling: InvertibleLayer>(
    height: Int = 32, width: Int = 32, channels: Int = 1, stages: Int = 3, steps: Int = 16, factorsOut: Bool = true,
    order: CodeOrder = .centralPixel, parameterisation: InvertibleConvolution.Parameterisation = .factored,
    memory: Memory = .stored, seed: UInt64, coupling: (Shape, RandomStream) -> Coupling
  ) where Step == FlowStep<Coupling> {
    self.init(
      height: height, width: width, channels: channels, stages: stages, steps: steps, factorsOut: factorsOut,
      order: order, memory: memory
    ) { stage, step, shape in
      let name = "fi-RevNet stage \(stage) step \(step)"
      return FlowStep(
        channels: shape.channels, parameterisation: parameterisation,
        random: RandomStream(seed: seed, name: "\(name) rotation"),
        coupling: coupling(shape, RandomStream(seed: seed, name: "\(name) coupling")))
    }
  }
}
