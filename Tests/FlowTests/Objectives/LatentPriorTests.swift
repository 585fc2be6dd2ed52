import Flow
import Foundation
import Kernels
import TestSupport
import Testing

struct LatentPriorTests {
  private static let classes = 3
  private static let dimensions = 8

  private func prior(_ seed: UInt64 = 51) -> LatentPrior {
    perturbed(
      LatentPrior(classes: Self.classes, dimensions: Self.dimensions, classMean: 2.5), seed: seed, deviation: 0.5)
  }

  private struct Batch {
    var z: Activation
    var logDet: PerSample
    var labels: [UInt8]

    /// With one label for all samples.
    func with(label: UInt8) -> Batch {
      var copy = self
      copy.labels = labels.map { _ in label }
      return copy
    }

    init(_ samples: Int) {
      z = Activation(rowsOf: gaussianMatrix(rows: samples, columns: dimensions, seed: 52, name: "z"))
      logDet = PerSample(samples: samples)
      for sample in 0..<samples { logDet[sample] = 0.5 * Float(sample) - 1 }
      labels = (0..<samples).map { UInt8($0 % classes) }
    }
  }

  private typealias Result = (negative: Double, inputGradient: Activation, logDetGradient: PerSample)

  private func evaluate(_ prior: LatentPrior, _ batch: Batch, weight: Float = 1) -> (Result, LatentPrior) {
    var gradient = filled(prior, with: .nan)
    let result = prior.likelihood(
      batch.z, logDet: batch.logDet, labels: batch.labels, weight: weight, gradient: &gradient)
    return (result, gradient)
  }

  /// The definition in Double: −ln of the Gaussians' densities, minus the log-determinant.
  private func exact(_ prior: LatentPrior, _ batch: Batch) -> Double {
    var total = 0.0
    for sample in batch.labels.indices {
      for k in 0..<Self.dimensions {
        let n = k - Self.classes
        let isLabel = k == Int(batch.labels[sample])
        let center = n < 0 ? (isLabel ? 2.5 : 0) : Double(prior.mean[n])
        let deviation = n < 0 ? 1 : Foundation.exp(Double(prior.logScale[n]))
        let r = (Double(batch.z[sample, k]) - center) / deviation
        total -= Foundation.log(Foundation.exp(-r * r / 2) / (deviation * (2 * Double.pi).squareRoot()))
      }
      total -= Double(batch.logDet[sample])
    }
    return total / Double(batch.labels.count)
  }

  /// r has three relative roundings of 2⁻²⁴ and half its square is below 20 here, times 8 entries.
  @Test(arguments: [1, 16, 19])
  func isTheDensitys(samples: Int) {
    let batch = Batch(samples)
    let found = evaluate(prior(), batch).0.negative
    #expect(abs(found - exact(prior(), batch)) < 8 * 20 * 6 * 0x1p-24)
    // The weight is the gradient's affair.
    #expect(evaluate(prior(), batch, weight: 0.25).0.negative == found)
  }

  /// Central differences with a step of 2⁻⁴. In z, β and logDet the function is quadratic, and differences are exact but for
  /// rounding, 2·6e-5 / 2⁻³ at worst; in ln γ the third derivative, 4·r² of a mean, adds h²/6 of it.
  @Test(arguments: [1, 19], [1, 0.125] as [Float])
  func gradientsAreSlopes(samples: Int, weight: Float) {
    let batch = Batch(samples)
    let (result, gradient) = evaluate(prior(), batch, weight: weight)
    let h: Float = 0x1p-4
    func check(_ found: Float, curvature: Double = 0, _ name: String, _ at: (Float) -> (LatentPrior, Batch)) {
      let (above, below) = (at(h), at(-h))
      let slope =
        (exact(above.0, above.1) - exact(below.0, below.1)) / Double(2 * h) * Double(weight)
      #expect(abs(Double(found) - slope) <= 2e-5 + 0x1p-8 / 6 * curvature * 1.1, "seeds 51 and 52, \(name)")
    }
    for sample in 0..<samples {
      for k in 0..<Self.dimensions {
        check(result.inputGradient[sample, k], "z[\(sample), \(k)]") { step in
          var moved = batch
          moved.z[sample, k] += step
          return (prior(), moved)
        }
      }
      check(result.logDetGradient[sample], "logDet[\(sample)]") { step in
        var moved = batch
        moved.logDet[sample] += step
        return (prior(), moved)
      }
    }
    for place in gradient.mean.indices {
      for name in ["mean", "log_scale"] {
        // The mean of r² from the gradient itself: weight·(1 − mean r²) by ln γ.
        let squares = Double(weight - gradient.logScale[place])
        let found = name == "mean" ? gradient.mean[place] : gradient.logScale[place]
        check(found, curvature: name == "mean" ? 0 : 4 * squares, "\(name)[\(place)]") { step in
          var moved = prior()
          moved.visitParameters { parameter, values in if parameter.name == name { values[place] += step } }
          return (moved, batch)
        }
      }
    }
    let sizes = result.inputGradient.matrix().values + gradient.mean + gradient.logScale
    #expect((sizes.map(abs).max() ?? 0) > 0.02, "gradients this small would prove nothing")
  }

