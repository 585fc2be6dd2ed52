import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  /// Kernels with one number a channel or a sample, against plain loops.
  @Suite struct ChannelKernelTests {
    /// Whole numbers, so that every sum is exact.
    private func image(_ samples: Int, channels: Int, seed: UInt64) -> Activation {
      var numbers = Numbers(seed)
      return Activation(rowsOf: numbers.wholeMatrix(samples, 6 * channels))
        .reshaped(height: 2, width: 3, channels: channels)
    }

    private func forEachValue(_ x: Activation, _ body: (Int, Int, Int, Int) -> Void) {
      for sample in 0..<x.samples {
        for y in 0..<x.height {
          for column in 0..<x.width {
            for channel in 0..<x.channels { body(sample, y, column, channel) }
          }
        }
      }
    }

    @Test("Scales and shifts of channels", arguments: [1, 16, 17], [1, 3, 5])
    func scaling(samples: Int, channels: Int) {
      withPoisonedBuffers {
        var numbers = Numbers(UInt64(samples + 100 * channels))
        let wide = image(samples, channels: channels + 2, seed: 1)
        let view = wide.channels(1..<(channels + 1))
        let shift = numbers.floats(channels)
        let scale = numbers.floats(channels).map { $0 + 2 }
        let forward = shiftThenScale(view, shift: shift, scale: scale)
        let inverse = unscaleThenUnshift(view, shift: shift, scale: scale)
        let scaled = scaleChannels(view, by: scale)
        forEachValue(forward) { sample, y, column, channel in
          let x = wide[sample, y, column, channel + 1]
          #expect(forward[sample, y, column, channel] == (x + shift[channel]) * scale[channel])
          #expect(inverse[sample, y, column, channel] == x / scale[channel] - shift[channel])
          #expect(scaled[sample, y, column, channel] == x * scale[channel])
        }
      }
    }

    @Test("Sums over samples, pixels and channels", arguments: [1, 16, 17], [1, 3, 5])
    func sums(samples: Int, channels: Int) {
      withPoisonedBuffers {
        let a = image(samples, channels: channels, seed: 2)
        let b = image(samples, channels: channels + 1, seed: 3)
        let view = b.channels(1..<(channels + 1))
        var sums = [Float](repeating: 0, count: channels)
        var products = sums
        var perSample = [Float](repeating: 0, count: samples)
        forEachValue(a) { sample, y, column, channel in
          sums[channel] += a[sample, y, column, channel]
          products[channel] += a[sample, y, column, channel] * b[sample, y, column, channel + 1]
          perSample[sample] += b[sample, y, column, channel + 1]
        }
        #expect(channelSums(a.view) == sums)
        #expect(channelSums(a.view, times: view) == products)
        let found = sampleSums(view)
        #expect(found.shape == "\(samples)×1×1×1")
        #expect((0..<samples).map { found[$0, 0] } == perSample)
      }
    }

    @Test("Moments leave out the lanes beyond the last sample", arguments: [1, 15, 16, 17, 40])
    func moments(samples: Int) {
      var x = image(samples, channels: 2, seed: 4)
      let pointer = x.mutablePointer()
      for lane in (samples - 16 * (x.blocks - 1))..<16 {
        for index in 0..<12 { pointer[(x.blocks - 1) * 12 + index][lane] = 1e9 }
      }
      var values: [[Double]] = [[], []]
      forEachValue(x) { sample, y, column, channel in values[channel].append(Double(x[sample, y, column, channel])) }
      let (mean, variance) = x.channelMoments()
      for channel in 0..<2 {
        let count = Double(values[channel].count)
        let expected = values[channel].reduce(0, +) / count
        #expect(mean[channel] == expected)
        let square = values[channel].reduce(0) { $0 + ($1 - expected) * ($1 - expected) } / count
        #expect(abs(variance[channel] - square) <= 1e-12 * square)
      }
      #expect(Activation(samples: 0, channels: 1).channelMoments().mean == [0])
    }

    @Test("A scale and a shift for every value", arguments: [1, 17])
    func affine(samples: Int) {
      withPoisonedBuffers {
        let x = image(samples, channels: 5, seed: 5)
        let shift = image(samples, channels: 4, seed: 6)
        var numbers = Numbers(7)
        let scale = Activation(rowsOf: numbers.matrix(samples, 18)).reshaped(height: 2, width: 3, channels: 3)
        let dlogDet = Activation(rowsOf: numbers.matrix(samples, 1))
        let forward = affineMap(x.channels(2..<5), scale: scale, shift: shift.channels(1..<4))
        let inverse = affineMapInverse(x.channels(2..<5), scale: scale, shift: shift.channels(1..<4))
        let gradients = affineMapGradients(
          x.channels(2..<5), scale: scale, outputGradient: shift.channels(0..<3), logDetGradient: dlogDet)
        forEachValue(scale) { sample, y, column, channel in
          let value = x[sample, y, column, channel + 2]
          let s = scale[sample, y, column, channel]
          let t = shift[sample, y, column, channel + 1]
          let dx = shift[sample, y, column, channel] * s
          #expect(forward[sample, y, column, channel] == value * s + t)
          #expect(inverse[sample, y, column, channel].bitPattern == ((value - t) / s).bitPattern)
          #expect(gradients.inputGradient[sample, y, column, channel] == dx)
          #expect(gradients.logScaleGradient[sample, y, column, channel] == dx * value + dlogDet[sample, 0])
        }
      }
    }

    @Test("The bounded log-scale and its slope")
    func boundedScale() {
      let raw: [Float] = [-50, -3, -1, -0x1p-20, 0, 0.25, 1, 2, 7, 50]
      let x = Activation(rowsOf: Matrix(rows: 2, columns: 5, values: raw))
      let found = boundedLogScale(x.view)
      let ones = Activation(samples: 2, channels: 5, repeating: 1)
      let slope = boundedLogScaleGradient(found, outputGradient: ones)
      for (index, value) in raw.enumerated() {
        let e = exponential(Double(value))
        let expected = 2 * (e - 1) / (e + 1)
        #expect(ulps(found[index / 5, index % 5], value.magnitude < 1e-3 ? Double(value) : expected) <= 5, "\(value)")
        #expect(abs(found[index / 5, index % 5]) <= 2)
        // 1 − (ℓ/2)² loses up to 10 of ℓ's roundings where ℓ nears 2.
        let slopeError = abs(Double(slope[index / 5, index % 5]) - (1 - expected * expected / 4))
        #expect(slopeError <= 12 * unitRoundoff, "\(value)")
      }
    }

    @Test("A matrix along either axis", arguments: [1, 17])
    func axes(samples: Int) {
      withPoisonedBuffers {
        let x = image(samples, channels: 2, seed: 8)
        var numbers = Numbers(9)
        let vertical = numbers.wholeMatrix(2, 2)
        let horizontal = numbers.wholeMatrix(3, 3)
        let down = x.transformed(by: vertical, along: .vertical)
        let across = x.transformed(by: horizontal, along: .horizontal)
        forEachValue(x) { sample, y, column, channel in
          let sumDown = (0..<2).reduce(Float(0)) { $0 + vertical[y, $1] * x[sample, $1, column, channel] }
          let sumAcross = (0..<3).reduce(Float(0)) { $0 + horizontal[column, $1] * x[sample, y, $1, channel] }
          #expect(down[sample, y, column, channel] == sumDown)
          #expect(across[sample, y, column, channel] == sumAcross)
        }
      }
    }
  }
}
