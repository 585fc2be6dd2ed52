import Kernels

/// The coupling function of the convolutional fi-RevNet (paper, D.2): 3×3 → batch norm → rectifier → 1×1 → batch norm →
/// rectifier → 3×3. The last convolution starts at zero, so that a coupling starts as the identity (Kingma & Dhariwal
/// 2018, section 3.3). Without batch norm, the convolutions have biases instead.
///
/// With dropout, some of what the last convolution reads is dropped where `evaluateRecording` computes it.
///
/// `evaluate` normalises by the running moments, folded into the weights, so that a sample's result depends on that sample
/// alone and the inverse of a coupling retraces it. `evaluateRecording`, which training uses, normalises by the batch's;
/// `backward` leaves these in the gradient, for the optimiser to move the running ones.
/// Cost of a pixel: taps·inputs·filters + filters² + taps·filters·outputs multiply-adds.
public struct ConvolutionNetwork: CouplingFunction, Equatable {
  /// The three convolutions, first to last.
  public private(set) var convolutions: [ConvolutionLayer]
  /// The normalisation behind each of the first two, or none at all.
  public private(set) var norms: [BatchNorm]
  /// What is dropped of the last convolution's input in training, if anything is.
  public private(set) var dropout: Dropout?

  /// A network from `inputs` to `outputs` channels through two layers of `filters`, initialised from one stream; it drops
  /// values with probability `dropout`, if that is not 0.
  public init(
    inputs: Int, filters: Int, outputs: Int, hasBatchNorm: Bool = true, dropout: Float = 0, random: RandomStream
  ) {
    var offset = 0
    convolutions = [
      ConvolutionLayer(
        inputs: inputs, outputs: filters, Convolution(kernel: 3), hasBias: !hasBatchNorm, random: random,
        offset: &offset),
      ConvolutionLayer(
        inputs: filters, outputs: filters, Convolution(kernel: 1), hasBias: !hasBatchNorm, random: random,
        offset: &offset),
      ConvolutionLayer(zeroInputs: filters, outputs: outputs, Convolution(kernel: 3)),
    ]
    norms = hasBatchNorm ? [BatchNorm(channels: filters), BatchNorm(channels: filters)] : []
    self.dropout = dropout > 0 ? Dropout(probability: dropout, random: random) : nil
  }

  /// What evaluation keeps: its input, and of every layer but the last the activation that costs least to go on from. With
  /// batch norm that is the convolution's output with the batch's moments: the next convolution's input is made from it
  /// again, in one pass, instead of being written to memory and read back long after. Without, it is that input.
  public struct Tape {
    let input: ChannelView
    let kept: [ConvolutionOutput]
    let moments: [BatchMoments]
  }

  /// y = f(x), normalised by the running moments.
  public func evaluate(_ x: ChannelView) -> Activation {
    var current = ConvolutionOutput(x)
    for (index, layer) in convolutions.dropLast().enumerated() {
      current = layer.evaluateRectified(current, normalisedBy: norms.isEmpty ? nil : norms[index].running)
    }
    return convolutions[convolutions.count - 1].evaluate(current)
  }

  /// y = f(x), normalised by the batch's moments and with this draw's values dropped, with a tape.
  public func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape) {
    let last = convolutions.count - 1
    guard !norms.isEmpty else {
      var kept = [convolutions[0].evaluate(x, activation: .rectifier)]
      for layer in convolutions[1..<last] {
        kept.append(layer.evaluate(kept[kept.count - 1].view, activation: .rectifier))
      }
      let read = dropout?.apply(kept[last - 1]) ?? kept[last - 1]
      return (
        convolutions[last].evaluate(read.view), Tape(input: x, kept: kept.map(ConvolutionOutput.init), moments: [])
      )
    }
    let first = convolutions[0].evaluateWithMoments(x)
    var kept = [first.y]
    var moments = [first.moments]
    for index in 1..<last {
      let next = convolutions[index].evaluateWithMoments(normalised(kept[index - 1], moments[index - 1], index - 1))
      kept.append(next.y)
      moments.append(next.moments)
    }
    let read = normalised(kept[last - 1], moments[last - 1], last - 1)
    let y =
      dropout.map { convolutions[last].evaluate($0.apply(read.activation).view) } ?? convolutions[last].evaluate(read)
    return (y, Tape(input: x, kept: kept, moments: moments))
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout ConvolutionNetwork, _ accumulation: Accumulation
  ) -> Activation {
    if let dropout { gradient.dropout?.setNext(after: dropout) }
    let last = convolutions.count - 1
    guard !norms.isEmpty else {
      var dy = outputGradient
      for index in stride(from: last, to: 0, by: -1) {
        let kept = tape.kept[index - 1].activation
        dy =
          rectifierGradient(
            kept, outputGradient: plainGradient(index, kept, outputGradient: dy, into: &gradient, accumulation)
          ).view
      }
      gradient.convolutions[0].setGradient(tape.input, outputGradient: dy, accumulation)
      let image = tape.input.activation
      return convolutions[0].inputGradient(dy, height: image.height, width: image.width)
    }
    var input = normalised(tape.kept[last - 1], tape.moments[last - 1], last - 1)
    var dinput =
      dropout == nil
      ? gradient.convolutions[last].setGradient(
        of: convolutions[last], input, outputGradient: outputGradient, accumulation)
      : NormGradient(
        input,
        outputGradient: plainGradient(
          last, input.activation, outputGradient: outputGradient, into: &gradient, accumulation))
    for index in stride(from: last - 1, through: 0, by: -1) {
      gradient.norms[index].setGradient(
        scale: dinput.scaleGradient, shift: dinput.shiftGradient, tape.moments[index], accumulation)
      if index == 0 { break }
      input = normalised(tape.kept[index - 1], tape.moments[index - 1], index - 1)
      dinput = gradient.convolutions[index].setGradient(
        of: convolutions[index], input, outputGradient: dinput, accumulation)
    }
    return gradient.convolutions[0].setGradient(
      of: convolutions[0], tape.input, outputGradient: dinput, accumulation)
  }

  /// The gradient of what convolution `index` read, `x` before the last one's dropout, and in `gradient` that of its parameters.
  private func plainGradient(
    _ index: Int, _ x: Activation, outputGradient: ChannelView, into gradient: inout ConvolutionNetwork,
    _ accumulation: Accumulation
  ) -> Activation {
    let drops = index == convolutions.count - 1 ? dropout : nil
    gradient.convolutions[index].setGradient(
      (drops?.apply(x) ?? x).view, outputGradient: outputGradient, accumulation)
    let dx = convolutions[index].inputGradient(outputGradient, height: x.height, width: x.width)
    return drops?.apply(dx) ?? dx
  }

  /// The rectified normalisation behind convolution `index` by a batch's moments.
  private func normalised(_ output: ConvolutionOutput, _ moments: BatchMoments, _ index: Int) -> NormOutput {
    NormOutput(output, norms[index].coefficients(moments))
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    for index in convolutions.indices {
      convolutions[index].visitParameters(prefix: "\(prefix)convolutions.\(index).", visit)
      if index < norms.count { norms[index].visitParameters(prefix: "\(prefix)norms.\(index).", visit) }
    }
    dropout?.visitParameters(prefix: prefix + "dropout.", visit)
  }
}
