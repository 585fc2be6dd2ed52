import Foundation
import MicroKernels
import Testing

@testable import Kernels

@Suite struct SoftmaxCrossEntropyTests {
  /// Loss of one sample in Double, and its softmax.
  private func exact(_ logits: [Float], label: Int) -> (loss: Double, probabilities: [Double]) {
    let largest = Double(logits.max() ?? 0)
    let powers = logits.map { Foundation.exp(Double($0) - largest) }
    let sum = powers.reduce(0, +)
    return (Foundation.log(sum) - (Double(logits[label]) - largest), powers.map { $0 / sum })
  }

  // Roundings in units of u = 2⁻²⁴, with S the largest difference of two logits and C the classes. A shifted logit is
  // off by S; exp adds 2 ulp ≤ 4; the sum of C of them C more: 4 + S + C relative, which is absolute in its logarithm.
  // That adds 2 ulp ≤ 4 ln C, the label's shifted logit S, the last difference S + ln C. Second orders: 1 %.
  private func lossBound(_ spread: Double, _ classes: Double) -> Double {
    1.01 * unitRoundoff * (4 + 3 * spread + classes + 5 * Foundation.log(classes))
  }

  @Test("Loss, gradient and count agree with Double", arguments: [1, 15, 16, 17, 33, 100], [1, 2, 10, 37])
  func agreesWithDouble(samples: Int, classes: Int) {
    var numbers = Numbers(UInt64(samples * 100 + classes))
    var logits = numbers.matrix(samples, classes)
    for i in logits.values.indices { logits.values[i] *= 10 }
    let labels = (0..<samples).map { _ in UInt8(numbers.next() % UInt64(classes)) }
    let result = softmaxCrossEntropy(Activation(rowsOf: logits), labels: labels)

    var loss = 0.0
    var correct = 0
    let weight = 1 / Double(samples)
    let spread = 20.0
    let c = Double(classes)
    for sample in 0..<samples {
      let row = (0..<classes).map { logits[sample, $0] }
      let label = Int(labels[sample])
      let (sampleLoss, probabilities) = exact(row, label: label)
      loss += sampleLoss * weight
      if row.firstIndex(of: row.max() ?? 0) == label { correct += 1 }
      for channel in 0..<classes {
        let onehot = channel == label ? 1.0 : 0.0
        // As above, 4 + S + C in the sum, 4 + S in the power, three for weight, quotient and product; then the difference
        // from the label's weight, two roundings of at most that.
        let p = probabilities[channel]
        let bound = 1.01 * unitRoundoff * weight * ((11 + 2 * spread + c) * p + 2)
        let found = Double(result.gradient[sample, channel])
        #expect(abs(found - weight * (p - onehot)) <= bound, "sample \(sample), class \(channel)")
      }
    }
    #expect(abs(result.loss - loss) <= lossBound(spread, c))
    #expect(result.correct == correct)
    // Lanes beyond the last sample have weight zero.
    for index in 0..<result.gradient.blocks * classes {
      for lane in 0..<16 where index / classes * 16 + lane >= samples {
        #expect(result.gradient.pointer[index][lane] == 0)
      }
    }
  }

  @Test("Huge logits stay finite")
  func hugeLogits() {
    let logits = Matrix(
      rows: 3, columns: 3, values: [1e4, -1e4, 0, -1e4, 1e4, 1e4, -1e4, -1e4, -1e4])
    let right = softmaxCrossEntropy(Activation(rowsOf: logits), labels: [0, 1, 2])
    // Losses ln 1, ln 2 and ln 3.
    #expect(abs(right.loss - Foundation.log(6) / 3) <= lossBound(0, 3))
    #expect(right.correct == 2)
    #expect(right.gradient.firstNonFinite() == nil)
    let wrong = softmaxCrossEntropy(Activation(rowsOf: logits), labels: [1, 0, 0])
    #expect(abs(wrong.loss - (2e4 + 2e4 + Foundation.log(6)) / 3) <= lossBound(2e4, 3))
    #expect(wrong.gradient.firstNonFinite() == nil)
    #expect(wrong.gradient[0, 0] == Float(1) / 3 && wrong.gradient[0, 1] == -Float(1) / 3)
    #expect(wrong.correct == 1)
  }

  @Test("No samples: loss zero")
  func empty() {
    let result = softmaxCrossEntropy(Activation(samples: 0, channels: 4), labels: [])
    #expect(result.loss == 0 && result.correct == 0 && result.gradient.samples == 0)
  }

  @Test("The kernel weights every lane by itself", arguments: allTables.map(\.name))
  func laneWeights(name: String) throws {
    let table = try #require(allTables.first { $0.name == name })
    var numbers = Numbers(21)
    let classes = 5
    let logits = (0..<classes).map { _ in Vector(numbers.floats(16)) }
    let labels = SIMD16<Int32>((0..<16).map { Int32($0 % 5) })
    let weights = Vector((0..<16).map { Float($0) * 0.125 })
    var gradient = [Vector](repeating: Vector(repeating: .nan), count: classes)
    var loss = Vector(repeating: .nan)
    logits.withUnsafeBufferPointer { source in
      gradient.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        loss = table.softmaxCrossEntropy(classes, from, labels, weights, to)
      }
    }
    for lane in 0..<16 {
      let (exactLoss, probabilities) = exact(logits.map { $0[lane] }, label: lane % 5)
      #expect(abs(Double(loss[lane]) - exactLoss) <= lossBound(2, 5))
      for channel in 0..<classes {
        let expected = Double(weights[lane]) * (probabilities[channel] - (channel == lane % 5 ? 1 : 0))
        let bound = 1.01 * unitRoundoff * Double(weights[lane]) * (20 * probabilities[channel] + 2)
        #expect(abs(Double(gradient[channel][lane]) - expected) <= bound)
      }
    }
  }

  @Test("argmax takes the first of equals")
  func argmax() {
    var logits = Matrix(rows: 18, columns: 4, repeating: -1)
    logits[1, 2] = 3
    logits[1, 3] = 3
    logits[16, 3] = 0
    logits[17, 1] = 0
    logits[17, 2] = -0.0
    let best = Activation(rowsOf: logits).argmaxChannels()
    #expect(best.count == 18)
    #expect(best[0] == 0 && best[1] == 2 && best[16] == 3 && best[17] == 1)
    #expect(Activation(samples: 3, channels: 1).argmaxChannels() == [0, 0, 0])
    #expect(Activation(samples: 0, channels: 2).argmaxChannels() == [])
  }

  @Test("firstNonFinite finds values, but not in padding lanes")
  func firstNonFinite() {
    let greatest = Activation(samples: 20, height: 1, width: 2, channels: 3, repeating: .greatestFiniteMagnitude)
    #expect(greatest.firstNonFinite() == nil)
    for bad in [Float.nan, .infinity, -.infinity] {
      var x = greatest
      x[18, 0, 1, 1] = bad
      let place = x.firstNonFinite()
      #expect(place?.sample == 18 && place?.value == 4)
      x[2, 0, 0, 2] = bad
      let earlier = x.firstNonFinite()
      #expect(earlier?.sample == 2 && earlier?.value == 2)
    }
    var padded = greatest
    padded.mutablePointer()[6][10] = .nan
    #expect(padded.firstNonFinite() == nil)
  }
}
