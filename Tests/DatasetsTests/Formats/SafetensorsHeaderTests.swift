import Foundation
import Testing

@testable import Datasets

@Suite struct SafetensorsHeaderTests {
  @Test func metadataIsNoEntry() throws {
    let text = #"{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    let header = try JSONDecoder().decode(SafetensorsHeader.self, from: Data(text.utf8))
    #expect(header.metadata == ["k": "v"])
    #expect(Array(header.entries.keys) == ["w"])
    #expect(header.entries["w"]?.shape == [2] && header.entries["w"]?.data_offsets == [0, 8])
  }

  @Test func noMetadataIsLeftOut() throws {
    let encoder = JSONEncoder()
    #expect(try String(decoding: encoder.encode(SafetensorsHeader(metadata: nil)), as: UTF8.self) == "{}")
  }
}
