import Kernels

/// The basic block of a residual network (He et al. 2016, figure 2 and section 3.3, option B): 3×3 → batch norm →
/// rectifier → 3×3 → batch norm, plus the shortcut, and a rectifier behind the sum. The shortcut is the input itself, or,
/// where the shape changes, its 1×1 convolution with a batch norm.
///
/// `evaluate` normalises by the running moments and `evaluateRecording` by the batch's; see `ConvolutionNetwork`.
/// Cost of an output pixel: 9·inputs·outputs + 9·outputs² multiply-adds, and inputs·outputs for a projection.
public struct BasicBlock: CouplingFunction, Equatable {
  /// The two convolutions of the residual function.
  public private(set) var convolutions: [ConvolutionLayer]
  /// The normalisation behind each.
  public private(set) var norms: [BatchNorm]
  /// The shortcut's convolution and normalisation; none where it is the input itself.
  public private(set) var projection: Projection?

  /// A shortcut that changes the shape.
  public struct Projection: Sendable, Equatable {
    /// 1×1, with the block's stride.
    public internal(set) var convolution: ConvolutionLayer
    /// Behind it.
    public internal(set) var norm: BatchNorm
  }

  /// A block from `inputs` to `outputs` channels, whose image has 1/stride the height and width, rounded up; initialised
  /// from places of `random` that start at `offset`.
  public init(inputs: Int, outputs: Int, stride: Int, random: RandomStream, offset: inout Int) {
    convolutions = [
      ConvolutionLayer(
        inputs: inputs, outputs: outputs, Convolution(kernel: 3, stride: stride), hasBias: false, random: random,
        offset: &offset),
      ConvolutionLayer(
        inputs: outputs, outputs: outputs, Convolution(kernel: 3), hasBias: false, random: random, offset: &offset),
    ]
    norms = [BatchNorm(channels: outputs), BatchNorm(channels: outputs)]
    if stride != 1 || inputs != outputs {
      projection = Projection(
        convolution: ConvolutionLayer(
          inputs: inputs, outputs: outputs, Convolution(kernel: 1, stride: stride), hasBias: false, random: random,
          offset: &offset),
        norm: BatchNorm(channels: outputs))
    }
  }

  /// What evaluation keeps: input and output, and every convolution's output with the batch's moments. What is behind a
  /// norm is made again in one pass.
  public struct Tape {
    let input: ChannelView
    let output: Activation
    let convolved: [ConvolutionOutput]
    let moments: [BatchMoments]
    let projected: Activation?
    let projectedMoments: BatchMoments?
  }

  /// y = f(x), normalised by the running moments.
  public func evaluate(_ x: ChannelView) -> Activation {
    let hidden = convolutions[0].evaluate(x, normalisedBy: norms[0].running, activation: .rectifier)
    let shortcut = projection.map {
      $0.convolution.evaluate(x, normalisedBy: $0.norm.running, activation: .identity).view
    }
    return batchNorm(convolutions[1].evaluate(hidden.view), norms[1].running, adding: shortcut ?? x)
  }

  /// y = f(x), normalised by the batch's moments, with a tape.
  public func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape) {
    let (first, firstMoments) = convolutions[0].evaluateWithMoments(x)
    let (second, secondMoments) = convolutions[1].evaluateWithMoments(hidden(first, firstMoments))
    let projected = projection?.convolution.evaluate(x)
    let projectedMoments = projected.map { BatchMoments($0) }
    var shortcut = x
    if let projection, let projected, let projectedMoments {
      shortcut = batchNorm(projected, projection.norm.coefficients(projectedMoments), rectifies: false).view
    }
    let y = batchNorm(second.activation, norms[1].coefficients(secondMoments), adding: shortcut)
    let tape = Tape(
      input: x, output: y, convolved: [first, second], moments: [firstMoments, secondMoments], projected: projected,
      projectedMoments: projectedMoments)
    return (y, tape)
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout BasicBlock, _ accumulation: Accumulation
  ) -> Activation {
    let dsecond = NormGradient(
      last(tape), outputGradient: rectifierGradient(tape.output, outputGradient: outputGradient))
    let (dfirst, shortcut) = backwardToFirst(tape, dsecond, into: &gradient, accumulation)
    var dx = gradient.convolutions[0].setGradient(
      of: convolutions[0], tape.input, outputGradient: dfirst, accumulation)
    dx.add(shortcut)
    return dx
  }

  /// The same from the gradient in front of the last norm to that in front of a norm before the block, behind which, a sum and a
  /// rectifier or only that, is the block's input. In as few passes over memory as that takes.
  func backward(
    _ tape: Tape, outputGradient: NormGradient, behind norm: NormOutput, into gradient: inout BasicBlock,
    _ accumulation: Accumulation
  ) -> NormGradient {
    let (dfirst, shortcut) = backwardToFirst(tape, outputGradient, into: &gradient, accumulation)
    return gradient.convolutions[0].setGradient(
      of: convolutions[0], tape.input, outputGradient: dfirst, adding: shortcut, behind: norm, accumulation)
  }

  /// What is behind the last norm.
  func last(_ tape: Tape) -> NormOutput {
    NormOutput(tape.convolved[1], norms[1].coefficients(tape.moments[1]), rectifies: false)
  }

  /// The gradient in front of the first norm from that in front of the last, and what the shortcut adds to ∂L/∂x.
  private func backwardToFirst(
    _ tape: Tape, _ dsecond: NormGradient, into gradient: inout BasicBlock, _ accumulation: Accumulation
  ) -> (NormGradient, shortcut: Activation) {
    gradient.norms[1].setGradient(
      scale: dsecond.scaleGradient, shift: dsecond.shiftGradient, tape.moments[1], accumulation)
    let dfirst = gradient.convolutions[1].setGradient(
      of: convolutions[1], hidden(tape.convolved[0], tape.moments[0]), outputGradient: dsecond, accumulation)
    gradient.norms[0].setGradient(
      scale: dfirst.scaleGradient, shift: dfirst.shiftGradient, tape.moments[0], accumulation)
    return (
      dfirst, shortcutGradient(tape, outputGradient: dsecond.outputGradient, into: &gradient, accumulation)
    )
  }

  /// What the shortcut adds to ∂L/∂x.
  private func shortcutGradient(
    _ tape: Tape, outputGradient: Activation, into gradient: inout BasicBlock, _ accumulation: Accumulation
  ) -> Activation {
    guard let projection, let projected = tape.projected, let moments = tape.projectedMoments else {
      return outputGradient
    }
    let result = batchNormGradients(
      projected, projection.norm.coefficients(moments), outputGradient: outputGradient, rectifies: false)
    gradient.projection?.norm.setGradient(
      scale: result.scaleGradient, shift: result.shiftGradient, moments, accumulation)
    gradient.projection?.convolution.setGradient(
      tape.input, outputGradient: result.inputGradient.view, accumulation)
    let image = tape.input.activation
    return projection.convolution.inputGradient(
      result.inputGradient.view, height: image.height, width: image.width)
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    for index in convolutions.indices {
      convolutions[index].visitParameters(prefix: "\(prefix)convolutions.\(index).", visit)
      norms[index].visitParameters(prefix: "\(prefix)norms.\(index).", visit)
    }
    projection?.convolution.visitParameters(prefix: "\(prefix)projection.convolution.", visit)
    projection?.norm.visitParameters(prefix: "\(prefix)projection.norm.", visit)
  }

  /// Input of the second convolution.
  private func hidden(_ first: ConvolutionOutput, _ moments: BatchMoments) -> NormOutput {
    NormOutput(first, norms[0].coefficients(moments))
  }
}
