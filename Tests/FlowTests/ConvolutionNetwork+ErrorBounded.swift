import Flow
import Kernels
import TestSupport

extension ConvolutionNetwork: ErrorBounded {
  /// As in `SmallConvolution`, convolution by convolution of `evaluate`, which folds the running moments into the weights
  /// in the same way every time: the error through |W| where a unit may be active, and both evaluations' own rounding.
  func error(at x: ChannelView, error: Activation) -> Activation {
    var value = Activation(concatenating: [x])
    var bound = error
    for (index, layer) in convolutions.enumerated() {
      let (weight, bias) = folded(index)
      let none = [Float](repeating: 0, count: bias.count)
      let before = convolution(value.view, weight: weight, bias: bias, layer.geometry)
      let sizes = convolution(
        magnitudes(value).view, weight: magnitudes(weight), bias: bias.map { abs($0) }, layer.geometry)
      let passed = convolution(bound.view, weight: magnitudes(weight), bias: none, layer.geometry)
      let gamma = 2 * Float(weight.columns + 1) * Float(unitRoundoff)
      bound = combining([passed, sizes]) { $0[1] * gamma + $0[0] }
      guard index + 1 < convolutions.count else { break }
      bound = combining([bound, before]) { $0[1] > -$0[0] ? $0[0] : 0 }
      value = combining([before]) { max(0, $0[0]) }
    }
    return bound
  }

  private func folded(_ index: Int) -> (weight: Matrix, bias: [Float]) {
    let layer = convolutions[index]
    guard index < norms.count else { return (layer.weight, layer.bias) }
    let norm = norms[index]
    let constants = BatchNormCoefficients(
      scale: norm.scale, shift: norm.shift, mean: norm.mean, variance: norm.variance)
    var weight = layer.weight
    for row in 0..<weight.rows {
      for column in 0..<weight.columns { weight[row, column] *= constants.scale[row] }
    }
    return (weight, constants.shift)
  }
}
