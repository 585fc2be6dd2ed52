import MicroKernels
import Testing

@testable import Kernels

/// An image whose value at (sample, y, x, channel) says where it is.
func numberedImage(_ samples: Int, _ height: Int, _ width: Int, _ channels: Int) -> Activation {
  let perSample = height * width * channels
  let values = (0..<samples * perSample).map { Float($0) }
  return Activation(rowsOf: Matrix(rows: samples, columns: perSample, values: values))
    .reshaped(height: height, width: width, channels: channels)
}

extension SharedState {
  @Suite struct ImageStorageTests {
    @Test("Reshaping keeps the order [y][x][channel] and shares nothing that is written")
    func reshaping() {
      let vectors = Activation(rowsOf: Matrix(rows: 2, columns: 12, values: (0..<24).map { Float($0) }))
      var image = vectors.reshaped(height: 2, width: 3, channels: 2)
      #expect(image.shape == "2×2×3×2" && image[1, 1, 2, 0] == 22)
      image[1, 1, 2, 0] = -1
      #expect(vectors[1, 10] == 22)
      #expect(image.reshaped(channels: 12)[1, 10] == -1)
    }

    /// The literal order: channel c of pixel (dy, dx) becomes channel 4·c + 2·dy + dx.
    @Test("Squeezing a 2×4 image of two channels")
    func squeezeLiteral() {
      // Values are [y][x][channel]: pixel (y, x) holds 8·y + 2·x and one more.
      let squeezed = numberedImage(1, 2, 4, 2).squeezed()
      #expect(squeezed.shape == "1×1×2×8")
      #expect(squeezed.matrix().values == [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15])
    }

    @Test("Squeezing moves every value to its place and back", arguments: [1, 16, 17], [1, 2, 3])
    func squeezing(samples: Int, channels: Int) {
      withPoisonedBuffers {
        let x = numberedImage(samples, 4, 6, channels)
        let squeezed = x.squeezed()
        for sample in 0..<samples {
          for y in 0..<4 {
            for column in 0..<6 {
              for channel in 0..<channels {
                let place = 4 * channel + 2 * (y % 2) + column % 2
                #expect(squeezed[sample, y / 2, column / 2, place] == x[sample, y, column, channel])
              }
            }
          }
        }
        #expect(firstDifference(allLanes(squeezed.unsqueezed()), allLanes(x)) == nil)
      }
    }

    @Test("Pixels go where the order says", arguments: [1, 17])
    func pixels(samples: Int) {
      withPoisonedBuffers {
        let x = numberedImage(samples, 2, 3, 2)
        let order = [4, 5, 0, 1, 2, 3]
        let moved = x.permutingPixels(order)
        for sample in 0..<samples {
          for (pixel, source) in order.enumerated() {
            for channel in 0..<2 {
              #expect(
                moved[sample, pixel / 3, pixel % 3, channel] == x[sample, source / 3, source % 3, channel])
            }
          }
        }
      }
    }

    @Test("Padding lanes are cleared, and no others", arguments: [1, 15, 16, 17])
    func padding(samples: Int) {
      var x = Activation(samples: samples, height: 2, width: 1, channels: 3, repeating: 5)
      let copy = x
      x.clearPaddingLanes()
      for (index, value) in allLanes(x).enumerated() {
        let sample = index / 96 * 16 + index % 16
        #expect(value == (sample < samples ? 5 : 0))
      }
      #expect(allLanes(copy).allSatisfy { $0 == 5 })
    }
  }
}
