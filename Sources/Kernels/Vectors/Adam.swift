import MicroKernels

/// One Adam step on one parameter array (Kingma & Ba 2014, algorithm 1), with both moments updated in place.
///
/// `step` counts from 1. Cost: one pass over four arrays.
public func adamUpdate(
  _ value: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float], step: Int,
  learningRate: Float, beta1: Float, beta2: Float, epsilon: Float
) {
  precondition(
    gradient.count == value.count && first.count == value.count && second.count == value.count && step >= 1,
    "adam: sizes \(value.count), \(gradient.count), \(first.count), \(second.count) differ, or step \(step) < 1")
  let constants = AdamStep(
    beta1: beta1, beta2: beta2, rate: learningRate / Float(1 - power(Double(beta1), step)),
    secondMomentScale: Float(1 / (1 - power(Double(beta2), step)).squareRoot()), epsilon: epsilon)
  let kernel = InstructionSet.selected.adam
  updateInPlace(&value, gradient, &first, &second) { kernel($0, constants, $1) }
}

/// One Adamax step on one parameter array (Kingma & Ba 2014, algorithm 2; PyTorch's form, with ε inside the maximum and
/// weight decay added to the gradient), with the mean `first` and the largest gradient `second` updated in place.
///
/// `step` counts from 1. Cost: one pass over four arrays.
public func adamaxUpdate(
  _ value: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float], step: Int,
  learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float
) {
  precondition(
    gradient.count == value.count && first.count == value.count && second.count == value.count && step >= 1,
    "adamax: sizes \(value.count), \(gradient.count), \(first.count), \(second.count) differ, or step \(step) < 1")
  let constants = AdamaxStep(
    beta1: beta1, beta2: beta2, rate: Float(Double(learningRate) / (1 - power(Double(beta1), step))), epsilon: epsilon,
    weightDecay: weightDecay)
  let kernel = InstructionSet.selected.adamax
  updateInPlace(&value, gradient, &first, &second) { kernel($0, constants, $1) }
}

/// Runs `kernel` on stretches of the arrays; each task owns one.
private func updateInPlace(
  _ value: inout [Float], _ gradient: [Float], _ first: inout [Float], _ second: inout [Float],
  _ kernel: (_ count: Int, AdamBuffers) -> Void
) {
  let count = value.count
  value.withUnsafeMutableBufferPointer { value in
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        gradient.withUnsafeBufferPointer { gradient in
          guard let v = value.baseAddress, let g = gradient.baseAddress, let m = first.baseAddress,
            let s = second.baseAddress
          else { return }
          Parallel.forRanges(count, grain: 4096) { range in
            let i = range.lowerBound
            kernel(range.count, AdamBuffers(value: v + i, gradient: g + i, first: m + i, second: s + i))
          }
        }
      }
    }
  }
}

/// baseⁿ by repeated squaring: the same bits on every system, as the library's pow need not give.
func power(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  var square = base
  var remaining = exponent
  while remaining > 0 {
    if remaining & 1 == 1 { result *= square }
    square *= square
    remaining >>= 1
  }
  return result
}
