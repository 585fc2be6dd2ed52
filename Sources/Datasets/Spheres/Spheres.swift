import Kernels

/// Adversarial spheres (Gilmer et al. 2018; paper, sections 2.1 and A): points on two concentric spheres, uniform on
/// each; the class is the sphere.
public struct Spheres: Sendable, Equatable {
  /// d, the dimension of the space.
  public let dimension: Int
  /// R₁, the radius of class 0, and R₂, that of class 1.
  public let innerRadius: Double
  /// R₂, the radius of class 1.
  public let outerRadius: Double

  /// Two spheres; d ≥ 1 and 0 < R₁ < R₂.
  public init(dimension: Int, innerRadius: Double, outerRadius: Double) {
    precondition(
      dimension >= 1 && innerRadius > 0 && innerRadius < outerRadius,
      "spheres: expected d ≥ 1 and 0 < R₁ < R₂, found \(dimension), \(innerRadius), \(outerRadius)")
    self.dimension = dimension
    self.innerRadius = innerRadius
    self.outerRadius = outerRadius
  }

  /// Samples `range` of the endless sequence that belongs to a stream, one a row, with their classes. Even samples lie on
  /// the inner sphere, odd ones on the outer, so any even-sized set is balanced.
  ///
  /// A sample depends on the stream and its index alone: read in parts, the sequence is the same. A direction is a
  /// Gaussian vector divided by its length (Muller 1959). Cost: d Gaussians a sample.
  public func samples(_ range: Range<Int>, from stream: RandomStream) -> (points: Matrix, classes: [UInt8]) {
    var values = stream.gaussians(count: range.count * dimension, offset: range.lowerBound * dimension)
    let classes = range.map { UInt8($0 & 1) }
    for row in 0..<range.count {
      let columns = (row * dimension)..<((row + 1) * dimension)
      var square = 0.0
      for index in columns { square += Double(values[index]) * Double(values[index]) }
      let radius = classes[row] == 0 ? innerRadius : outerRadius
      // A vector of zeros has no direction: it is given the first axis. Its probability is below 2⁻²⁴ᵈ.
      guard square > 0 else {
        values[columns.lowerBound] = Float(radius)
        continue
      }
      let scale = radius / square.squareRoot()
      for index in columns { values[index] = Float(Double(values[index]) * scale) }
    }
    return (Matrix(rows: range.count, columns: dimension, values: values), classes)
  }

  /// `count` samples from the stream's start, made in parts so that memory holds little beside the result.
  public func samples(count: Int, from stream: RandomStream) -> (points: Matrix, classes: [UInt8]) {
    var points = Matrix(rows: count, columns: dimension)
    var classes: [UInt8] = []
    classes.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: 8192) {
      let part = samples(start..<min(start + 8192, count), from: stream)
      points.values.replaceSubrange(
        (start * dimension)..<(start * dimension + part.points.values.count), with: part.points.values)
      classes += part.classes
    }
    return (points, classes)
  }

  /// The class that an oracle sees in a point of length `norm`: the sphere whose radius is nearer.
  public func oracle(norm: Double) -> UInt8 { norm < (innerRadius + outerRadius) / 2 ? 0 : 1 }
}
