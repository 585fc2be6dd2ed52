import Kernels

/// Dropout (Srivastava et al. 2014) inside an ordinary network: a part of one that is trained, nothing where it is evaluated.
///
/// Which values are dropped depends on the stream and on the number of the draw alone. That number is part of the model,
/// like batch norm's running moments: the gradient holds the next one, and the optimiser takes it over. So a step that computes
/// its activations twice drops the same values twice, and a resumed run drops what it would have dropped.
public struct Dropout: Sendable, Equatable {
  /// How likely a value is dropped.
  public let probability: Float
  private let random: RandomStream
  /// The number of the draw, from 1 on. A file may hold any finite number: what is no number of a draw stands for the nearest.
  private var draws: [Float] = [1]
  /// Counting in floats ends here, and the mask stays.
  private static let lastDraw: Float = 16_777_216

  /// Dropout of values that are drawn from a stream of its own, or from one that is used below its place 2³⁷ only.
  public init(probability: Float, random: RandomStream) {
    precondition(probability > 0 && probability < 1, "dropout: expected a probability in (0, 1), found \(probability)")
    self.probability = probability
    self.random = random
  }

  /// x or a gradient of its outcome, with this draw's values dropped.
  func apply(_ x: Activation) -> Activation {
    dropout(x, probability: probability, random: random, draw: UInt32(max(0, min(draws[0], Self.lastDraw))))
  }

  /// As a gradient: takes the number of the draw after `current`'s.
  mutating func setNext(after current: Dropout) { draws = [min(current.draws[0] + 1, Self.lastDraw)] }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "draw", shape: [1], kind: .draw), &draws)
  }
}
