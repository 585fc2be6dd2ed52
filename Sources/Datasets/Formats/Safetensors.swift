import Foundation

/// The safetensors format, for named tensors of 32-bit floats and text metadata.
///
///     0  N                 64 bits, least significant byte first
///     8  N bytes of JSON   for each tensor its type, shape and range of the data; padded with spaces
///        data              the tensors one after another, without gaps
public struct Safetensors: Equatable, Sendable {
  /// A named tensor of floats.
  public struct Tensor: Equatable, Sendable {
    /// The name, unique within a file.
    public let name: String
    /// The dimensions, outermost first; none for a single number.
    public let shape: [Int]
    /// The elements, the last dimension varying fastest.
    public let values: [Float]

    /// A tensor with as many values as its shape asks for.
    public init(name: String, shape: [Int], values: [Float]) {
      precondition(shape.allSatisfy { $0 >= 0 }, "a negative dimension in \(shape) of \(name)")
      precondition(values.count == shape.reduce(1, *), "\(values.count) values for \(name) of shape \(shape)")
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  private static let format = "safetensors"
  /// The longest header read. A real one has about a hundred bytes a tensor.
  private static let longestHeader = 1 << 24

  /// Text by keyword.
  public let metadata: [String: String]
  /// The tensors in the order of their data.
  public let tensors: [Tensor]

  /// A file of tensors with distinct names, none of which is `__metadata__`.
  public init(metadata: [String: String] = [:], tensors: [Tensor]) {
    let names = Set(tensors.map(\.name))
    precondition(names.count == tensors.count, "two tensors have the same name")
    precondition(!names.contains(SafetensorsHeader.metadataKey), "a tensor named \(SafetensorsHeader.metadataKey)")
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The whole file. The same contents give the same bytes. Cost: linear.
  public func encode() -> [UInt8] {
    var header = SafetensorsHeader(metadata: metadata.isEmpty ? nil : metadata)
    var end = 0
    for tensor in tensors {
      let start = end
      end += 4 * tensor.values.count
      header.entries[tensor.name] = .init(dtype: "F32", shape: tensor.shape, data_offsets: [start, end])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var text = try? [UInt8](encoder.encode(header)) else {
      preconditionFailure("strings and integers cannot be written as JSON")
    }
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)

    var writer = ByteWriter()
    writer.bytes.reserveCapacity(8 + text.count + end)
    writer.littleEndian(UInt64(text.count))
    writer.append(text)
    for tensor in tensors { writer.littleEndian(tensor.values) }
    return writer.bytes
  }

  /// Decodes a whole file.
  ///
  /// Tensors come in the order of their data; those without elements, which have no place there, by name.
  /// - Throws: on a malformed header, one beyond 16 MiB, a type other than F32, and ranges that do not cover the data
  ///   exactly, without gaps or overlaps, each as long as its shape asks for.
  public static func decode(_ bytes: [UInt8]) throws(FormatError) -> Safetensors {
    var reader = ByteReader(bytes, format: format)
    let length = try reader.littleEndian(UInt64.self, "header length")
    guard length <= UInt64(longestHeader) else {
      throw reader.error(
        at: 0, expected: "a header of at most \(longestHeader) bytes", found: "\(length)")
    }
    let text = try reader.take(Int(length), "header")
    guard text.first == UInt8(ascii: "{") else {
      throw reader.error(
        at: 8, expected: "a header that begins with {", found: text.first.map { "byte \($0)" } ?? "an empty one")
    }
    let header: SafetensorsHeader
    do {
      header = try JSONDecoder().decode(SafetensorsHeader.self, from: Data(text))
    } catch {
      throw reader.error(
        at: 8, expected: "a header of tensors with dtype, shape and data_offsets", found: summary(of: error))
    }

    let dataStart = reader.offset
    var tensors: [Tensor] = []
    let ordered = header.entries.sorted {
      ($0.value.data_offsets.first ?? 0, $0.value.data_offsets.last ?? 0, $0.key)
        < ($1.value.data_offsets.first ?? 0, $1.value.data_offsets.last ?? 0, $1.key)
    }
    for (name, entry) in ordered {
      guard entry.dtype == "F32" else {
        throw reader.error(at: 8, expected: "dtype F32 for tensor \(name)", found: "\"\(entry.dtype)\"")
      }
      let size = try byteCount(of: entry.shape, name, reader)
      let start = reader.offset - dataStart
      let (end, overflow) = start.addingReportingOverflow(size)
      guard !overflow, entry.data_offsets == [start, end] else {
        throw reader.error(
          expected: "data_offsets from \(start), \(size) bytes long, for tensor \(name) of shape \(entry.shape)",
          found: "\(entry.data_offsets)")
      }
      let data = try reader.take(size, "tensor \(name)")
      tensors.append(Tensor(name: name, shape: entry.shape, values: floats(littleEndian: data)))
    }
    guard reader.remaining == 0 else {
      throw reader.error(expected: "the end of the data", found: "\(reader.remaining) bytes more")
    }
    return Safetensors(metadata: header.metadata ?? [:], tensors: tensors)
  }

  private static func byteCount(
    of shape: [Int], _ name: String, _ reader: ByteReader
  ) throws(FormatError) -> Int {
    var size = 4
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else {
        throw reader.error(at: 8, expected: "a shape of tensor \(name) that fits memory", found: "\(shape)")
      }
      size = product
    }
    return size
  }

  private static func summary(of error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "invalid JSON" : "an invalid entry at \(path)"
    default: return "invalid JSON"
    }
  }
}
