import Flow
import Kernels
import TestSupport
import Testing

struct DCTTests {
  /// Rows of the table are orthonormal; its numbers are within 3 roundings of Double each.
  @Test(arguments: [1, 2, 3, 4, 7, 8, 32])
  func tableIsOrthonormal(size: Int) {
    let table = DCT.table(size)
    let product = table * table.transposed()
    for row in 0..<size {
      for column in 0..<size {
        let error = abs(product[row, column] - (row == column ? 1 : 0))
        #expect(error <= Double(size + 8) * 0x1p-53 * 2)
      }
    }
  }

  @Test func literalValues() {
    let x = Activation(rowsOf: Matrix(rows: 1, columns: 4, values: [1, 2, 3, 6]))
      .reshaped(height: 2, width: 2, channels: 1)
    // Half of: the sum; left − right; top − bottom; the diagonals' difference.
    for (found, expected) in zip(DCT(height: 2, width: 2).forward(x).y.matrix().values, [6, -2, -3, 1] as [Float]) {
      #expect(abs(found - expected) <= 0x1p-20)
    }
    let column = Activation(rowsOf: Matrix(rows: 1, columns: 3, values: [1, 0, 0]))
      .reshaped(height: 3, width: 1, channels: 1)
    let expected: [Float] = [0.57735026, 0.70710677, 0.40824828]
    for (found, expected) in zip(DCT(height: 3, width: 1).forward(column).y.matrix().values, expected) {
      #expect(abs(found - expected) <= 0x1p-22)
    }
  }

  @Test func lowFrequenciesComeFirst() {
    #expect(DCT.lowPassOrder(height: 3, width: 3) == [0, 1, 3, 2, 4, 6, 5, 7, 8])
    #expect(DCT.lowPassOrder(height: 2, width: 4) == [0, 1, 4, 2, 5, 3, 6, 7])
  }
}
