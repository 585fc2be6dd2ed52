import Kernels
import Testing

@testable import Datasets
@testable import Tools

@Suite struct ImageBatchTests {
  private let batch = ImageBatch(height: 2, width: 3, paddedHeight: 4, paddedWidth: 8)
  private let images = LabelledImages(
    height: 2, width: 3, classes: 2, pixels: [1, 2, 3, 4, 5, 255, 7, 8, 9, 10, 11, 12], labels: [0, 1])

  /// A sample's bytes, frame and all.
  private func bytes(_ x: Activation, _ sample: Int) -> [[Int]] {
    (0..<x.height).map { row in (0..<x.width).map { Int((x[sample, row, $0, 0] * 256).rounded(.down)) } }
  }

  @Test func imagesLieInTheMiddleAtTheMiddleOfTheirBins() {
    let x = batch.activation(images, [1, 0])
    let none = [Int](repeating: 0, count: 8)
    #expect(bytes(x, 1) == [none, [0, 0, 1, 2, 3, 0, 0, 0], [0, 0, 4, 5, 255, 0, 0, 0], none])
    #expect(bytes(x, 0) == [none, [0, 0, 7, 8, 9, 0, 0, 0], [0, 0, 10, 11, 12, 0, 0, 0], none])
    #expect(x[1, 2, 4, 0] == 255.5 / 256 && x[1, 0, 0, 0] == 0.5 / 256)
  }

  @Test func bytesComeBack() {
    let all = LabelledImages(
      height: 16, width: 16, classes: 1, pixels: (0..<256).map { UInt8($0) }, labels: [0])
    let batch = ImageBatch(height: 16, width: 16, paddedHeight: 32, paddedWidth: 16)
    let noise = ImageBatch.Augmentation(seed: 1, epoch: 0, dequantises: true, shift: 0)
    let (plain, noisy) = (batch.activation(all, [0]), batch.activation(all, [0], augmentation: noise))
    #expect(batch.images(plain) == [all.pixels] && batch.images(noisy) == [all.pixels])
    #expect(batch.quantised(noisy).largestDifference(from: plain) == 0)
    // Uniform within a bin: mean 1/2, variance 1/12, of 512 numbers.
    let places = noisy.matrix().values.map { ($0 * 256) - ($0 * 256).rounded(.down) }
    let mean = places.reduce(0, +) / 512
    let variance = places.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 512
    #expect(abs(mean - 0.5) < 0.06 && abs(variance - 1.0 / 12) < 0.02)
  }

  @Test(arguments: [0, 1, 127, 128, 255] as [UInt8])
  func noPlaceIsRoundedOutOfItsBin(byte: UInt8) {
    let last = ImageBatch.value(byte, 1 - 0x1p-24)
    #expect(last < (Float(byte) + 1) / 256 && last > (Float(byte) + 0.999) / 256)
    #expect(ImageBatch.value(byte, 0) == Float(byte) / 256)
  }

  @Test func whatIsNoPixelIsCutOff() {
    var x = batch.activation(images, [0])
    for (column, value) in [-3, 1, Float.nan].enumerated() { x[0, 1, 2 + column, 0] = value }
    for (column, value) in [Float.infinity, -Float.infinity, 0.999].enumerated() { x[0, 2, 2 + column, 0] = value }
    #expect(batch.images(x) == [[0, 255, 0, 255, 0, 255]])
  }

  @Test func shiftsMoveTheContentAndBringBlack() {
    let many = LabelledImages(
      height: 2, width: 3, classes: 1, pixels: (0..<200).flatMap { _ in [1, 2, 3, 4, 5, 6] as [UInt8] },
      labels: [UInt8](repeating: 0, count: 200))
    let shifts = ImageBatch.Augmentation(seed: 3, epoch: 2, dequantises: false, shift: 3)
    let x = batch.activation(many, Array(0..<200), augmentation: shifts)
    var seen: Set<[Int]> = []
    for sample in 0..<200 {
      let (down, right) = shifts.offset(index: sample)
      seen.insert([down, right])
      var expected = [[Int]](repeating: [Int](repeating: 0, count: 8), count: 4)
      for pixel in 0..<6 {
        let (row, column) = (1 + down + pixel / 3, 2 + right + pixel % 3)
        if (0..<4).contains(row) && (0..<8).contains(column) { expected[row][column] = pixel + 1 }
      }
      #expect(bytes(x, sample) == expected)
    }
    // 49 moves, 200 draws: about 48 of them are seen.
    #expect(seen.count > 40)
    #expect(seen.allSatisfy { abs($0[0]) <= 3 && abs($0[1]) <= 3 })
  }

  @Test func aSampleDependsOnSeedEpochAndIndexAlone() {
    func sample(_ indices: [Int], _ place: Int, seed: UInt64 = 1, epoch: Int = 4) -> [Float] {
      let augmentation = ImageBatch.Augmentation(seed: seed, epoch: epoch, dequantises: true, shift: 2)
      let x = batch.activation(images, indices, augmentation: augmentation)
      return Array(x.matrix().values[(place * 32)..<((place + 1) * 32)])
    }
    #expect(sample([1], 0) == sample([0, 0, 1], 2))
    #expect(sample([1], 0) != sample([1], 0, epoch: 5))
    #expect(sample([1], 0) != sample([1], 0, seed: 2))
    // Two images alike at two indices are not treated alike.
    let twice = LabelledImages(
      height: 2, width: 3, classes: 1, pixels: [UInt8](repeating: 9, count: 12), labels: [0, 0])
    let noise = ImageBatch.Augmentation(seed: 1, epoch: 4, dequantises: true, shift: 0)
    let x = batch.activation(twice, [0, 1], augmentation: noise).matrix().values
    #expect(x[..<32] != x[32...])
  }
}
