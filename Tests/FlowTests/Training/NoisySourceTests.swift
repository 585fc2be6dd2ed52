import Flow
import Kernels
import Testing

@Suite struct NoisySourceTests {
  private let count = 40
  private let width = 50

  private func source(_ deviation: Float) -> NoisySource<MatrixSource> {
    let samples = Matrix(rows: count, columns: width, values: (0..<(count * width)).map { Float($0 % 7) })
    let plain = MatrixSource(samples: samples, labels: (0..<count).map { UInt8($0 % 2) })
    return NoisySource(plain, deviation: deviation, seed: 5, name: "test")
  }

  private func rows(_ x: Activation) -> [[Float]] {
    let matrix = x.matrix()
    return (0..<matrix.rows).map { row in (0..<matrix.columns).map { matrix[row, $0] } }
  }

  @Test func withoutADeviationNothingChanges() {
    let plain = rows(source(0).batch([3, 1], epoch: 0))
    #expect(plain == [3, 1].map { row in (0..<width).map { Float((row * width + $0) % 7) } })
  }

  @Test func aSamplesNoiseDependsOnEpochAndIndexAlone() {
    let source = source(0.5)
    let both = rows(source.batch([3, 20], epoch: 1))
    #expect(rows(source.batch([20, 7, 3], epoch: 1)) == [both[1], rows(source.batch([7], epoch: 1))[0], both[0]])
    #expect(rows(source.batch([3, 20], epoch: 2)) != both)
    #expect(source.labels == (0..<count).map { UInt8($0 % 2) })
  }

  @Test func itHasTheDeviation() {
    let (noisy, plain) = (source(0.5).batch(Array(0..<count), epoch: 0), source(0).batch(Array(0..<count), epoch: 0))
    let differences = zip(rows(noisy).joined(), rows(plain).joined()).map { Double($0 - $1) }
    let number = Double(differences.count)
    let (mean, square) = (differences.reduce(0, +) / number, differences.reduce(0) { $0 + $1 * $1 } / number)
    // Of 2000 numbers of variance 0.25 the mean has a deviation of 0.0112, the mean square one of 0.25·√(2/2000),
    // 0.0079: five of each.
    #expect(abs(mean) < 0.056 && abs(square - 0.25) < 0.040)
  }
}
