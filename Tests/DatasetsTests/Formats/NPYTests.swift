import Datasets
import Testing

@Suite struct NPYTests {
  /// The start of the file that `numpy.save` writes for an array of shape (2, 3).
  private let numpyHead: [UInt8] =
    [0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0]
    + Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".utf8)
    + [UInt8](repeating: 0x20, count: 58) + [0x0A]

  @Test func headersAreNumPys() {
    #expect(NPY.header(element: .float32, shape: [2, 3]) == numpyHead)
    func text(_ shape: [Int]) -> String {
      String(decoding: NPY.header(element: .uint8, shape: shape).dropFirst(10), as: UTF8.self)
    }
    #expect(text([]).hasPrefix("{'descr': '|u1', 'fortran_order': False, 'shape': (), } "))
    #expect(text([5]).hasPrefix("{'descr': '|u1', 'fortran_order': False, 'shape': (5,), } "))
    #expect(text([10_000_000, 100]).hasPrefix("{'descr': '|u1', 'fortran_order': False, 'shape': (10000000, 100), } "))
  }

  @Test func headersFillMultiplesOf64() {
    for digits in 0..<80 {
      let header = NPY.header(element: .int64, shape: Array(repeating: 1, count: digits))
      #expect(header.count % 64 == 0 && header.last == 0x0A)
      #expect(Int(header[8]) | Int(header[9]) << 8 == header.count - 10)
    }
  }

  @Test func roundTrips() throws {
    let arrays = [
      NPY(shape: [2, 3], [0, -0.0, 1.5, .infinity, .leastNonzeroMagnitude, -7] as [Float]),
      NPY(shape: [], [3] as [Float]),
      NPY(shape: [3], [1, .min, .max] as [Int64]), NPY(element: .uint8, shape: [2, 2, 1], payload: [1, 2, 3, 255]),
      NPY(shape: [0, 4], [] as [Float]),
    ]
    for array in arrays { #expect(try NPY.decode(array.encode()) == array) }
    #expect(arrays[0].floats == [0, -0.0, 1.5, .infinity, .leastNonzeroMagnitude, -7])
    #expect(arrays[0].payload == NPY.payload(arrays[0].floats))
    #expect(arrays[2].payload == hex("01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 80 ff ff ff ff ff ff ff 7f"))
  }

  @Test func elementsAreNumPys() throws {
    // numpy.array([1, -2, 2**31 - 1], '<i4').tobytes() and numpy.array([0.1, -inf], '<f8').tobytes()
    let small = NPY(element: .int32, shape: [3], payload: hex("01 00 00 00 fe ff ff ff ff ff ff 7f"))
    #expect(small.integers == [1, -2, 2_147_483_647])
    let double = NPY(
      element: .float64, shape: [2], payload: hex("9a 99 99 99 99 99 b9 3f 00 00 00 00 00 00 f0 ff"))
    #expect(double.doubles == [0.1, -.infinity])
    for array in [small, double] { #expect(try NPY.decode(array.encode()) == array) }
    #expect(NPY(shape: [3], [1, .min, .max] as [Int64]).integers == [1, .min, .max])
    #expect(NPY(element: .uint8, shape: [2], payload: [0, 255]).integers == [0, 255])
    #expect(NPY(shape: [2], [0.5, -3] as [Float]).doubles == [0.5, -3])
  }

  @Test func damagedFiles() throws {
    let array = NPY(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Float])
    try fuzz(array.encode(), seed: 40, rounds: 2_000, accepts: { $0.payload.count <= 24 }) { try NPY.decode($0) }
  }
}
