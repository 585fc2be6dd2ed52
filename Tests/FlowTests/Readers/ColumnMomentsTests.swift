import Flow
import Kernels
import TestSupport
import Testing

struct ColumnMomentsTests {
  private static let labels: [UInt8] = [0, 0, 0, 0]
  /// Means 1 000 001, 2 and 7; deviations 1, 2 and 0.
  private let source = MatrixSource(
    samples: Matrix(
      rows: 4, columns: 3, values: [1e6, 0, 7, 1e6 + 2, 4, 7, 1e6, 0, 7, 1e6 + 2, 4, 7]), labels: labels)

  @Test func meansAndDeviations() {
    let moments = ColumnMoments(source)
    #expect(moments.means == [1_000_001, 2, 7] && moments.deviations == [1, 2, 0])
    #expect(moments[1..<3].means == [2, 7] && moments[1..<3].deviations == [2, 0])
    for batch in [1, 3, 100] { #expect(ColumnMoments(source, batch: batch) == moments) }
    let standard = moments.standardise(Activation(rowsOf: source.samples).view).matrix()
    #expect(standard.values == [-1, -1, 0, 1, 1, 0, -1, -1, 0, 1, 1, 0])
  }

  @Test func oneSetsMomentsReplaceAnothers() {
    let other = ColumnMoments(
      MatrixSource(
        samples: Matrix(rows: 2, columns: 3, values: [-1, 10, 0, 1, 50, 4]), labels: [0, 1]))
    #expect(other.means == [0, 30, 2] && other.deviations == [1, 20, 2])
    let moved = ColumnMoments(source).replace(Activation(rowsOf: source.samples).view, by: other).matrix()
    for (found, expected) in zip(moved.values, [-1, 10, 2, 1, 50, 2] + [-1, 10, 2, 1, 50, 2] as [Float]) {
      #expect(abs(found - expected) < 1e-5)
    }
  }
}
