import Flow
import Kernels

/// A copy with Gaussian noise of the given deviation on every parameter, so that nothing is tested at zero.
public func perturbed<Model: Parameterised>(_ model: Model, seed: UInt64, deviation: Float = 0.2) -> Model {
  var copy = model
  copy.visitParameters { parameter, values in
    let noise = RandomStream(seed: seed, name: "noise on \(parameter.name)").gaussians(count: values.count)
    for index in values.indices { values[index] += deviation * noise[index] }
  }
  return copy
}

/// A copy all of whose parameters hold one value.
public func filled<Model: Parameterised>(_ model: Model, with value: Float) -> Model {
  var copy = model
  copy.visitParameters { _, values in values = [Float](repeating: value, count: values.count) }
  return copy
}

/// A matrix of standard normal numbers.
public func gaussianMatrix(rows: Int, columns: Int, seed: UInt64, name: String) -> Matrix {
  Matrix(
    rows: rows, columns: columns,
    values: RandomStream(seed: seed, name: name).gaussians(count: rows * columns))
}
