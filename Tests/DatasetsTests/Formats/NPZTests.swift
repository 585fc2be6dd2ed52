import Datasets
import Testing

@Suite struct NPZTests {
  @Test func isAZipOfNPYFiles() throws {
    let arrays = [
      (name: "points", array: NPY(shape: [2], [1, 2] as [Float])),
      (name: "labels", array: NPY(shape: [2], [0, 1] as [Int64])),
    ]
    var archive = ZipWriter()
    try archive.add(name: "points.npy", contents: arrays[0].array.encode())
    try archive.add(name: "labels.npy", contents: arrays[1].array.encode())
    #expect(try NPZ.encode(arrays) == archive.finish())
  }

  @Test func compressedPayloadsGetTheHeadersOfNPY() throws {
    let payload = DeflatedBytes([1, 2, 3, 4, 5, 6])
    var archive = ZipWriter()
    try archive.add(name: "x.npy", head: NPY.header(element: .uint8, shape: [3, 2]), body: payload)
    #expect(try NPZ.encode([(name: "x", shape: [3, 2], payload: payload)]) == archive.finish())
  }
}
