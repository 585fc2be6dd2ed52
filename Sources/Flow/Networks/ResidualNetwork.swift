import Kernels

/// A residual network for small images (He et al. 2016, section 4.2), the paper's ResNet in figure 8: 3×3 → batch norm →
/// rectifier, three stages of basic blocks with `filters`, 2·`filters` and 4·`filters` channels, the second and the third
/// at half the resolution of the one before, the mean over all pixels, and a dense layer. With three blocks a stage of 16
/// filters it is ResNet-20. It has no inverse.
public struct ResidualNetwork: CouplingFunction, Equatable {
  /// Number of stages.
  public static let stageCount = 3

  /// The first convolution.
  public private(set) var stem: ConvolutionLayer
  /// Behind it.
  public private(set) var stemNorm: BatchNorm
  /// The blocks, stage by stage.
  public private(set) var stages: [[BasicBlock]]
  /// From means to logits.
  public private(set) var readOut: DenseLayer

  /// A network of `blocks` ≥ 1 blocks a stage, initialised from one stream.
  public init(channels: Int, blocks: Int, filters: Int, classes: Int, random: RandomStream) {
    precondition(
      channels >= 1 && blocks >= 1 && filters >= 1 && classes >= 1,
      "ResNet: expected sizes of at least 1, found \(channels), \(blocks), \(filters), \(classes)")
    var offset = 0
    stem = ConvolutionLayer(
      inputs: channels, outputs: filters, Convolution(kernel: 3), hasBias: false, random: random, offset: &offset)
    stemNorm = BatchNorm(channels: filters)
    stages = (0..<Self.stageCount).map { stage in
      (0..<blocks).map { block in
        let outputs = filters << stage
        let isEntry = stage > 0 && block == 0
        return BasicBlock(
          inputs: isEntry ? outputs / 2 : outputs, outputs: outputs, stride: isEntry ? 2 : 1, random: random,
          offset: &offset)
      }
    }
    readOut = DenseLayer(inputs: filters << (Self.stageCount - 1), outputs: classes, random: random, offset: &offset)
  }

  /// What evaluation keeps.
  public struct Tape {
    let input: ChannelView
    let stem: ConvolutionOutput
    let stemMoments: BatchMoments
    let blocks: [[BasicBlock.Tape]]
    let pooled: Activation
  }

  /// The logits, normalised by the running moments.
  public func evaluate(_ x: ChannelView) -> Activation {
    var current = stem.evaluate(x, normalisedBy: stemNorm.running, activation: .rectifier)
    for block in stages.joined() { current = block.evaluate(current.view) }
    return logits(ofMeans: averagePool(current))
  }

  /// The logits, normalised by the batch's moments, with a tape.
  public func evaluateRecording(_ x: ChannelView) -> (y: Activation, tape: Tape) {
    let (first, moments) = stem.evaluateWithMoments(x)
    var current = batchNorm(first.activation, stemNorm.coefficients(moments), rectifies: true)
    let tapes = stages.map { stage in
      stage.map { block in
        let (y, tape) = block.evaluateRecording(current.view)
        current = y
        return tape
      }
    }
    let pooled = averagePool(current)
    return (
      logits(ofMeans: pooled), Tape(input: x, stem: first, stemMoments: moments, blocks: tapes, pooled: pooled)
    )
  }

  /// ∂L/∂x, and ∂L/∂parameter in `gradient`.
  public func backward(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout ResidualNetwork, _ accumulation: Accumulation
  ) -> Activation {
    let before = backwardToStem(tape, outputGradient: outputGradient, into: &gradient, accumulation)
    return stem.inputGradient(before.view, height: before.height, width: before.width)
  }

  /// Like `backward`, for an input that has no gradient to pass on.
  public func backwardParameters(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout ResidualNetwork, _ accumulation: Accumulation
  ) {
    _ = backwardToStem(tape, outputGradient: outputGradient, into: &gradient, accumulation)
  }

  /// Visits every parameter; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    stem.visitParameters(prefix: "\(prefix)stem.", visit)
    stemNorm.visitParameters(prefix: "\(prefix)stemNorm.", visit)
    for stage in stages.indices {
      for block in stages[stage].indices {
        stages[stage][block].visitParameters(prefix: "\(prefix)stages.\(stage).blocks.\(block).", visit)
      }
    }
    readOut.visitParameters(prefix: "\(prefix)readOut.", visit)
  }

  private func logits(ofMeans means: Activation) -> Activation {
    dense(means.view, weight: readOut.weight, bias: readOut.bias)
  }

  /// All parameters' gradients; returns the gradient at the first convolution's output.
  private func backwardToStem(
    _ tape: Tape, outputGradient: ChannelView, into gradient: inout ResidualNetwork, _ accumulation: Accumulation
  ) -> Activation {
    gradient.readOut.setGradient(tape.pooled.view, outputGradient: outputGradient, accumulation)
    let last = tape.blocks[stages.count - 1][stages[stages.count - 1].count - 1].output
    let dlast = averagePoolGradient(
      denseInputGradient(outputGradient, weight: readOut.weight), height: last.height, width: last.width)
    let blocks = stages.indices.flatMap { stage in stages[stage].indices.map { (stage, $0) } }
    let (lastStage, lastBlock) = blocks[blocks.count - 1]
    let end = NormOutput(tape.stem, stemNorm.coefficients(tape.stemMoments), rectifies: false)
    // Every block goes on to the norm in front of which the block before it ends.
    var dy = NormGradient(
      stages[lastStage][lastBlock].last(tape.blocks[lastStage][lastBlock]),
      outputGradient: rectifierGradient(last, outputGradient: dlast.view))
    for index in blocks.indices.reversed() {
      let (stage, block) = blocks[index]
      var before = end
      if index > 0 {
        let (stage, block) = blocks[index - 1]
        before = stages[stage][block].last(tape.blocks[stage][block])
      }
      dy = stages[stage][block].backward(
        tape.blocks[stage][block], outputGradient: dy, behind: before, into: &gradient.stages[stage][block],
        accumulation)
    }
    gradient.stemNorm.setGradient(
      scale: dy.scaleGradient, shift: dy.shiftGradient, tape.stemMoments, accumulation)
    let result = dy.activation
    gradient.stem.setGradient(tape.input, outputGradient: result.view, accumulation)
    return result
  }
}

extension ResidualNetwork: FeedForwardClassifier {}

extension ResidualNetwork {
  /// What a stage works on, and what it costs.
  public struct StageSummary: Sendable, Equatable {
    /// Pixels and channels behind its blocks.
    public let height, width, channels: Int
    /// Blocks.
    public let blocks: Int
    /// Multiply-adds of an image through its convolutions, those on the zeros around the image included.
    public let multiplyAdds: Int
  }

  /// The stages for images of height × width; the first convolution counts to the first stage.
  public func stageSummaries(height: Int, width: Int) -> [StageSummary] {
    func cost(_ layer: ConvolutionLayer, _ pixels: Int) -> Int { layer.weight.values.count * pixels }
    var (height, width) = (height, width)
    return stages.enumerated().map { index, blocks in
      var total = index == 0 ? cost(stem, height * width) : 0
      for block in blocks {
        let geometry = block.convolutions[0].geometry
        (height, width) = (geometry.outputSize(height), geometry.outputSize(width))
        for layer in block.convolutions + (block.projection.map { [$0.convolution] } ?? []) {
          total += cost(layer, height * width)
        }
      }
      return StageSummary(
        height: height, width: width, channels: blocks.last?.convolutions[1].outputs ?? 0, blocks: blocks.count,
        multiplyAdds: total)
    }
  }
}
