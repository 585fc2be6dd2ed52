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

  /// The mean over the samples of −log p(z | y) − logDet in nats, or of −log p(z) − logDet with p(z) = Σ_y p(z | y)/C where no labels
  /// are given; and the gradient of `weight` · the mean with respect to z and logDet, with β's and γ's in `gradient`.
  ///
  /// Beside cross-entropy the mixture is the objective of IB-INN (Ardizzone et al. 2020, equations 9 to 12) with class means that
  /// are fixed and differ in z_s alone: softmax(m·z_s) is the posterior of the class.
  public func likelihood(
    _ z: Activation, logDet: PerSample, labels: [UInt8]?, weight: Float, gradient: inout LatentPrior
  ) -> (negative: Double, inputGradient: Activation, logDetGradient: PerSample) {
    let samples = max(z.samples, 1)
    let each = weight / Float(samples)
    var semantic = Activation(concatenating: [z.channels(0..<classes)])
    var (total, responsibilities) = (0.0, nil as Activation?)
    if let labels {
      for (sample, label) in labels.enumerated() { semantic[sample, Int(label)] -= classMean }
    } else {
      (total, responsibilities) = mixture(semantic, weight: weight)
    }
    let zeros = [Float](repeating: 0, count: classes)
    let own = GaussianLikelihood(semantic.view, mean: zeros, logScale: zeros, weight: each)
    let nuisance = GaussianLikelihood(
      z.channels(classes..<z.channels), mean: mean, logScale: logScale, weight: each)
    gradient.mean = nuisance.meanGradient
    gradient.logScale = nuisance.logScaleGradient
    for sample in 0..<z.samples {
      total += Double(own.negative[sample, 0]) + Double(nuisance.negative[sample, 0]) - Double(logDet[sample])
    }
    let dsemantic = responsibilities.map { subtract(own.inputGradient.view, $0.view) } ?? own.inputGradient
    return (
      total / Double(samples), Activation(concatenating: [dsemantic.view, nuisance.inputGradient.view]),
      PerSample(samples: z.samples, repeating: -each)
    )
  }

  /// What the mixture over the classes adds to −log N(z_s; 0, I), as the sum over the samples, m²/2 + log C − log Σ_c e^(m·z_c), and
  /// `weight` · the mean's gradient with the opposite sign, m·softmax(m·z_s).
  private func mixture(_ semantic: Activation, weight: Float) -> (sum: Double, gradient: Activation) {
    let scaled = scaleChannels(semantic.view, by: [Float](repeating: classMean, count: classes))
    // Cross-entropy to class 0 is log Σ_c e^(m·z_c) − m·z_0, its gradient softmax less one at 0.
    let zeros = [UInt8](repeating: 0, count: semantic.samples)
    var (loss, _, gradient) = softmaxCrossEntropy(scaled, labels: zeros)
    let count = Double(semantic.samples)
    var sum = count * (Double(classMean * classMean) / 2 + naturalLogarithm(Double(classes)) - loss)
    for sample in 0..<semantic.samples {
      sum -= Double(scaled[sample, 0])
      gradient[sample, 0] += 1 / Float(semantic.samples)
    }
    return (sum, scaleChannels(gradient.view, by: [Float](repeating: weight * classMean, count: classes)))
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
