import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  @Suite struct ActivationTests {
    static let sizes = [1, 15, 16, 17, 100]

    @Test("Rows to lanes and back is exact", arguments: sizes, sizes)
    func roundTrip(rows: Int, columns: Int) {
      withPoisonedBuffers {
        var numbers = Numbers(UInt64(rows * 1000 + columns))
        let matrix = numbers.matrix(rows, columns)
        let x = Activation(rowsOf: matrix)
        #expect(x.samples == rows && x.height == 1 && x.width == 1 && x.channels == columns)
        #expect(x.blocks == (rows + 15) / 16)
        #expect(firstDifference(x.matrix(), matrix) == nil)
        for row in 0..<rows {
          for column in 0..<columns {
            #expect(x.pointer[row / 16 * columns + column][row % 16] == matrix[row, column])
          }
        }
        for row in rows..<(16 * x.blocks) {
          for column in 0..<columns { #expect(x.pointer[row / 16 * columns + column][row % 16] == 0) }
        }
      }
    }

    @Test("Gathering takes rows in any order, more than once")
    func gathering() {
      var numbers = Numbers(1)
      let matrix = numbers.matrix(20, 19)
      let indices = (0..<37).map { ($0 * 7 + 3) % 20 }
      let x = Activation(gathering: indices, from: matrix)
      for (sample, row) in indices.enumerated() {
        for column in 0..<19 { #expect(x[sample, column] == matrix[row, column]) }
      }
      #expect(Activation(gathering: [], from: matrix).matrix() == Matrix(rows: 0, columns: 19))
    }

    @Test("Writing fills the rows from the first, and no others")
    func writing() {
      var numbers = Numbers(2)
      let matrix = numbers.matrix(18, 17)
      var target = Matrix(rows: 30, columns: 17, repeating: -7)
      Activation(rowsOf: matrix).write(to: &target, firstRow: 5)
      for row in 0..<30 {
        for column in 0..<17 {
          #expect(target[row, column] == ((5..<23).contains(row) ? matrix[row - 5, column] : -7))
        }
      }
    }

    @Test("Subscripts reach every pixel")
    func subscripts() {
      var x = Activation(samples: 18, height: 2, width: 3, channels: 5, repeating: -1)
      #expect(x.vectorsPerBlock == 30 && x.valuesPerSample == 30 && x.shape == "18×2×3×5")
      var value: Float = 0
      for sample in 0..<18 {
        for y in 0..<2 {
          for column in 0..<3 {
            for channel in 0..<5 {
              #expect(x[sample, y, column, channel] == -1)
              x[sample, y, column, channel] = value
              value += 1
            }
          }
        }
      }
      // As rows, a sample's values are in the order y, x, channel.
      #expect(x.matrix().values == (0..<540).map { Float($0) })
      #expect(x.pointer[30 + 4][1] == 17 * 30 + 4)
    }

    @Test("A change to a copy leaves the original alone")
    func copyOnWrite() {
      let original = Activation(samples: 3, channels: 2, repeating: 4)
      var copy = original
      #expect(copy.pointer == original.pointer)
      copy[2, 1] = 5
      #expect(copy.pointer != original.pointer)
      #expect(original[2, 1] == 4 && copy[2, 1] == 5 && copy[0, 0] == 4)
      let place = copy.pointer
      copy[1, 0] = 6
      #expect(copy.pointer == place, "a sole holder is changed in place")
      var sum = original
      sum.add(original)
      #expect(original[0, 0] == 4 && sum[0, 0] == 8)
    }

    @Test("Views and concatenation keep pixels and channels apart")
    func viewsAndConcatenation() {
      withPoisonedBuffers {
        var a = Activation(samples: 17, height: 2, width: 2, channels: 3)
        var b = Activation(samples: 17, height: 2, width: 2, channels: 4)
        forEachValue(&a) { 1000 + $0 }
        forEachValue(&b) { 5000 + $0 }
        let joined = Activation(concatenating: [b.channels(1..<3), a.view, b.channels(0..<0), b.channels(3..<4)])
        #expect(joined.shape == "17×2×2×6")
        for sample in 0..<17 {
          for y in 0..<2 {
            for x in 0..<2 {
              let found = (0..<6).map { joined[sample, y, x, $0] }
              let expected = [
                b[sample, y, x, 1], b[sample, y, x, 2], a[sample, y, x, 0], a[sample, y, x, 1], a[sample, y, x, 2],
                b[sample, y, x, 3],
              ]
              #expect(found == expected)
            }
          }
        }
        #expect(b.channels(1..<3).channels == 2 && b.view.channels == 4 && b.view.samples == 17)
      }
    }

    @Test("Writing into channels leaves the others")
    func writingChannels() {
      var x = Activation(samples: 5, height: 1, width: 2, channels: 4, repeating: 1)
      let kept = x
      x.write(Activation(samples: 5, height: 1, width: 2, channels: 2, repeating: 9).view, at: 1)
      for sample in 0..<5 {
        for pixel in 0..<2 { #expect((0..<4).map { x[sample, 0, pixel, $0] } == [1, 9, 9, 1]) }
      }
      #expect(kept[0, 1] == 1)
    }

    @Test("Channels are permuted, repeated and dropped")
    func permutingChannels() {
      var x = Activation(samples: 20, height: 2, width: 1, channels: 4)
      forEachValue(&x) { $0 }
      for order in [[3, 1, 0, 2], [2, 2], [], [0, 1, 2, 3, 3]] {
        let y = x.permutingChannels(order)
        #expect(y.channels == order.count)
        for sample in 0..<20 {
          for row in 0..<2 {
            #expect((0..<order.count).map { y[sample, row, 0, $0] } == order.map { x[sample, row, 0, $0] })
          }
        }
      }
    }

    @Test("Elementwise operations act on whole activations and on views")
    func elementwise() {
      withPoisonedBuffers {
        var numbers = Numbers(4)
        let a = numbers.matrix(33, 21)
        let b = numbers.matrix(33, 21)
        let x = Activation(rowsOf: a)
        let y = Activation(rowsOf: b)
        #expect(firstDifference(add(x.view, y.view).matrix().values, zip(a.values, b.values).map { $0 + $1 }) == nil)
        let difference = subtract(x.channels(3..<12), y.channels(5..<14))
        let gradient = rectifierGradient(x, outputGradient: y)
        var sum = x
        sum.add(y)
        for sample in 0..<33 {
          for channel in 0..<9 {
            #expect(difference[sample, channel] == a[sample, channel + 3] - b[sample, channel + 5])
          }
          for channel in 0..<21 {
            #expect(gradient[sample, channel] == (a[sample, channel] > 0 ? b[sample, channel] : 0))
            #expect(sum[sample, channel] == a[sample, channel] + b[sample, channel])
          }
        }
      }
    }

    @Test("The rectifier's gradient is zero at zero and passes nothing through it")
    func rectifierAtZero() {
      let outputs = Activation(rowsOf: Matrix(rows: 1, columns: 4, values: [0, -0.0, .leastNonzeroMagnitude, 2]))
      let dy = Activation(rowsOf: Matrix(rows: 1, columns: 4, values: [.nan, .infinity, 3, -4]))
      #expect(rectifierGradient(outputs, outputGradient: dy).matrix().values == [0, 0, 3, -4])
    }

    @Test("A freed block is handed out again, poisoned where asked")
    func bufferPool() {
      withPoisonedBuffers {
        // A size that nothing else asks for.
        var storage: VectorStorage? = VectorStorage(count: 7919)
        #expect(Int(bitPattern: storage?.pointer) % 64 == 0)
        let address = storage?.pointer
        storage?.pointer.update(repeating: Vector(repeating: 1), count: 7919)
        storage = nil
        let again = VectorStorage(count: 7919)
        #expect(again.pointer == address)
        for index in 0..<7919 { #expect(again.pointer[index][index % 16].isNaN) }
      }
    }

    @Test("Matrices index row by row and compare by value")
    func matrices() {
      var matrix = Matrix(rows: 2, columns: 3, values: [0, 1, 2, 3, 4, 5])
      #expect(matrix[1, 0] == 3 && matrix[0, 2] == 2)
      matrix[1, 2] = 9
      #expect(matrix.values == [0, 1, 2, 3, 4, 9])
      #expect(Matrix(rows: 1, columns: 2, repeating: 3) == Matrix(rows: 1, columns: 2, values: [3, 3]))
      #expect(Matrix(rows: 1, columns: 2) != Matrix(rows: 2, columns: 1))
    }

    private func forEachValue(_ x: inout Activation, _ value: (Float) -> Float) {
      var count: Float = 0
      for sample in 0..<x.samples {
        for y in 0..<x.height {
          for column in 0..<x.width {
            for channel in 0..<x.channels {
              x[sample, y, column, channel] = value(count)
              count += 1
            }
          }
        }
      }
    }
  }
}
