import Flow
import Foundation
import Kernels
import TestSupport
import Testing

/// −Σ_c target_c·ln softmax_c, the mean over the samples, in Double.
private func exact(_ logits: Matrix, target: (_ sample: Int, _ channel: Int) -> Double) -> Double {
  var total = 0.0
  for sample in 0..<logits.rows {
    let powers = (0..<logits.columns).map { Foundation.exp(Double(logits[sample, $0])) }
    let sum = powers.reduce(0, +)
    for (channel, power) in powers.enumerated() { total -= target(sample, channel) * Foundation.log(power / sum) }
  }
  return total / Double(logits.rows)
}

/// Targets that are not one class alone. Losses are below 10 nats here with some thirty roundings of 2⁻²⁴: 2e-5; slopes of the
/// Double reference over a step of 2⁻⁹ carry a third derivative below 1, 2⁻¹⁸/6, and those roundings of a gradient below 1.
struct SoftTargetsTests {
  private let logits = gaussianMatrix(rows: 19, columns: 5, seed: 54, name: "logits")

  private func agrees(
    _ loss: Double, _ gradient: Activation, target: (_ sample: Int, _ channel: Int) -> Double, _ name: String
  ) {
    #expect(abs(loss - exact(logits, target: target)) < 2e-5, "seed 54, \(name)")
    for sample in 0..<19 {
      for channel in 0..<5 {
        func at(_ step: Float) -> Double {
          var moved = logits
          moved[sample, channel] += step
          return exact(moved, target: target)
        }
        let distance = Double((logits[sample, channel] + 0x1p-9) - (logits[sample, channel] - 0x1p-9))
        let slope = (at(0x1p-9) - at(-0x1p-9)) / distance
        #expect(abs(Double(gradient[sample, channel]) - slope) < 3e-6, "seed 54, \(name), [\(sample), \(channel)]")
      }
    }
    let sums = channelSums(gradient.view)
    let rows = gradient.matrix()
    for channel in 0..<5 {
      let expected = (0..<19).reduce(0) { $0 + Double(rows[$1, channel]) }
      #expect(abs(Double(sums[channel]) - expected) < 1e-6, "lanes beyond the last sample are zero")
    }
  }

  @Test func uniformTargets() {
    let (loss, gradient) = uniformCrossEntropy(Activation(rowsOf: logits))
    agrees(loss, gradient, target: { _, _ in 0.2 }, "uniform")
    let flat = uniformCrossEntropy(Activation(samples: 3, channels: 5, repeating: 7))
    #expect(abs(flat.loss - Foundation.log(5)) < 1e-6)
    #expect(flat.gradient.matrix().values.allSatisfy { abs($0) < 1e-7 })
  }

  @Test(arguments: [0, 0.2, 0.75] as [Float])
  func smoothedTargets(smoothing: Float) {
    let labels = (0..<19).map { UInt8($0 * 3 % 5) }
    let result = smoothedCrossEntropy(Activation(rowsOf: logits), labels: labels, smoothing: smoothing)
    let s = Double(smoothing)
    agrees(
      result.loss, result.gradient, target: { (1 - s) * ($1 == Int(labels[$0]) ? 1 : 0) + s / 5 }, "\(smoothing)")
    #expect(result.correct == softmaxCrossEntropy(Activation(rowsOf: logits), labels: labels).correct)
  }
}