  /// A sum over all lanes sees what is beyond the last sample.
  @Test func lanesBeyondTheLastSampleCarryNothing() {
    var batch = Batch(19)
    let sums = channelSums(evaluate(prior(), batch).0.inputGradient.view)
    let rows = evaluate(prior(), batch).0.inputGradient.matrix()
    for k in 0..<Self.dimensions {
      let expected = (0..<19).reduce(0) { $0 + Double(rows[$1, k]) }
      #expect(abs(Double(sums[k]) - expected) < 1e-5)
    }
    // Whatever those lanes hold.
    let plain = evaluate(prior(), batch)
    batch.z = subtract(batch.z.view, Activation(samples: 19, channels: Self.dimensions, repeating: -3).view)
    batch.z = subtract(batch.z.view, Activation(rowsOf: Matrix(rows: 19, columns: Self.dimensions, repeating: 3)).view)
    let filled = evaluate(prior(), batch)
    #expect(zip(filled.1.mean, plain.1.mean).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(zip(filled.1.logScale, plain.1.logScale).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(filled.0.logDetGradient.total == plain.0.logDetGradient.total)
  }

  /// 4000 samples: a mean is within 5/√4000 deviations, a deviation within 5/√8000 of itself.
  @Test func samplesFollowThePrior() {
    let prior = prior()
    let labels = [UInt8](repeating: 1, count: 4000)
    let random = RandomStream(seed: 53, name: "codes")
    let (mean, variance) = prior.sample(labels: labels, temperature: 0.5, random: random).channelMoments()
    for k in 0..<Self.dimensions {
      let n = k - Self.classes
      let center = n < 0 ? (k == 1 ? 2.5 : 0) : Double(prior.mean[n])
      let deviation = 0.5 * (n < 0 ? 1 : Foundation.exp(Double(prior.logScale[n])))
      #expect(abs(mean[k] - center) < 5 * deviation / 4000.squareRoot(), "seed 53, entry \(k)")
      #expect(abs(variance[k].squareRoot() / deviation - 1) < 5 / 8000.squareRoot(), "seed 53, entry \(k)")
    }
    let cold = prior.sample(labels: [2, 0], temperature: 0, random: random)
    #expect(cold.matrix().values == [0, 0, 2.5] + prior.mean + [2.5, 0, 0] + prior.mean)
  }

  /// Without labels it is −ln of the mean over the classes of the densities; by the same bounds, and central differences as above, with
  /// a third derivative below m³ = 16 in z_s.
  @Test func withoutLabelsItIsTheMixtures() {
    let (prior, batch) = (prior(), Batch(19))
    func exactMixture(_ z: Activation) -> Double {
      (0..<19).reduce(0.0) { sum, sample in
        let densities = (0..<Self.classes).map { label in
          var one = Batch(1)
          for k in 0..<Self.dimensions { one.z[0, k] = z[sample, k] }
          one.logDet[0] = batch.logDet[sample]
          return Foundation.exp(-exact(prior, one.with(label: UInt8(label))))
        }
        return sum - Foundation.log(densities.reduce(0, +) / Double(Self.classes)) / 19
      }
    }
    var gradient = filled(prior, with: .nan)
    let result = prior.likelihood(batch.z, logDet: batch.logDet, labels: nil, weight: 0.5, gradient: &gradient)
    #expect(abs(result.negative - exactMixture(batch.z)) < 8 * 20 * 6 * 0x1p-24)
    for sample in [0, 7, 18] {
      for k in 0..<Self.dimensions {
        var (above, below) = (batch.z, batch.z)
        above[sample, k] += 0x1p-6
        below[sample, k] -= 0x1p-6
        let slope = 0.5 * (exactMixture(above) - exactMixture(below)) * 32
        #expect(abs(Double(result.inputGradient[sample, k]) - slope) < 2e-5 + 16 * 0x1p-12 / 6, "[\(sample), \(k)]")
      }
    }
    #expect(gradient.mean == evaluate(prior, batch, weight: 0.5).1.mean)
    // Lanes beyond the last sample carry nothing.
    let sums = channelSums(result.inputGradient.view)
    let rows = result.inputGradient.matrix()
    for k in 0..<Self.dimensions {
      #expect(abs(Double(sums[k]) - (0..<19).reduce(0) { $0 + Double(rows[$1, k]) }) < 1e-5)
    }
  }

  /// Uniform noise on [0, 1] costs 8 bits a dimension, and ln 2 nats a bit.
  @Test func bits() {
    #expect(bitsPerDimension(0, dimensions: 10) == 8)
    #expect(abs(bitsPerDimension(-10 * Foundation.log(2), dimensions: 5) - 6) < 1e-14)
  }
}
