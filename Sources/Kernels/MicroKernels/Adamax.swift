/// Adamax on `count` parameters: m moves towards g + decay·value, u is the larger of β₂·u and |g + decay·value| + ε, the value
/// moves by −rate·m / u.
///
/// The last count mod 16 elements go through the same vector arithmetic, so that no element's result depends on its
/// place.
@inlinable @inline(__always)
public func adamax(_ count: Int, _ step: AdamaxStep, _ buffers: AdamBuffers, fused: Bool) {
  let whole = count & ~15
  var i = 0
  while i < whole {
    let updated = adamaxVector(
      step, value: load(buffers.value, i), gradient: load(buffers.gradient, i), first: load(buffers.first, i),
      second: load(buffers.second, i), fused: fused)
    storeVector(updated.value, buffers.value, i)
    storeVector(updated.first, buffers.first, i)
    storeVector(updated.second, buffers.second, i)
    i &+= 16
  }
  guard i < count else { return }
  var value = Vector(repeating: 0)
  var gradient = value
  var first = value
  var second = Vector(repeating: 1)
  for lane in 0..<(count - i) {
    value[lane] = buffers.value[i + lane]
    gradient[lane] = buffers.gradient[i + lane]
    first[lane] = buffers.first[i + lane]
    second[lane] = buffers.second[i + lane]
  }
  let updated = adamaxVector(step, value: value, gradient: gradient, first: first, second: second, fused: fused)
  for lane in 0..<(count - i) {
    buffers.value[i + lane] = updated.value[lane]
    buffers.first[i + lane] = updated.first[lane]
    buffers.second[i + lane] = updated.second[lane]
  }
}

@inlinable @inline(__always)
func adamaxVector(
  _ step: AdamaxStep, value: Vector, gradient: Vector, first: Vector, second: Vector, fused: Bool
) -> (value: Vector, first: Vector, second: Vector) {
  let total = multiplyAdd(gradient, step.weightDecay, value, fused: fused)
  let m = multiplyAdd(first, 1 - step.beta1, total - first, fused: fused)
  let magnitude = total.replacing(with: -total, where: total .< Vector(repeating: 0)) + step.epsilon
  let decayed = second * step.beta2
  let u = decayed.replacing(with: magnitude, where: .!(decayed .> magnitude))
  return (value - step.rate * m / u, m, u)
}

/// The scalars of one Adamax step (Kingma & Ba 2014, algorithm 2), bias correction included.
public struct AdamaxStep: Sendable {
  /// β₁, the decay of the mean of gradients.
  public var beta1: Float
  /// β₂, the decay of the largest gradient.
  public var beta2: Float
  /// learning rate / (1 − β₁ᵗ)
  public var rate: Float
  /// ε, added to the magnitude.
  public var epsilon: Float
  /// λ of the penalty λ/2·‖value‖², whose derivative is added to the gradient.
  public var weightDecay: Float

  /// The scalars, already corrected for step t.
  public init(beta1: Float, beta2: Float, rate: Float, epsilon: Float, weightDecay: Float) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.rate = rate
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}
