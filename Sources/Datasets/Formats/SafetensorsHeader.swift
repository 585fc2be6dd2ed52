/// The JSON that heads a safetensors file: an object with an entry for each tensor, and perhaps one of metadata.
struct SafetensorsHeader: Codable {
  static let metadataKey = "__metadata__"

  /// A tensor's entry. The properties have the names that the format gives them.
  struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    /// The first byte within the data, and the one after the last.
    var data_offsets: [Int]

    init(dtype: String, shape: [Int], data_offsets: [Int]) {
      self.dtype = dtype
      self.shape = shape
      self.data_offsets = data_offsets
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      guard Set(container.allKeys.map(\.stringValue)) == ["dtype", "shape", "data_offsets"] else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "an entry has dtype, shape and data_offsets"))
      }
      dtype = try container.decode(String.self, forKey: Key("dtype"))
      shape = try container.decode([Int].self, forKey: Key("shape"))
      data_offsets = try container.decode([Int].self, forKey: Key("data_offsets"))
    }
  }

  /// A key that may be any string.
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  var metadata: [String: String]?
  var entries: [String: Entry] = [:]

  init(metadata: [String: String]?) {
    self.metadata = metadata
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys {
      if key.stringValue == Self.metadataKey {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    if let metadata { try container.encode(metadata, forKey: Key(Self.metadataKey)) }
    for (name, entry) in entries { try container.encode(entry, forKey: Key(name)) }
  }
}
