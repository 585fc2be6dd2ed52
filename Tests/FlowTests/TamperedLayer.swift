import Flow
import Kernels
import TestSupport

/// A layer with a part of its behaviour replaced, to test the checker of the laws.
struct TamperedLayer<Base: InvertibleLayer>: InvertibleLayer {
  var base: Base
  /// A factor that the log-determinants are off by, consistently with their gradients.
  var logDetFactor: Float = 1
  /// Whether backward ignores ∂L/∂logDet.
  var dropsLogDetGradient = false
  /// What stands for the inverse.
  var otherInverse: (@Sendable (Base, Activation) -> Activation)?

  func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    let (y, logDet) = base.forward(x)
    return (y, scaled(logDet))
  }

  func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    let (x, logDet) = base.inverse(y)
    return (otherInverse?(base, y) ?? x, scaled(logDet))
  }

  func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Base.Tape) {
    let (y, logDet, tape) = base.forwardRecording(x)
    return (y, scaled(logDet), tape)
  }

  func inverseRecording(_ y: Activation) -> (x: Activation, tape: Base.Tape) {
    let (x, tape) = base.inverseRecording(y)
    return (otherInverse?(base, y) ?? x, tape)
  }

  func backward(
    _ tape: Base.Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout TamperedLayer,
    _ accumulation: Accumulation
  ) -> Activation {
    let passed = dropsLogDetGradient ? PerSample(samples: logDetGradient.samples) : scaled(logDetGradient)
    return base.backward(
      tape, outputGradient: outputGradient, logDetGradient: passed, into: &gradient.base, accumulation)
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    base.visitParameters(prefix: prefix, visit)
  }

  private func scaled(_ values: PerSample) -> PerSample {
    guard logDetFactor != 1 else { return values }
    var result = values
    for sample in 0..<values.samples { result[sample] *= logDetFactor }
    return result
  }
}
