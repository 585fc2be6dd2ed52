import Kernels

/// The three products of a convolution, on samples in lanes: the shapes of the coupling functions of the convolutional
/// fi-RevNet (batch 64; 16×16, 8×8, 4×4 pixels), the wide ones that other engines are compared on, and the ResNet's.
enum ConvolutionCases {
  private struct Shape {
    let size: Int
    let inputs: Int
    let outputs: Int
    let kernel: Int
    var stride = 1
  }

  private static let batch = 64
  private static let shapes = [
    Shape(size: 16, inputs: 128, outputs: 128, kernel: 3), Shape(size: 8, inputs: 128, outputs: 128, kernel: 3),
    Shape(size: 16, inputs: 128, outputs: 128, kernel: 1), Shape(size: 8, inputs: 128, outputs: 128, kernel: 1),
    Shape(size: 4, inputs: 128, outputs: 128, kernel: 1), Shape(size: 16, inputs: 2, outputs: 128, kernel: 3),
    Shape(size: 16, inputs: 4, outputs: 128, kernel: 3), Shape(size: 8, inputs: 4, outputs: 128, kernel: 3),
    Shape(size: 4, inputs: 8, outputs: 128, kernel: 3), Shape(size: 16, inputs: 128, outputs: 2, kernel: 3),
    Shape(size: 16, inputs: 128, outputs: 8, kernel: 3), Shape(size: 8, inputs: 128, outputs: 4, kernel: 3),
    Shape(size: 4, inputs: 128, outputs: 8, kernel: 3), Shape(size: 14, inputs: 2, outputs: 128, kernel: 3),
    Shape(size: 14, inputs: 128, outputs: 128, kernel: 1), Shape(size: 14, inputs: 128, outputs: 128, kernel: 3),
    Shape(size: 14, inputs: 128, outputs: 2, kernel: 3), Shape(size: 7, inputs: 8, outputs: 128, kernel: 3),
    Shape(size: 7, inputs: 128, outputs: 128, kernel: 1), Shape(size: 7, inputs: 128, outputs: 128, kernel: 3),
    Shape(size: 56, inputs: 64, outputs: 64, kernel: 3), Shape(size: 28, inputs: 1, outputs: 32, kernel: 3),
    Shape(size: 28, inputs: 16, outputs: 16, kernel: 3), Shape(size: 14, inputs: 32, outputs: 32, kernel: 3),
    Shape(size: 7, inputs: 64, outputs: 64, kernel: 3), Shape(size: 28, inputs: 16, outputs: 32, kernel: 3, stride: 2),
    Shape(size: 14, inputs: 32, outputs: 64, kernel: 3, stride: 2),
  ]

  static var all: [Case] { shapes.flatMap { shape in ConvolutionProduct.allCases.map { make($0, shape) } } }

  private static func make(_ product: ConvolutionProduct, _ shape: Shape) -> Case {
    let geometry = Convolution(kernel: shape.kernel, stride: shape.stride)
    let output = geometry.outputSize(shape.size)
    return Case(
      name: "convolution \(product.rawValue)",
      shape:
        "\(shape.kernel)×\(shape.kernel)\(shape.stride == 1 ? "" : " / \(shape.stride)"), \(shape.inputs)→\(shape.outputs), \(shape.size)×\(shape.size)",
      work: .operations(
        2 * Double(batch * taps(shape) * shape.inputs * shape.outputs),
        bytes: 4
          * Double(
            batch * (shape.size * shape.size * shape.inputs + output * output * shape.outputs)
              + geometry.taps * shape.inputs * shape.outputs))
    ) { check in
      // A size that no tile divides, all elements; then one block of the timed size, elements here and there.
      try ConvolutionOperands(5, 5, 3, 7, 5, geometry).check(product, check)
      try ConvolutionOperands(16, shape.size, shape.size, shape.inputs, shape.outputs, geometry).check(product, check)
      return ConvolutionOperands(batch, shape.size, shape.size, shape.inputs, shape.outputs, geometry).body(product)
    }
  }

  /// Taps inside the image over all output pixels: the multiply-adds of a direct sum, not those on padding.
  private static func taps(_ shape: Shape) -> Int {
    let reach = shape.kernel / 2
    let perAxis = stride(from: 0, to: shape.size, by: shape.stride).reduce(0) { total, place in
      total + (-reach...reach).filter { (0..<shape.size).contains(place + $0) }.count
    }
    return perAxis * perAxis
  }
}

private enum ConvolutionProduct: String, CaseIterable {
  case forward = "forward"
  case inputGradient = "input gradient"
  case weightGradient = "weight gradient"
}

private struct ConvolutionOperands {
  let geometry: Convolution
  let x: Activation
  let dy: Activation
  let weight: Matrix
  let bias: [Float]

