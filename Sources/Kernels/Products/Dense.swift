import MicroKernels

// A dense layer in lanes: y[b][o] = bias[o] + Σ_i weight[o][i] · x[b][i], where x[b][i] is a vector of sixteen samples.
// The activation already is a packed panel of the product weight · x, so nothing but weights is ever copied.

/// What a dense layer does to its sums as it stores them.
public enum DenseActivation: Sendable {
  case identity
  /// max(0, ·)
  case rectifier
}

/// y = activation(W·x + bias), of shape (samples, outputs); W is outputs × inputs.
///
/// Cost: 2·samples·inputs·outputs operations. Each sum is one chain of multiply-adds that starts from the bias.
public func dense(
  _ x: ChannelView, weight: Matrix, bias: [Float], activation: DenseActivation = .identity
) -> Activation {
  precondition(
    weight.columns == x.channels && bias.count == weight.rows,
    "dense: weight \(weight.rows)×\(weight.columns) and bias \(bias.count) do not fit \(x.channels) inputs")
  checkIsVectors(x, "dense")
  var y = Activation(uninitialized: x.samples, channels: weight.rows)
  withOperands(weight.values, bias) { weights, biases in
    laneProduct(
      rows: weight.rows, depth: weight.columns, a: weights, aRow: weight.columns, aDepth: 1, x, into: &y,
      start: .bias, bias: biases, rectifies: activation == .rectifier)
  }
  return y
}

/// The gradient with respect to the input of y = W·x + bias: dx = Wᵀ·dy. Cost: as forward.
public func denseInputGradient(_ dy: ChannelView, weight: Matrix) -> Activation {
  precondition(
    weight.rows == dy.channels,
    "denseInputGradient: weight \(weight.rows)×\(weight.columns) does not fit \(dy.channels) outputs")
  checkIsVectors(dy, "denseInputGradient")
  var dx = Activation(uninitialized: dy.samples, channels: weight.columns)
  withOperands(weight.values, []) { weights, none in
    laneProduct(
      rows: weight.columns, depth: weight.rows, a: weights, aRow: 1, aDepth: weight.columns, dy, into: &dx,
      start: .zero, bias: none, rectifies: false)
  }
  return dx
}

/// The gradients with respect to weight and bias of y = W·x + bias: dW = Σ_samples dy·xᵀ and dbias = Σ_samples dy.
///
/// The sum runs over the samples in order, whatever the number of threads. Lanes beyond the last sample must carry
/// dy = 0. Cost: as forward, plus the transposition of x.
public func denseWeightGradient(
  _ x: ChannelView, outputGradient dy: ChannelView, weight dweight: inout Matrix, bias dbias: inout [Float],
  _ accumulation: Accumulation
) {
  precondition(
    dweight.rows == dy.channels && dweight.columns == x.channels && dbias.count == dy.channels
      && x.samples == dy.samples,
    """
    denseWeightGradient: \(dweight.rows)×\(dweight.columns) and bias \(dbias.count) do not fit \
    \(x.samples)×\(x.channels) inputs and \(dy.samples)×\(dy.channels) outputs
    """)
  checkIsVectors(x, "denseWeightGradient")
  checkIsVectors(dy, "denseWeightGradient")
  let inputs = x.channels
  let panels = (inputs + 15) / 16
  let transposed = TransposedVectors(x)
  dweight.values.withUnsafeMutableBufferPointer { output in
    guard let c0 = output.baseAddress else { return }
    let lanes = UnsafeRawPointer(dy.pointer).assumingMemoryBound(to: Float.self)
    var product = TiledProduct(
      rows: dy.channels, panels: panels,
      work: TileWork(
        segments: dy.blocks, depth: 16, a: lanes, aRow: 16, aSegment: 16 * dy.stride,
        b: UnsafePointer(transposed.storage.pointer), bPanel: 16 * x.blocks, bSegment: 16, c: c0, cRow: inputs,
        cPanel: 16,
        start: accumulation == .add ? .output : .zero, bias: lanes, rectifies: false),
      aDepth: 1)
    product.lastLanes = inputs - 16 * (panels - 1)
    product.run { transposed.fill($0) }
  }
  sumOverSamples(dy, into: &dbias, accumulation)
}

/// x with samples as the depth: panels `[channel / 16][sample][16 channels]`, missing channels as zeros.
private struct TransposedVectors {
  let storage: VectorStorage
  private let x: ChannelView

  /// Room for the panels.
  init(_ x: ChannelView) {
    self.x = x
    storage = VectorStorage(count: (x.channels + 15) / 16 * x.blocks * 16)
  }

  /// Transposes some panels.
  func fill(_ range: Range<Int>) {
    let transpose = InstructionSet.selected.transpose16
    let source = UnsafeRawPointer(x.pointer)
    for panel in range {
      let width = min(16, x.channels - 16 * panel)
      for block in 0..<x.blocks {
        let from = (source + 64 * (block * x.stride + 16 * panel)).assumingMemoryBound(to: Float.self)
        let to = UnsafeMutableRawPointer(storage.pointer + (panel * x.blocks + block) * 16)
        transpose(width, from, 16, to.assumingMemoryBound(to: Float.self), 16)
      }
    }
  }
}

/// A product whose panels are the blocks of an activation.
private func laneProduct(
  rows: Int, depth: Int, a: UnsafePointer<Float>, aRow: Int, aDepth: Int, _ x: ChannelView, into y: inout Activation,
  start: TileStart, bias: UnsafePointer<Float>, rectifies: Bool
) {
  let output = UnsafeMutableRawPointer(y.mutablePointer()).assumingMemoryBound(to: Float.self)
  TiledProduct(
    rows: rows, panels: x.blocks,
    work: TileWork(
      depth: depth, a: a, aRow: aRow, b: x.pointer, bPanel: x.stride, c: output, cRow: 16,
      cPanel: 16 * rows, start: start, bias: bias, rectifies: rectifies),
    aDepth: aDepth
  ).run()
}

/// Addresses of two arrays, a stand-in for an empty one.
func withOperands(
  _ a: [Float], _ b: [Float], _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
) {
  withUnsafePointer(to: Float(0)) { none in
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in body(a.baseAddress ?? none, b.baseAddress ?? none) }
    }
  }
}

private func checkIsVectors(_ view: ChannelView, _ name: String) {
  precondition(
    view.activation.height == 1 && view.activation.width == 1,
    "\(name): expected a batch of vectors, found \(view.activation.shape)")
}
