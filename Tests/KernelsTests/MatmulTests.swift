import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  @Suite struct MatmulTests {
    struct Size: CustomTestStringConvertible {
      let rows: Int
      let columns: Int
      let depth: Int
      init(_ rows: Int, _ columns: Int, _ depth: Int) {
        self.rows = rows
        self.columns = columns
        self.depth = depth
      }
      var testDescription: String { "\(rows)×\(columns) from depth \(depth)" }
    }

    /// Every size of the list {0, 1, 5, … 300} in every place, around the tiles (6×16, 12×32); few rows for the thin ones.
    static let sizes: [Size] = [
      Size(0, 5, 7), Size(5, 0, 7), Size(5, 7, 0), Size(0, 0, 0), Size(0, 17, 0), Size(13, 0, 0), Size(0, 0, 300),
      Size(1, 1, 1), Size(5, 6, 7), Size(6, 16, 1), Size(7, 17, 5), Size(11, 15, 12), Size(12, 33, 13),
      Size(13, 31, 16), Size(15, 1, 17), Size(16, 5, 31), Size(17, 37, 6), Size(31, 16, 15), Size(33, 11, 37),
      Size(37, 12, 33), Size(6, 257, 11), Size(12, 300, 17), Size(257, 7, 12), Size(300, 13, 5), Size(13, 16, 257),
      Size(7, 17, 300), Size(1, 300, 257), Size(300, 1, 33), Size(257, 33, 1), Size(37, 31, 300), Size(24, 32, 31),
      Size(1, 130, 40), Size(2, 128, 33), Size(2, 300, 520), Size(3, 97, 20), Size(4, 100, 7), Size(4, 15, 9),
      Size(2, 47, 5),
      Size(14, 33, 9), Size(50, 40, 20), Size(98, 17, 30), Size(128, 64, 40), Size(10, 64, 600),
    ]

    /// Around `rowChunk` = 132, `depthChunk` = `packedDepth` = 1024, whose multiples are packed.
    static let chunkSizes: [Size] = [
      Size(131, 17, 3), Size(132, 16, 3), Size(133, 15, 3), Size(144, 33, 2), Size(264, 5, 6), Size(265, 33, 2),
      Size(5, 16, 255), Size(12, 17, 256), Size(6, 16, 257), Size(13, 33, 512), Size(12, 32, 513), Size(25, 16, 1024),
      Size(13, 17, 1025), Size(140, 33, 2048), Size(2, 140, 2049),
    ]

    /// Few rows with B as it lies (eight rows of B a time, chunks of 4096 columns) and few columns (blocks of sixteen rows, eight k a
    /// time), with the sizes around these.
    static let thinSizes: [Size] = [
      Size(1, 15, 7), Size(1, 16, 8), Size(2, 17, 9), Size(3, 4095, 16), Size(4, 4097, 17), Size(2, 8209, 8),
      Size(1, 5, 0), Size(4, 1, 1), Size(4, 47, 23), Size(5, 47, 23),
      Size(15, 2, 8), Size(16, 1, 7), Size(16, 2, 8), Size(17, 2, 9), Size(31, 1, 16), Size(32, 2, 15), Size(33, 2, 17),
      Size(47, 1, 1), Size(48, 2, 0), Size(49, 2, 101), Size(500, 2, 67), Size(33, 3, 17),
    ]

    /// Few rows of A and a transposed B that is larger: the transpose is computed, with blocks of 16×16.
    static let swappedSizes: [Size] = [
      Size(16, 17, 90), Size(17, 33, 200), Size(31, 67, 201), Size(33, 1000, 97), Size(64, 130, 300),
      Size(16, 48, 1030),
    ]

    @Test(
      "Equals the reference to the bit with both sets of tiles",
      arguments: sizes + chunkSizes + thinSizes + swappedSizes)
    func equalsReference(size: Size) {
      let sets = [InstructionSet.selected.narrowTiles, InstructionSet.selected.wideTiles]
      var numbers = Numbers(UInt64(size.rows * 1_000_000 + size.columns * 1000 + size.depth))
      withPoisonedBuffers {
        for transposeA in Transposition.allCases {
          for transposeB in Transposition.allCases {
            let a =
              transposeA == .none ? numbers.matrix(size.rows, size.depth) : numbers.matrix(size.depth, size.rows)
            let b =
              transposeB == .none ? numbers.matrix(size.depth, size.columns) : numbers.matrix(size.columns, size.depth)
            for accumulation in [Accumulation.replace, .add] {
              let before =
                accumulation == .add
                ? numbers.matrix(size.rows, size.columns)
                : Matrix(rows: size.rows, columns: size.columns, repeating: .nan)
              var expected = before
              Reference.matmul(a, transposeA, b, transposeB, into: &expected, accumulation)
              let what = "\(transposeA) \(transposeB) \(accumulation)"
              for tiles in sets {
                var c = before
                matmul(a, transposeA, b, transposeB, into: &c, accumulation, tiles: tiles)
                #expect(firstDifference(c, expected) == nil, "\(what), \(tiles.tall[0].rows)-row tiles")
              }
              var c = before
              matmul(a, transposeA, b, transposeB, into: &c, accumulation)
              #expect(firstDifference(c, expected) == nil, "\(what), the instruction set's own tile")
            }
          }
        }
      }
    }

    /// Large enough to be shared: by rows, by panels, by both; few rows, few columns, the transpose.
    @Test(
      "Any number of threads gives the same bits",
      arguments: [
        Size(61, 200, 97), Size(400, 40, 33), Size(60, 999, 40), Size(3, 4097, 16), Size(500, 2, 67),
        Size(33, 1000, 97),
        Size(140, 33, 1030),
      ], [1, 2, 3, 4, 7])
    func threads(size: Size, threads: Int) {
      var numbers = Numbers(UInt64(size.rows + threads))
      let before = Parallel.threads
      defer { Parallel.threads = before }
      Parallel.threads = threads
      withPoisonedBuffers {
        for transposeA in Transposition.allCases {
          for transposeB in Transposition.allCases {
            let a =
              transposeA == .none ? numbers.matrix(size.rows, size.depth) : numbers.matrix(size.depth, size.rows)
            let b =
              transposeB == .none ? numbers.matrix(size.depth, size.columns) : numbers.matrix(size.columns, size.depth)
            let start = numbers.matrix(size.rows, size.columns)
            var expected = start
            Reference.matmul(a, transposeA, b, transposeB, into: &expected, .add)
            var c = start
            matmul(a, transposeA, b, transposeB, into: &c, .add)
            #expect(firstDifference(c, expected) == nil, "\(transposeA) \(transposeB)")
          }
        }
      }
    }

    @Test("Is within γ_K·|A||B| of the exact product", arguments: [Size(13, 17, 300), Size(37, 33, 31)])
    func errorBound(size: Size) {
      var numbers = Numbers(7)
      let a = numbers.matrix(size.rows, size.depth)
      let b = numbers.matrix(size.depth, size.columns)
      var c = Matrix(rows: size.rows, columns: size.columns, repeating: .nan)
      matmul(a, .none, b, into: &c)
      // Higham 2002, eq. 3.5; the Double sum's own error, K·2⁻⁵³, is less than a millionth of it.
      let k = Double(size.depth)
      let gamma = k * unitRoundoff / (1 - k * unitRoundoff) * 1.000_001
      for row in 0..<size.rows {
        for column in 0..<size.columns {
          var exact = 0.0
          var magnitude = 0.0
          for index in 0..<size.depth {
            let product = Double(a[row, index]) * Double(b[index, column])
            exact += product
            magnitude += abs(product)
          }
          #expect(abs(Double(c[row, column]) - exact) <= gamma * magnitude)
        }
      }
    }

    @Test("Is exact on whole numbers", arguments: [Size(16, 17, 257), Size(133, 33, 12), Size(7, 300, 5)])
    func wholeNumbers(size: Size) {
      // |products| ≤ 64 and at most 257 of them: every partial sum is a whole number below 2²⁴, so nothing is rounded.
      var numbers = Numbers(11)
      let a = numbers.wholeMatrix(size.depth, size.rows)
      let b = numbers.wholeMatrix(size.columns, size.depth)
      let start = numbers.wholeMatrix(size.rows, size.columns)
      var c = start
      matmul(a, .transposed, b, .transposed, into: &c, .add)
      for row in 0..<size.rows {
        for column in 0..<size.columns {
          let sum = (0..<size.depth).reduce(Int(start[row, column])) { $0 + Int(a[$1, row]) * Int(b[column, $1]) }
          #expect(c[row, column] == Float(sum))
        }
      }
    }

    @Test("NaN and infinity in one row stay in it")
    func nonFinite() {
      var numbers = Numbers(13)
      var a = numbers.matrix(13, 20)
      let b = numbers.matrix(20, 33)
      a[4, 3] = .nan
      a[12, 19] = .infinity
      for tiles in [InstructionSet.selected.narrowTiles, InstructionSet.selected.wideTiles] {
        var c = Matrix(rows: 13, columns: 33)
        matmul(a, .none, b, .none, into: &c, .replace, tiles: tiles)
        for row in 0..<13 {
          for column in 0..<33 {
            let value = c[row, column]
            #expect(row == 4 ? value.isNaN : row == 12 ? value.isInfinite : value.isFinite)
          }
        }
      }
    }
  }
}
