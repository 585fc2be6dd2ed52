import Kernels

/// The density that the maximum-likelihood term wants z to have: z_s ~ N(m·onehot(y), I) and z_n,k ~ N(β_k, γ_k), with β and
/// γ learned (paper, equation 6).
///
/// The paper's term is on z_n alone. With the whole log-determinant that is unbounded below, as scaling z_s up raises it for
/// nothing; the prior on z_s closes that. It is the one for which softmax(m·z_s) is the posterior of the class.
public struct LatentPrior: Parameterised, Equatable {
  /// C.
  public let classes: Int
  /// m: how far the classes' means lie from the origin.
  public let classMean: Float
  /// β.
  public private(set) var mean: [Float]
  /// log γ.
  public private(set) var logScale: [Float]

  /// Standard normal nuisance: β = 0, γ = 1.
  public init(classes: Int, dimensions: Int, classMean: Float) {
    precondition(dimensions > classes, "prior: \(classes) classes in \(dimensions) dimensions")
    self.classes = classes
    self.classMean = classMean
    mean = [Float](repeating: 0, count: dimensions - classes)
    logScale = mean
  }

  /// The mean over the samples of −log p(z | y) in nats, and of −log p − logDet; every sample's own; and the gradient of
  /// `weight` · the mean with respect to z, with β's and γ's in `gradient`.
  public func likelihood(
    _ z: Activation, logDet: PerSample, labels: [UInt8], weight: Float, gradient: inout LatentPrior
  ) -> (negative: Double, inputGradient: Activation, logDetGradient: PerSample) {
    let samples = max(z.samples, 1)
    let each = weight / Float(samples)
    var centred = Activation(concatenating: [z.channels(0..<classes)])
    for (sample, label) in labels.enumerated() { centred[sample, Int(label)] -= classMean }
    let zeros = [Float](repeating: 0, count: classes)
    let semantic = GaussianLikelihood(centred.view, mean: zeros, logScale: zeros, weight: each)
    let nuisance = GaussianLikelihood(
      z.channels(classes..<z.channels), mean: mean, logScale: logScale, weight: each)
    gradient.mean = nuisance.meanGradient
    gradient.logScale = nuisance.logScaleGradient
    var total = 0.0
    for sample in 0..<z.samples {
      total += Double(semantic.negative[sample, 0]) + Double(nuisance.negative[sample, 0]) - Double(logDet[sample])
    }
    return (
      total / Double(samples),
      Activation(concatenating: [semantic.inputGradient.view, nuisance.inputGradient.view]),
      PerSample(samples: z.samples, repeating: -each)
    )
  }

  /// Codes of the given classes: z_s = m·onehot(y) + T·noise, z_n = β + T·γ·noise, T being the temperature.
  public func sample(labels: [UInt8], temperature: Float, random: RandomStream) -> Activation {
    let dimensions = classes + mean.count
    let noise = random.gaussians(count: labels.count * dimensions)
    let scales = logScale.exponentials()
    var rows = Matrix(rows: labels.count, columns: dimensions)
    for (row, label) in labels.enumerated() {
      for column in 0..<dimensions {
        let value = temperature * noise[row * dimensions + column]
        if column < classes {
          rows[row, column] = (column == Int(label) ? classMean : 0) + value
        } else {
          rows[row, column] = mean[column - classes] + scales[column - classes] * value
        }
      }
    }
    return Activation(rowsOf: rows)
  }

  /// Visits β and log γ; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "mean", shape: [mean.count]), &mean)
    visit(Parameter(name: prefix + "log_scale", shape: [logScale.count]), &logScale)
  }
}

/// Bits a dimension of `nats` in total, for numbers in [0, 1) that stand for `levels` bins: the density per bin is 1/levels
/// of that per unit.
public func bitsPerDimension(_ nats: Double, dimensions: Int, levels: Int = 256) -> Double {
  let logTwo = 0.693_147_180_559_945_3
  var doublings = 0.0
  var remaining = levels
  while remaining > 1 {
    precondition(remaining % 2 == 0, "bits per dimension: expected a power of two of levels, found \(levels)")
    doublings += 1
    remaining /= 2
  }
  return nats / Double(dimensions) / logTwo + doublings
}
