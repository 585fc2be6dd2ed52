import Testing

@testable import Kernels

struct RandomOrthogonalTests {
  private func draw(_ size: Int, _ seed: UInt64) -> SquareMatrix {
    .randomOrthogonal(size: size, random: RandomStream(seed: seed, name: "orthogonal"))
  }

  @Test(arguments: [1, 2, 4, 16, 33])
  func isOrthogonal(size: Int) {
    let q = draw(size, 3)
    let error = Double(size) * gamma(16 * size)
    let flat = SquareMatrix(size: size, values: [Double](repeating: error, count: size * size))
    #expect((q.transposed() * q).firstDifference(from: .identity(size: size), allowed: flat) == nil)
    #expect(q != draw(size == 1 ? 2 : size, 4))
  }

  /// Literal bits: they are the same on every machine, or this fails on one.
  @Test func bitsAreThoseOfEveryMachine() {
    let bits: [UInt64] = [
      4_598_701_542_641_886_848, 4_606_824_185_250_047_229, 13_830_196_222_104_823_037, 4_598_701_542_641_886_858,
    ]
    #expect(draw(2, 3).values.map(\.bitPattern) == bits)
  }

  /// Rotations and reflections are equally likely, and every entry's mean is zero with variance 1/n: within five
  /// standard deviations over 400 draws. Without the signs of R, the first entry would always be of one sign.
  @Test func isUniform() throws {
    let draws = (0..<400).map { draw(3, UInt64($0)) }
    let positive = try draws.filter { try LUDecomposition($0).sign > 0 }.count
    #expect(abs(positive - 200) <= 50)
    for place in 0..<9 {
      let mean = draws.reduce(0) { $0 + $1.values[place] } / 400
      let square = draws.reduce(0) { $0 + $1.values[place] * $1.values[place] } / 400
      #expect(abs(mean) <= 5 * (1.0 / 3 / 400).squareRoot())
      // x² of a uniform point on the 2-sphere has mean 1/3 and variance 4/45.
      #expect(abs(square - 1.0 / 3) <= 5 * (4.0 / 45 / 400).squareRoot())
    }
  }
}
