import Testing

@testable import Kernels

extension SharedState {
  /// Global average pooling against plain loops.
  @Suite struct AveragePoolingTests {
    /// Whole numbers over 4, 64 and 1 pixels: sums and products with the share are exact.
    @Test(arguments: [0, 1, 16, 17, 33], [(2, 2), (8, 8), (1, 1)])
    func wholeNumbersAreExact(samples: Int, size: (height: Int, width: Int)) {
      withPoisonedBuffers {
        var numbers = Numbers(UInt64(samples + size.height))
        let (channels, pixels) = (5, size.height * size.width)
        let rows = numbers.wholeMatrix(samples, pixels * channels)
        let x = Activation(rowsOf: rows).reshaped(height: size.height, width: size.width, channels: channels)
        let y = averagePool(x)
        #expect(y.shape == "\(samples)×1×1×\(channels)")
        let dx = averagePoolGradient(y, height: size.height, width: size.width)
        #expect(dx.hasShape(of: x))
        let (means, spread) = (y.matrix(), dx.matrix())
        for sample in 0..<samples {
          for channel in 0..<channels {
            let sum = (0..<pixels).reduce(Float(0)) { $0 + rows[sample, $1 * channels + channel] }
            #expect(means[sample, channel] == sum / Float(pixels))
            for pixel in 0..<pixels {
              #expect(spread[sample, pixel * channels + channel] == sum / Float(pixels * pixels))
            }
          }
        }
      }
    }

    /// Sums of 49 numbers below 1: a chain of 48 additions, the share and the product.
    @Test func sevenBySeven() {
      withPoisonedBuffers {
        var numbers = Numbers(9)
        let rows = numbers.matrix(19, 49 * 3)
        let means = averagePool(Activation(rowsOf: rows).reshaped(height: 7, width: 7, channels: 3)).matrix()
        for sample in 0..<19 {
          for channel in 0..<3 {
            let values = (0..<49).map { Double(rows[sample, $0 * 3 + channel]) }
            let bound = 51 * unitRoundoff * values.reduce(0) { $0 + abs($1) } / 49
            #expect(abs(Double(means[sample, channel]) - values.reduce(0, +) / 49) <= bound)
          }
        }
      }
    }

    @Test func threads() {
      var numbers = Numbers(10)
      let rows = numbers.matrix(100, 81 * 13)
      let results = [1, 2, 3].map { threads in
        withThreads(threads) {
          let y = averagePool(Activation(rowsOf: rows).reshaped(height: 9, width: 9, channels: 13))
          return y.matrix().values + averagePoolGradient(y, height: 9, width: 9).matrix().values
        }
      }
      #expect(firstDifference(results[1], results[0]) == nil && firstDifference(results[2], results[0]) == nil)
    }
  }
}