  init(_ batch: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, _ geometry: Convolution) {
    self.geometry = geometry
    x = RandomData.image(batch, height, width, inputs, "inputs")
    dy = RandomData.image(batch, geometry.outputSize(height), geometry.outputSize(width), outputs, "gradients")
    weight = RandomData.matrix(outputs, geometry.taps * inputs, "weights")
    bias = RandomData.numbers(outputs, "biases")
  }

  func body(_ product: ConvolutionProduct) -> Body {
    switch product {
    // The convolutions of a coupling function have no bias in training: batch norm follows.
    case .forward: return .call { _ = convolution(x.view, weight: weight, bias: [], geometry) }
    case .inputGradient: return .call { _ = inputGradient() }
    case .weightGradient:
      var dweight = weight
      var dbias: [Float] = []
      return .call {
        convolutionWeightGradient(
          x.view, outputGradient: dy.view, geometry, weight: &dweight, bias: &dbias, .replace)
      }
    }
  }

  /// Compares with the plain loops on the whole of a small image; of a large one on a few channels, which the loops can
  /// do in reasonable time.
  func check(_ product: ConvolutionProduct, _ check: Check) throws {
    let inputs = 0..<min(x.channels, 2)
    let outputs = 0..<min(dy.channels, 2)
    switch product {
    case .forward:
      let y = convolution(x.view, weight: weight, bias: bias, geometry)
      let expected = Reference.convolution(
        x.view, weight: weight.rows(outputs), bias: Array(bias[outputs]), geometry,
        tapsApart: geometry.sumsTapsApart(outputs: dy.channels, width: x.width))
      try compare(y.channels(outputs).values, expected.view.values, "output", check)
    case .inputGradient:
      let expected = Reference.convolutionInputGradient(
        dy.view, weight: weight.taps(geometry.taps, inputs), geometry, height: x.height, width: x.width,
        tapsApart: geometry.sumsTapsApart(outputs: x.channels, width: x.width))
      try compare(inputGradient().channels(inputs).values, expected.view.values, "input gradient", check)
    case .weightGradient:
      var dweight = weight
      var dbias = bias
      convolutionWeightGradient(x.view, outputGradient: dy.view, geometry, weight: &dweight, bias: &dbias, .replace)
      var expected = Matrix(rows: outputs.count, columns: geometry.taps * inputs.count)
      Reference.convolutionWeightGradient(
        x.channels(inputs), outputGradient: dy.channels(outputs), geometry, weight: &expected, .replace,
        geometry.weightGradientOrder(
          inputs: x.channels, outputs: dy.channels, height: x.height, width: x.width))
      try compare(
        dweight.rows(outputs).taps(geometry.taps, inputs).values, expected.values, "weight gradient", check)
    }
  }

  /// The very bits, or, of a convolution by transforms, as near as no mistake would leave them: a single wrong product of these
  /// numbers of size one is thirty times as large and more. (The tests have its rounding's bound.)
  private func compare(_ found: [Float], _ expected: [Float], _ place: String, _ check: Check) throws {
    guard
      geometry.isTransformed(inputs: x.channels, outputs: dy.channels, height: x.height, width: x.width)
    else { return try check.equal(found, expected, place) }
    try check.equal(Float(found.count), Float(expected.count), "the number of values of \(place)")
    // Of a weight's gradient and of an output: numbers of both signs, whose roundings add up like their sum.
    let products = max(x.samples * x.height * x.width, 9 * max(x.channels, dy.channels))
    let tolerance = 0x1p-14 * Double(products).squareRoot()
    for index in found.indices {
      try check.near(Double(found[index]), Double(expected[index]), within: tolerance, "\(place) [\(index)]")
    }
  }

  private func inputGradient() -> Activation {
    convolutionInputGradient(dy.view, weight: weight, geometry, height: x.height, width: x.width)
  }
}

extension ChannelView {
  /// All values, sample by sample.
  fileprivate var values: [Float] { Activation(concatenating: [self]).matrix().values }
}

extension Matrix {
  /// Some rows.
  fileprivate func rows(_ range: Range<Int>) -> Matrix {
    Matrix(
      rows: range.count, columns: columns,
      values: Array(values[(range.lowerBound * columns)..<(range.upperBound * columns)]))
  }

  /// Some inputs of every tap of a convolution's weight.
  fileprivate func taps(_ taps: Int, _ inputs: Range<Int>) -> Matrix {
    let all = columns / taps
    return Matrix(
      rows: rows, columns: taps * inputs.count,
      values: (0..<(rows * taps)).flatMap { place in
        values[(place * all + inputs.lowerBound)..<(place * all + inputs.upperBound)]
      })
  }
}
