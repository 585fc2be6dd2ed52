import Datasets
import Testing

@Suite struct SafetensorsTests {
  private let sample = Safetensors(
    metadata: ["seed": "7", "note": "a/b \"q\" é\n"],
    tensors: [
      .init(name: "z.w", shape: [2, 3], values: [1, -0.0, 3, 4, .infinity, .leastNonzeroMagnitude]),
      .init(name: "a", shape: [], values: [9]),
      .init(name: "none", shape: [0, 5], values: []),
    ])

  /// A file with the header `text`, not padded, and `size` bytes of data.
  private func file(_ text: String, size: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) } + Array(text.utf8)
      + [UInt8](repeating: 0, count: size)
  }

  @Test func theLayoutIsTheFormats() {
    let text = #"{"__metadata__":{"k":"a/b"},"b":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}}"#
    let encoded = Safetensors(metadata: ["k": "a/b"], tensors: [.init(name: "b", shape: [2], values: [1, -2.5])])
      .encode()
    let padding = String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    #expect(encoded == Array(file(text + padding, size: 0)) + hex("00 00 80 3f 00 00 20 c0"))
    #expect(encoded.count % 8 == 0)
  }

  @Test func roundTrips() throws {
    #expect(try Safetensors.decode(sample.encode()) == sample)
    #expect(sample.encode() == sample.encode())
    let empty = Safetensors(tensors: [])
    #expect(try Safetensors.decode(empty.encode()) == empty)
    // The order is kept even where it is not the names'.
    let many = Safetensors(
      tensors: (0..<50).map {
        .init(name: "t\($0 * 7 % 50)", shape: [$0 + 1], values: Array(repeating: Float($0), count: $0 + 1))
      })
    #expect(try Safetensors.decode(many.encode()) == many)
  }

  @Test func foreignHeadersAreAccepted() throws {
    // As the reference implementation writes it: another order of keys, and padding.
    let b = #""b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}"#
    let a = #""a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}"#
    let text = "{\(b),\(a)}   "
    let decoded = try Safetensors.decode(file(text, size: 12))
    #expect(decoded.metadata.isEmpty)
    #expect(decoded.tensors.map(\.name) == ["a", "b"] && decoded.tensors.map(\.shape) == [[], [1, 2]])
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, 8, "I64"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "[4, 8]"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 8, "[0, 4]"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "[4, 8]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      12, "[8, 12]"
    ),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, 8, "8 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8, "4 bytes more"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "[-1]"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "4611686018427387904"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}}"#, 4, "[0, 2, 4]"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[]}}"#, 4, "[]"),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "invalid"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "an invalid entry at a"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "an invalid entry at a"),
    (#"{"__metadata__":{"k":1}}"#, 0, "an invalid entry at __metadata__"),
    (#"{"a":"#, 0, "invalid JSON"), (#" {}"#, 0, "byte 32"), ("", 0, "an empty one"), ("[]", 0, "byte 91"),
  ]) func badHeaders(text: String, size: Int, found: String) {
    let error = #expect(throws: FormatError.self) { try Safetensors.decode(file(text, size: size)) }
    #expect(error?.found.contains(found) == true, "\(error?.description ?? "")")
  }

  @Test func hugeHeadersAreRejectedUnread() {
    for length in ["00 00 00 01 01 00 00 00", "ff ff ff ff ff ff ff ff", "01 00 00 01 00 00 00 00"] {
      let error = #expect(throws: FormatError.self) { try Safetensors.decode(hex(length) + [0x7B]) }
      #expect(error?.offset == 0)
    }
  }

  @Test func deepNestingIsRejected() {
    let text = #"{"a":"# + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
    #expect(throws: FormatError.self) { try Safetensors.decode(file(text, size: 0)) }
  }

  @Test func damagedFiles() throws {
    try fuzz(sample.encode(), seed: 70) { try Safetensors.decode($0) }
  }
}
