import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// Batch norm's passes against plain loops in Double; what is promised to the bit, to the bit.
  @Suite struct BatchNormTests {
    struct Shape: CustomTestStringConvertible {
      let samples: Int
      let height: Int
      let width: Int
      let channels: Int

      var pixels: Int { height * width }
      var count: Int { samples * pixels }
      /// Values whose float sums are rounded: pixels of one chunk.
      var chunk: Double { Double(min(pixels, 64)) }
      var testDescription: String { "\(samples)×\(height)×\(width)×\(channels)" }

      /// Uniform in centre ± deviation·√3, the lanes beyond the last sample far beyond everything.
      func input(_ numbers: inout Numbers, centre: Float = 0, deviation: Float = 1) -> Activation {
        var rows = numbers.matrix(samples, pixels * channels)
        for index in rows.values.indices {
          rows.values[index] = centre + deviation * 1.7320508 * rows.values[index]
        }
        return image(rows, padding: 1e30)
      }

      /// Rows as images, with a number in the lanes that mean nothing.
      func image(_ rows: Matrix, padding: Float) -> Activation {
        var x = Activation(rowsOf: rows).reshaped(height: height, width: width, channels: channels)
        let values = x.mutablePointer()
        for index in 0..<x.blocks * x.vectorsPerBlock {
          for lane in 0..<16 where index / x.vectorsPerBlock * 16 + lane >= samples { values[index][lane] = padding }
        }
        return x
      }
    }

    /// No sample, one, and around the sixteen of a block; one pixel, fewer than the 64 of a chunk, and more.
    static let shapes: [Shape] = [0, 1, 15, 16, 17, 33, 100].flatMap { samples in
      [(1, 1), (3, 5), (9, 9)].flatMap { height, width in
        [1, 5, 16, 33].map { Shape(samples: samples, height: height, width: width, channels: $0) }
      }
    }

    /// Terms of second order in u.
    private static let second = 1.01
    private static let epsilon = 1e-5

    /// Every lane of padding.
    private func padding(_ x: Activation) -> [Float] {
      (0..<x.blocks * x.vectorsPerBlock).flatMap { index in
        (0..<16).filter { index / x.vectorsPerBlock * 16 + $0 >= x.samples }.map { x.pointer[index][$0] }
      }
    }

    // With D the largest difference of a channel's values and K the values in a chunk: a chunk's Σ(x − x₀) is off by
    // K·u·Σ|x − x₀| ≤ K²·u·D, so every chunk's mean, and the mean of all, by K·u·D. Of a chunk's Σ(x − m)², as a function
    // of the two sums, the first moves it by 2·|x₀ − m| ≤ 2·D times its error, 2·K²·u·D²; the second is off by
    // (K + 3)·u·K·D², a square being of a rounded difference. Divided by the values of the chunk: (3·K + 3)·u·D².
    // One-pixel chunks have no rounded sums at all. Then the result is rounded.
    @Test(
      "Moments agree with Double, wherever the mean is", arguments: shapes,
      [[0, 1], [1000, 0.1], [-3, 20]] as [[Float]])
    func moments(shape: Shape, distribution: [Float]) {
      withPoisonedBuffers {
        var numbers = Numbers(UInt64(shape.samples + 1000 * shape.pixels + shape.channels))
        let x = shape.input(&numbers, centre: distribution[0], deviation: distribution[1])
        let found = BatchMoments(x)
        let (mean, variance) = Reference.batchNormMoments(x)
        #expect(found.count == shape.count)
        #expect(found.mean.count == shape.channels && found.variance.count == shape.channels)
        let rows = x.matrix()
        for channel in 0..<shape.channels {
          let values = stride(from: channel, to: rows.values.count, by: shape.channels).map { Double(rows.values[$0]) }
          let spread = (values.max() ?? 0) - (values.min() ?? 0)
          let k = shape.pixels == 1 ? 0 : shape.chunk
          let meanBound = unitRoundoff * (k * spread + abs(mean[channel]))
          // The reference squares differences from a mean that Double rounds.
          let exactness = 0x1p-40 * spread * spread
          let squares = k == 0 ? 0 : (3 * k + 3) * spread * spread
          let varianceBound = unitRoundoff * (squares + variance[channel]) + exactness
          #expect(
            abs(Double(found.mean[channel]) - mean[channel]) <= Self.second * meanBound + 0x1p-40 * abs(mean[channel]),
            "mean \(channel): \(found.mean[channel]), expected \(mean[channel])")
          #expect(
            abs(Double(found.variance[channel]) - variance[channel]) <= Self.second * varianceBound,
            "variance \(channel): \(found.variance[channel]), expected \(variance[channel])")
        }
      }
    }

    /// Whole numbers up to 8: every sum of at most 64 squares of differences is exact, so that what is rounded is Float's
    /// last rounding alone. No value can be lost or counted twice unseen.
    @Test("Moments of whole numbers are exact", arguments: shapes)
    func wholeMoments(shape: Shape) {
      var numbers = Numbers(UInt64(shape.count))
      let rows = numbers.wholeMatrix(shape.samples, shape.pixels * shape.channels)
      let found = BatchMoments(shape.image(rows, padding: -1e30))
      let (mean, variance) = Reference.batchNormMoments(shape.image(rows, padding: 0))
      let exact = 1 + 0x1p-20
      for channel in 0..<shape.channels {
        #expect(abs(Double(found.mean[channel]) - mean[channel]) <= exact * unitRoundoff * abs(mean[channel]) + 0x1p-44)
        #expect(abs(Double(found.variance[channel]) - variance[channel]) <= exact * unitRoundoff * variance[channel])
      }
    }

    @Test("The unbiased variance is n/(n − 1) times the biased one; of one value, that itself")
    func unbiasedVariance() {
      let moments = BatchMoments(mean: [0, 1], variance: [3, 5], count: 4)
      #expect(moments.unbiasedVariance == [4, Float(4.0 / 3) * 5])
      #expect(BatchMoments(mean: [1], variance: [0.5], count: 1).unbiasedVariance == [0.5])
    }

    /// γ around 1, both signs, and β; moments of the batch.
    private struct Operands {
      let x: Activation
      let dy: Activation
      let gamma: [Float]
      let beta: [Float]
      let moments: BatchMoments

      var coefficients: BatchNormCoefficients {
        BatchNormCoefficients(scale: gamma, shift: beta, mean: moments.mean, variance: moments.variance)
      }

      init(_ shape: Shape, seed: UInt64) {
        var numbers = Numbers(seed)
        x = shape.input(&numbers, centre: 2, deviation: 1.5)
        dy = shape.image(numbers.matrix(shape.samples, shape.pixels * shape.channels), padding: 0)
        gamma = numbers.floats(shape.channels).map { $0 < 0 ? $0 - 0.5 : $0 + 0.5 }
        beta = numbers.floats(shape.channels)
        moments = BatchMoments(x)
      }
    }

    /// Scale and shift are rounded once each, then the product and the sum: u·(2·|x·scale| + |shift| + |y|).
    @Test("Forward is the reference to the bit, and Double within its roundings", arguments: shapes, [false, true])
    func forward(shape: Shape, rectifies: Bool) {
      withPoisonedBuffers {
        let operands = Operands(shape, seed: 3)
        let coefficients = operands.coefficients
        let y = batchNorm(operands.x, coefficients, rectifies: rectifies)
        #expect(y.hasShape(of: operands.x))
        #expect(
          firstDifference(
            y.matrix(), Reference.batchNorm(operands.x, coefficients, rectifies: rectifies).matrix()) == nil)
        #expect(padding(y).allSatisfy { $0.isFinite }, "padding lanes")
        let (x, found) = (operands.x.matrix(), y.matrix())
        let outside = found.values.indices.first { index in
          let channel = index % shape.channels
          let deviation = (Double(operands.moments.variance[channel]) + Self.epsilon).squareRoot()
          let scale = Double(operands.gamma[channel]) / deviation
          let value = Double(x.values[index])
          let exact =
            scale * (value - Double(operands.moments.mean[channel])) + Double(operands.beta[channel])
          let expected = rectifies ? max(0, exact) : exact
          let shift = Double(operands.beta[channel]) - scale * Double(operands.moments.mean[channel])
          let bound = Self.second * unitRoundoff * (2 * abs(scale * value) + abs(shift) + abs(exact))
          return !(abs(Double(found.values[index]) - expected) <= bound)
        }
        #expect(outside == nil)
      }
    }

    @Test("A residual block's end is the reference to the bit", arguments: shapes)
    func adding(shape: Shape) {
      withPoisonedBuffers {
        let operands = Operands(shape, seed: 7)
        let other = shape.image(operands.dy.matrix(), padding: 1)
        let y = batchNorm(operands.x, operands.coefficients, adding: other.view)
        let expected = Reference.batchNorm(operands.x, operands.coefficients, adding: other)
        #expect(firstDifference(y.matrix(), expected.matrix()) == nil)
        #expect(padding(y).allSatisfy { $0.isFinite }, "padding lanes")
      }
    }

    @Test("A gradient that somebody else holds is kept, and gives the same bits", arguments: shapes, [false, true])
    func heldGradient(shape: Shape, rectifies: Bool) {
      withPoisonedBuffers {
        let operands = Operands(shape, seed: 8)
        let before = operands.dy.matrix()
        let held = batchNormGradients(
          operands.x, operands.coefficients, outputGradient: operands.dy, rectifies: rectifies)
        #expect(firstDifference(operands.dy.matrix(), before) == nil)
        let own = batchNormGradients(
          operands.x, operands.coefficients, outputGradient: shape.image(before, padding: 0), rectifies: rectifies)
        #expect(firstDifference(held.inputGradient.matrix(), own.inputGradient.matrix()) == nil)
        #expect(firstDifference(held.scaleGradient + held.shiftGradient, own.scaleGradient + own.shiftGradient) == nil)
      }
    }

    /// x̂ is off by e = u·(|x̂| + |μ/σ| + 2·|x/σ|): two constants, a product, a sum. Sums over a chunk, the chunks and
    /// sixteen lanes are chains of K = 64 + chunks + 16 additions at most: K·u times the sum of magnitudes, and of dγ's two
    /// roundings more a term, and e·|dy|. Of dx = s·dy − m − x̂·v with s = γ/σ, m = s·dβ/n, v = s·dγ/n, both means are
    /// three roundings off their sums, s·dy two, x̂·v one and e·|v|; the differences are two more of what they take.
    @Test("Gradients agree with the closed formula in Double", arguments: shapes, [false, true])
    func gradients(shape: Shape, rectifies: Bool) {
      withPoisonedBuffers {
        let operands = Operands(shape, seed: 4)
        let found = batchNormGradients(
          operands.x, operands.coefficients, outputGradient: operands.dy, rectifies: rectifies)
        let expected = Reference.batchNormGradients(
          operands.x, scale: operands.gamma, shift: operands.beta, operands.moments, outputGradient: operands.dy,
          rectifies: rectifies)
        #expect(found.inputGradient.hasShape(of: operands.x))
        #expect(padding(found.inputGradient).allSatisfy { $0 == 0 }, "padding lanes")
        let (x, dy, dx) = (operands.x.matrix(), operands.dy.matrix(), found.inputGradient.matrix())
        let n = Double(max(shape.count, 1))
        let chunks = (shape.samples + 15) / 16 * ((shape.pixels + 63) / 64)
        let k = unitRoundoff * Double(64 + chunks + 16)
        for channel in 0..<shape.channels {
          let indices = stride(from: channel, to: x.values.count, by: shape.channels)
          let deviation = (Double(operands.moments.variance[channel]) + Self.epsilon).squareRoot()
          let offset = Double(operands.moments.mean[channel]) / deviation
          func normal(_ index: Int) -> (value: Double, error: Double) {
            let scaled = Double(x.values[index]) / deviation
            let value = scaled - offset
            return (value, unitRoundoff * (abs(value) + abs(offset) + 2 * abs(scaled)))
          }
          let dshiftError = k * indices.reduce(0) { $0 + Double(abs(dy.values[$1])) }
          let dscaleError = indices.reduce(0) { sum, index in
            let (value, error) = normal(index)
            return sum + Double(abs(dy.values[index])) * ((k + 2 * unitRoundoff) * abs(value) + error)
          }
          let (dscale, dshift) = (expected.scaleGradient[channel], expected.shiftGradient[channel])
          #expect(abs(Double(found.scaleGradient[channel]) - dscale) <= Self.second * dscaleError, "dγ \(channel)")
          #expect(abs(Double(found.shiftGradient[channel]) - dshift) <= Self.second * dshiftError, "dβ \(channel)")
          let scale = abs(Double(operands.gamma[channel])) / deviation
          let outside = indices.first { index in
            let (value, error) = normal(index)
            let direct = scale * Double(abs(dy.values[index]))
            let (mean, slope) = (scale * abs(dshift) / n, scale * abs(dscale) / n)
            let bound =
              unitRoundoff * (4 * direct + 6 * mean + 6 * abs(value) * slope)
              + scale / n * (dshiftError + abs(value) * dscaleError) + error * slope
            return !(abs(Double(dx.values[index]) - expected.inputGradient[index]) <= Self.second * bound)
          }
          #expect(outside == nil, "dx")
        }
      }
    }

    /// The reference itself: moving or stretching all of x changes nothing but for ε, so dx is orthogonal to 1 and to x̂.
    @Test("The reference's input gradient sums to zero, and so does its product with x̂")
    func projection() {
      let shape = Shape(samples: 33, height: 9, width: 9, channels: 3)
      let operands = Operands(shape, seed: 5)
      let dx = Reference.batchNormGradients(
        operands.x, scale: operands.gamma, shift: operands.beta, operands.moments, outputGradient: operands.dy,
        rectifies: true
      ).inputGradient
      let x = operands.x.matrix().values
      for channel in 0..<3 {
        let indices = stride(from: channel, to: dx.count, by: 3)
        let size = indices.reduce(0) { $0 + abs(dx[$1]) }
        // μ is rounded by u and σ² by 2⁻¹⁶ at most; ε is 1e-5 of at least 2.
        #expect(abs(indices.reduce(0) { $0 + dx[$1] }) <= 1e-5 * size)
        let mean = Double(operands.moments.mean[channel])
        #expect(abs(indices.reduce(0) { $0 + dx[$1] * (Double(x[$1]) - mean) }) <= 1e-4 * size)
      }
    }

    @Test("Results are the same bits on 1, 2 and 3 threads")
    func threads() {
      // Several tasks: a task is some 16 000 vectors.
      let operands = Operands(Shape(samples: 100, height: 9, width: 9, channels: 133), seed: 6)
      let results = [1, 2, 3].map { threads in
        withThreads(threads) {
          let moments = BatchMoments(operands.x)
          let y = batchNorm(operands.x, operands.coefficients, rectifies: true)
          let (dx, dscale, dshift) = batchNormGradients(
            operands.x, operands.coefficients, outputGradient: operands.dy, rectifies: true)
          return moments.mean + moments.variance + y.matrix().values + dx.matrix().values + dscale + dshift
        }
      }
      #expect(firstDifference(results[1], results[0]) == nil)
      #expect(firstDifference(results[2], results[0]) == nil)
    }

    /// Small whole numbers are exact in any order, fused or not.
    @Test("Every instruction set gives the same exact sums of whole numbers", arguments: [1, 2, 7, 64], [1, 3, 16])
    func instructionSets(pixels: Int, channels: Int) {
      func vectors(_ count: Int, seed: UInt64) -> [Vector] {
        var numbers = Numbers(seed)
        return (0..<count).map { _ in Vector(numbers.wholeMatrix(1, 16).values) }
      }
      let (x, dy) = (vectors(pixels * channels, seed: 1), vectors(pixels * channels, seed: 2))
      let constants = vectors(4 * channels, seed: 3)
      let terms = vectors(2 * channels, seed: 4)
      let zero = Vector(repeating: 0)
      for table in allTables {
        for rectifies in [false, true] {
          var sums = [Vector](repeating: Vector(repeating: .nan), count: 3 * channels)
          var gradientSums = vectors(2 * channels, seed: 5)
          let before = gradientSums
          // Pixels apart where a pass may put them so: what lies between them is left alone.
          let target = channels + pixels % 2
          let untouched = Vector(repeating: -777)
          var y = [Vector](repeating: untouched, count: pixels * target)
          var (dx, added) = (y, [Vector](repeating: untouched, count: pixels * channels))
          x.withUnsafeBufferPointer { x in
            dy.withUnsafeBufferPointer { dy in
              constants.withUnsafeBufferPointer { constants in
                terms.withUnsafeBufferPointer { terms in
                  guard let base = constants.baseAddress, let terms = terms.baseAddress, let x = x.baseAddress,
                    let dy = dy.baseAddress
                  else { return }
                  func work(_ output: UnsafeMutablePointer<Vector>) -> BatchNormWork {
                    BatchNormWork(
                      channels: channels, yPixel: target, x: x, dy: dy, y: output, scale: base, shift: base + channels,
                      inverseDeviation: base + 2 * channels, normalShift: base + 3 * channels)
                  }
                  // In two goes.
                  let half = (pixels + 1) / 2
                  table.batchNorm.moments(half, channels, x, &sums, false)
                  table.batchNorm.moments(pixels - half, channels, x + half * channels, &sums, true)
                  y.withUnsafeMutableBufferPointer { y in
                    guard let y = y.baseAddress else { return }
                    table.batchNorm.scaleShift(pixels, work(y), rectifies)
                    table.batchNorm.sums(pixels, work(y), &gradientSums, rectifies)
                  }
                  added.withUnsafeMutableBufferPointer { added in
                    guard let added = added.baseAddress else { return }
                    table.batchNorm.scaleShiftAdd(pixels, work(added))
                  }
                  dx.withUnsafeMutableBufferPointer { dx in
                    guard let dx = dx.baseAddress else { return }
                    table.batchNorm.inputGradient(pixels, work(dx), terms, terms + channels, rectifies)
                  }
                }
              }
            }
          }
          for channel in 0..<channels {
            var (first, second, gradient, product) = (zero, zero, before[channel], before[channels + channel])
            for pixel in 0..<pixels {
              let place = pixel * channels + channel
              let difference = x[place] - x[channel]
              first += difference
              second += difference * difference
              let line = constants[channel] * x[place] + constants[channels + channel]
              let passed = rectifies ? dy[place].replacing(with: zero, where: line .<= zero) : dy[place]
              let hat = constants[2 * channels + channel] * x[place] + constants[3 * channels + channel]
              gradient += passed
              product += passed * hat
              let apart = pixel * target + channel
              #expect(y[apart] == (rectifies ? pointwiseMax(line, zero) : line), "\(table.name)")
              #expect(added[place] == pointwiseMax(line + dy[place], zero), "\(table.name)")
              let expected = constants[channel] * passed + (x[place] * terms[channel] + terms[channels + channel])
              #expect(dx[apart] == expected, "\(table.name)")
              if target > channels {
                #expect(y[pixel * target + channels] == untouched && dx[pixel * target + channels] == untouched)
              }
            }
            #expect(sums[channel] == x[channel] && sums[channels + channel] == first, "\(table.name)")
            #expect(sums[2 * channels + channel] == second, "\(table.name)")
            #expect(gradientSums[channel] == gradient && gradientSums[channels + channel] == product, "\(table.name)")
          }
        }
      }
    }
  }
}
