import Kernels

/// Something that moves a model's parameters against their derivatives, with two numbers of memory a parameter.
///
/// Running statistics (`Parameter.Kind.statistic`) are moved a tenth of the way to the batch's, which the gradient holds:
/// PyTorch's momentum of batch norm.
public protocol Optimiser: Sendable {
  /// α, the step size.
  var learningRate: Float { get set }
  /// Steps taken, and what is remembered of their gradients.
  var moments: Moments { get set }
  /// One step of one parameter array, number `step` counted from 1.
  func update(
    _ value: inout [Float], gradient: [Float], first: inout [Float], second: inout [Float], step: Int)
}

extension Optimiser {
  /// Steps taken.
  public var steps: Int { moments.steps }

  /// One step against `gradient`, which has the model's own type. Cost: one pass over parameters and moments.
  public mutating func update<Model: Parameterised>(_ model: inout Model, gradient: inout Model) {
    // Taken out while they change, so that nobody else holds the arrays.
    var moments = moments
    self.moments = Moments()
    moments.prepare(for: &model)
    moments.steps += 1
    var gradients: [[Float]] = []
    gradient.visitParameters { _, values in gradients.append(values) }
    var index = 0
    model.visitParameters { parameter, values in
      switch parameter.kind {
      case .trainable:
        update(
          &values, gradient: gradients[index], first: &moments.first[index], second: &moments.second[index],
          step: moments.steps)
      case .statistic:
        for place in values.indices { values[place] += 0.1 * (gradients[index][place] - values[place]) }
      case .draw: values = gradients[index]
      }
      index += 1
    }
    self.moments = moments
  }
}

/// What an optimiser remembers.
public struct Moments: Sendable, Equatable {
  /// Steps taken.
  public var steps = 0
  /// For every parameter array, in order, the running mean of its gradient; empty for statistics.
  public var first: [[Float]] = []
  /// The measure of the gradient's size: the running mean of squares, or the largest.
  public var second: [[Float]] = []

  /// Nothing yet.
  public init() {}

  /// Makes room for a model's parameters, if that has not been done.
  public mutating func prepare<Model: Parameterised>(for model: inout Model) {
    guard first.isEmpty else { return }
    model.visitParameters { parameter, values in
      first.append([Float](repeating: 0, count: parameter.kind == .trainable ? values.count : 0))
    }
    second = first
  }

  /// Visits the moments of a model's parameters by their names, for a checkpoint.
  public mutating func visit<Model: Parameterised>(
    of model: inout Model, prefix: String, _ visit: (Parameter, inout [Float]) -> Void
  ) {
    prepare(for: &model)
    var index = 0
    var (first, second) = (first, second)
    model.visitParameters { parameter, _ in
      if parameter.kind == .trainable {
        visit(Parameter(name: "\(prefix)first.\(parameter.name)", shape: parameter.shape), &first[index])
        visit(Parameter(name: "\(prefix)second.\(parameter.name)", shape: parameter.shape), &second[index])
      }
      index += 1
    }
    (self.first, self.second) = (first, second)
  }
}
