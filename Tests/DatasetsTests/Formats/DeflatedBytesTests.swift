import Kernels
import Testing

@testable import Datasets

@Suite(.serialized) struct DeflatedBytesTests {
  /// Three parts that are compressed apart, the last one short.
  private let long: [UInt8] = {
    var generator = SplitMix64(seed: 60)
    let noise = generator.bytes(1 << 19, below: 3)
    return noise + Array(repeating: 7, count: 1 << 20) + noise + noise.prefix(100)
  }()

  @Test func aHeadAndTheBytesComeBack() throws {
    for bytes in compressorInputs.map(\.bytes) + [long] {
      let body = DeflatedBytes(bytes)
      for head in [[], [1, 2, 3], long.prefix(70_000).map { $0 }] {
        let file = Gzip.compress(head, body)
        #expect(try Gzip.decompress(file, limit: head.count + bytes.count) == head + bytes)
      }
    }
  }

  @Test func longInputsComeBack() throws {
    let stream = Deflate.compress(long)
    let result = try Inflate.decompress(stream, limit: long.count)
    #expect(result.bytes == long && result.consumed == stream.count)
  }

  @Test func theStreamDoesNotDependOnTheThreads() {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    Parallel.threads = 1
    let (stream, shared) = (Deflate.compress(long), Gzip.compress([], DeflatedBytes(long)))
    for threads in 2...3 {
      Parallel.threads = threads
      #expect(Deflate.compress(long) == stream && Gzip.compress([], DeflatedBytes(long)) == shared, "\(threads)")
    }
  }
}
