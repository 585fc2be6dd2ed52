import Kernels
import Testing

@testable import Datasets

@Suite struct DigitsTests {
  private let digits = Digits(seed: 3)

  /// Centre of mass and bounding box of an image's ink.
  private func ink(
    _ image: ArraySlice<UInt8>
  ) -> (mass: Double, x: Double, y: Double, left: Int, right: Int, top: Int, bottom: Int) {
    var (mass, x, y) = (0.0, 0.0, 0.0)
    var (left, right, top, bottom) = (28, -1, 28, -1)
    for (index, value) in image.enumerated() where value > 0 {
      mass += Double(value)
      x += Double(value) * Double(index % 28)
      y += Double(value) * Double(index / 28)
      (left, right) = (min(left, index % 28), max(right, index % 28))
      (top, bottom) = (min(top, index / 28), max(bottom, index / 28))
    }
    return (mass, x / mass, y / mass, left, right, top, bottom)
  }

  @Test func everyTenHoldsEveryDigit() {
    let labels = digits.samples(0..<2000, of: .train).labels
    var places = Set<Int>()
    for ten in 0..<200 {
      #expect(labels[(10 * ten)..<(10 * ten + 10)].sorted() == Array(0...9))
      places.insert(labels[(10 * ten)..<(10 * ten + 10)].firstIndex(of: 7).map { $0 - 10 * ten } ?? -1)
    }
    #expect(places == Set(0..<10))
  }

  @Test func aSampleDependsOnItsIndexAlone() {
    let whole = digits.samples(0..<1100, of: .test)
    for range in [7..<31, 1003..<1100, 40..<40, 1021..<1027] {
      let part = digits.samples(range, of: .test)
      #expect(part.labels == Array(whole.labels[range]))
      #expect(part.pixels == Array(whole.pixels[(784 * range.lowerBound)..<(784 * range.upperBound)]))
    }
  }

  @Test func splitsAndSeedsDiffer() {
    let train = digits.samples(0..<50, of: .train)
    let test = digits.samples(0..<50, of: .test)
    let other = Digits(seed: 4).samples(0..<50, of: .train)
    let images = [train, test, other].flatMap { set in (0..<50).map { Array(set.image($0)) } }
    #expect(Set(images).count == 150)
    #expect(train.labels != test.labels && train.labels != other.labels)
  }

  /// Written down from one machine: the bytes are the same on every other.
  @Test func theBytesArePinned() {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    for threads in [1, 3] {
      Parallel.threads = threads
      let set = Digits(seed: 0).samples(0..<1500, of: .train)
      #expect(crc32(set.pixels) == 141_210_420)
      #expect(Array(set.labels[..<10]) == [6, 0, 3, 2, 8, 9, 7, 1, 5, 4])
    }
  }

  @Test func digitsFollowTheConventions() {
    let count = 10_000
    let set = digits.samples(0..<count, of: .train)
    #expect(set.height == 28 && set.width == 28 && set.classes == 10 && set.count == count)
    var mean = 0.0
    var reach = 0
    for index in 0..<set.count {
      let ink = ink(set.image(index))
      mean += ink.mass / 784 / Double(count)
      // The outermost pixels are black.
      #expect(ink.left >= 1 && ink.top >= 1 && ink.right <= 26 && ink.bottom <= 26, "sample \(index)")
      // The box is 20 × 1.02 at most; a line's soft edge adds a pixel or so to each side, its swelling less than one.
      let size = max(ink.right - ink.left, ink.bottom - ink.top) + 1
      #expect((16...24).contains(size), "sample \(index): \(size)")
      reach = max(reach, size)
      // A shift of at most one pixel, half a pixel for what crossing strokes are counted twice, and the margin's push.
      #expect(abs(ink.x - 13.5) < 2.5 && abs(ink.y - 13.5) < 2.5, "sample \(index)")
      // The thinnest pen, of radius 0.76 less a fifth, with the softest edge, 1.6: white is 0.61/1.6 + 0.5 of 255.
      #expect((set.image(index).max() ?? 0) >= 224, "sample \(index)")
    }
    // MNIST's mean is 33.3.
    #expect((25...40).contains(mean), "\(mean)")
    #expect(reach > 20)
  }

  /// What makes them digits: the nearest class mean of other samples tells most of them, chance being 10 %.
  @Test func digitsOfAClassAreAlike() {
    let train = digits.samples(0..<2000, of: .train)
    let test = digits.samples(0..<500, of: .test)
    var means = [[Double]](repeating: [Double](repeating: 0, count: 784), count: 10)
    for index in 0..<train.count {
      for (place, value) in train.image(index).enumerated() {
        means[Int(train.labels[index])][place] += Double(value) / 200
      }
    }
    let right = (0..<test.count).count { index in
      let image = test.image(index).map(Double.init)
      let distances = means.map { mean in zip(mean, image).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
      return distances.firstIndex(of: distances.min() ?? 0) == Int(test.labels[index])
    }
    #expect(right > 400, "\(right) of 500")
    #expect(right < 500, "\(right) of 500: the hands do not vary")
  }

  @Test func handsVaryWithinAClass() {
    let set = digits.samples(0..<2000, of: .train)
    for digit in 0..<10 {
      let masses = (0..<set.count).filter { Int(set.labels[$0]) == digit }.map { ink(set.image($0)).mass }
      #expect((masses.max() ?? 0) > 1.6 * (masses.min() ?? 0), "digit \(digit)")
    }
  }

  @Test func skeletonsAreWellFormed() {
    #expect(DigitSkeleton.variants.count == Digits.classes)
    for skeleton in DigitSkeleton.variants.joined() {
      // A hand has two numbers for each point.
      #expect(2 * skeleton.points.count <= 62)
      #expect(skeleton.strokes.allSatisfy { $0.count >= 2 })
      for point in skeleton.points {
        #expect(point.x >= 0 && point.x <= 100 && point.y >= 0 && point.y <= 100)
      }
    }
  }

  @Test func aHorizontalLineIsDrawnExactly() {
    // A line through the middles of row 4 and 1 pixel to each side is half grey at its edges, with a fade of 1 pixel.
    let path = DigitPath(
      points: [SIMD2(2.5, 4.5), SIMD2(6.5, 4.5)], starts: [0], radius: 1, swelling: 0, softness: 1)
    var pixels = [UInt8](repeating: 0, count: 100)
    path.draw(into: &pixels[...], side: 10)
    for y in 0..<10 {
      for x in 3..<6 {
        #expect(pixels[10 * y + x] == (y == 4 ? 255 : abs(y - 4) == 1 ? 128 : 0), "\(x), \(y)")
      }
    }
    // Round ends: the pixel beyond an end is half grey, those diagonal to it are √2 away from the end.
    #expect(pixels[47] == 128 && pixels[48] == 0 && pixels[41] == 128 && pixels[40] == 0)
    #expect(pixels[57] == UInt8((1 - 2.0.squareRoot() + 0.5) * 255 + 0.5))
  }

  @Test func strokesAreNotJoined() {
    let points: [SIMD2<Float>] = [SIMD2(1.5, 1.5), SIMD2(1.5, 3.5), SIMD2(8.5, 8.5), SIMD2(8.5, 6.5)]
    let path = DigitPath(points: points, starts: [0, 2], radius: 0.8, swelling: 0, softness: 1)
    var pixels = [UInt8](repeating: 0, count: 100)
    path.draw(into: &pixels[...], side: 10)
    #expect(pixels[11] == 255 && pixels[88] == 255 && pixels[68] == 255)
    #expect(pixels[55] == 0 && pixels[66] == 0)
  }
}
