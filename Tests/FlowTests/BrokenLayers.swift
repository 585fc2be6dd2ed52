import Flow
import Kernels
import TestSupport

/// What is wrong with a `BrokenCoupling`.
enum Fault: String, Sendable, CaseIterable {
  case none
  case lyingLogDet
  case logDetOfForwardOnly
  case shiftedInverse
  case inputGradientScaled
  case inputGradientIgnoresShift
  case parameterGradientScaled
  case oneParameterGradientMissing
  case ignoresAdd
  case addsOnReplace
  case recordsAnotherOutput
  case recordsAnotherInput
  case tapeOfAnotherInput
  case tapeOfAnotherInputGoingForward

  /// The laws that must catch it, and no others.
  var broken: Set<Law> {
    switch self {
    case .none: []
    case .lyingLogDet: [.jacobian]
    case .logDetOfForwardOnly: [.oppositeLogDet, .jacobian]
    case .shiftedInverse: [.roundTrip]
    case .inputGradientScaled, .inputGradientIgnoresShift: [.inputGradient]
    case .parameterGradientScaled, .oneParameterGradientMissing: [.parameterGradient]
    case .ignoresAdd: [.accumulation]
    case .addsOnReplace: [.parameterGradient, .accumulation]
    case .recordsAnotherOutput, .recordsAnotherInput, .tapeOfAnotherInput: [.recording]
    case .tapeOfAnotherInputGoingForward: [.inputGradient, .parameterGradient, .recording]
    }
  }
}

/// An additive coupling with one fault, to test the checker of the laws.
struct BrokenCoupling: InvertibleLayer {
  typealias Base = AdditiveCoupling<RectifierNetwork>

  var base: Base
  let fault: Fault

  func forward(_ x: Activation) -> (y: Activation, logDet: PerSample) {
    let (y, _) = base.forward(x)
    return (y, logDet(x.samples))
  }

  func inverse(_ y: Activation) -> (x: Activation, logDet: PerSample) {
    let x = base.inverse(y).x
    let lies = fault == .lyingLogDet
    return (shifted(x, when: .shiftedInverse), PerSample(samples: y.samples, repeating: lies ? -0.0625 : 0))
  }

  func forwardRecording(_ x: Activation) -> (y: Activation, logDet: PerSample, tape: Base.Tape) {
    let (y, _, tape) = base.forwardRecording(x)
    let other = fault == .tapeOfAnotherInputGoingForward ? base.forwardRecording(reversed(x)).tape : tape
    return (shifted(y, when: .recordsAnotherOutput), logDet(x.samples), other)
  }

  func inverseRecording(_ y: Activation) -> (x: Activation, tape: Base.Tape) {
    let (x, tape) = base.inverseRecording(y)
    let returned = shifted(shifted(x, when: .shiftedInverse), when: .recordsAnotherInput)
    return (returned, fault == .tapeOfAnotherInput ? base.forwardRecording(reversed(x)).tape : tape)
  }

  func backward(
    _ tape: Base.Tape, outputGradient: Activation, logDetGradient: PerSample, into gradient: inout BrokenCoupling,
    _ accumulation: Accumulation
  ) -> Activation {
    let before = gradient.parameters()
    var input = base.backward(
      tape, outputGradient: outputGradient, logDetGradient: logDetGradient, into: &gradient.base,
      fault == .ignoresAdd ? .replace : accumulation)
    let held = before.map { accumulation == .add ? $0.values : $0.values.map { _ in 0 } }
    spoil(&gradient, held: held)
    if fault == .addsOnReplace && accumulation == .replace { add(before.map(\.values), to: &gradient) }
    switch fault {
    case .inputGradientScaled: input = scaled(input, by: 1.0625)
    case .inputGradientIgnoresShift:
      // The copied half's own derivative alone, as if f were constant.
      input = Activation(concatenating: [
        outputGradient.channels((outputGradient.channels - base.split)..<outputGradient.channels),
        outputGradient.channels(0..<(outputGradient.channels - base.split)),
      ])
    default: break
    }
    return input
  }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    base.visitParameters(prefix: prefix, visit)
  }

  private func logDet(_ samples: Int) -> PerSample {
    let lies = fault == .lyingLogDet || fault == .logDetOfForwardOnly
    return PerSample(samples: samples, repeating: lies ? 0.0625 : 0)
  }

  /// The last channel moved by a little.
  private func shifted(_ x: Activation, when active: Fault) -> Activation {
    guard fault == active else { return x }
    var result = x
    for sample in 0..<x.samples { result[sample, x.channels - 1] += 0x1p-12 }
    return result
  }

  /// Another input of the same size.
  private func reversed(_ x: Activation) -> Activation {
    scaled(x.permutingChannels(Array((0..<x.channels).reversed())), by: 1.5)
  }

  private func scaled(_ x: Activation, by factor: Float) -> Activation {
    var rows = x.matrix()
    rows.values = rows.values.map { $0 * factor }
    return Activation(rowsOf: rows)
  }

  /// Changes what was added to `held`.
  private func spoil(_ gradient: inout BrokenCoupling, held: [[Float]]) {
    var index = 0
    gradient.visitParameters { [fault] parameter, values in
      for place in values.indices {
        let fresh = values[place] - held[index][place]
        if fault == .parameterGradientScaled { values[place] = held[index][place] + 1.0625 * fresh }
        if fault == .oneParameterGradientMissing && parameter.name == "function.layers.1.bias" && place == 0 {
          values[place] = held[index][place]
        }
      }
      index += 1
    }
  }

  private func add(_ held: [[Float]], to gradient: inout BrokenCoupling) {
    var index = 0
    gradient.visitParameters { _, values in
      for place in values.indices { values[place] += held[index][place] }
      index += 1
    }
  }
}
