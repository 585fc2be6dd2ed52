import Datasets
import Flow
import Kernels

/// The prior of a model's codes: z_n ~ N(β, γ), number by number, and z_s ~ N(m·onehot(class), I).
struct ImagePrior {
  /// β.
  let mean: [Float]
  /// ln of the deviations.
  let logScale: [Float]

  /// The prior among a model's extras; `path` is the model's file, for errors.
  init(_ model: ImageModel, path: String) throws(ModelFileError) {
    let count = model.network.inputShape.values - model.configuration.classes
    var found: [[Float]] = []
    for name in ["prior.mean", "prior.log_scale"] {
      let tensor = model.extras.first { $0.name == name }
      guard let tensor, tensor.shape == [count] else {
        throw ModelFileError(
          path: path,
          cause: .tensor(
            name: name, expected: "shape [\(count)], as a model has that was trained for likelihood too",
            found: tensor.map { "shape \($0.shape)" } ?? "no such tensor"))
      }
      found.append(tensor.values)
    }
    (mean, logScale) = (found[0], found[1])
  }

  /// Codes of the given classes. Deviations are `temperature` times the prior's; z_s has its mean `margin` at the
  /// class.
  func codes(classes: [Int], of count: Int, margin: Double, temperature: Double, random: RandomStream) -> Activation {
    let columns = count + mean.count
    var values = random.gaussians(count: classes.count * columns)
    let scales = [Float](repeating: 1, count: count) + logScale.map { Float(exponential(Double($0))) }
    for (sample, label) in classes.enumerated() {
      for column in 0..<columns {
        let middle = column < count ? (column == label ? Float(margin) : 0) : mean[column - count]
        values[sample * columns + column] =
          middle + Float(temperature) * scales[column] * values[sample * columns + column]
      }
    }
    return Activation(rowsOf: Matrix(rows: classes.count, columns: columns, values: values))
  }
}
