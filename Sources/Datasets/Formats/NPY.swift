/// An array in NumPy's `.npy` format, in C order.
public struct NPY: Equatable, Sendable {
  /// The types of element that are read and written; the raw value is NumPy's descriptor.
  public enum Element: String, CaseIterable, Sendable {
    /// 32-bit IEEE floats.
    case float32 = "<f4"
    /// 64-bit IEEE floats.
    case float64 = "<f8"
    /// Unsigned bytes.
    case uint8 = "|u1"
    /// 32-bit signed integers.
    case int32 = "<i4"
    /// 64-bit signed integers.
    case int64 = "<i8"

    /// Bytes of one element.
    public var size: Int {
      switch self {
      case .uint8: 1
      case .float32, .int32: 4
      case .float64, .int64: 8
      }
    }

    /// Whether elements are integers.
    public var isInteger: Bool { self == .uint8 || self == .int32 || self == .int64 }
  }

  /// The type of the elements.
  public let element: Element
  /// The dimensions, outermost first; none for a single number.
  public let shape: [Int]
  /// The elements, least significant byte first, the last dimension varying fastest.
  public let payload: [UInt8]

  /// An array whose `payload` has as many bytes as `shape` and `element` ask for.
  public init(element: Element, shape: [Int], payload: [UInt8]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "a negative dimension in \(shape)")
    precondition(
      payload.count == shape.reduce(element.size, *),
      "\(payload.count) bytes for elements \(element.rawValue) of shape \(shape)")
    self.element = element
    self.shape = shape
    self.payload = payload
  }

  /// An array of floats.
  public init(shape: [Int], _ values: [Float]) {
    self.init(element: .float32, shape: shape, payload: Self.payload(values))
  }

  /// An array of integers.
  public init(shape: [Int], _ values: [Int64]) {
    var writer = ByteWriter()
    for value in values { writer.littleEndian(value) }
    self.init(element: .int64, shape: shape, payload: writer.bytes)
  }

  /// The elements of an array of floats.
  public var floats: [Float] {
    precondition(element == .float32, "elements \(element.rawValue) are not floats")
    return Datasets.floats(littleEndian: payload[...])
  }

  /// The elements of an array of integers.
  public var integers: [Int64] {
    precondition(element.isInteger, "elements \(element.rawValue) are no integers")
    switch element {
    case .uint8: return payload.map { Int64($0) }
    case .int32: return words.map { Int64(Int32(truncatingIfNeeded: $0)) }
    default: return words.map { Int64(bitPattern: $0) }
    }
  }

  /// The elements of an array of floats of either size.
  public var doubles: [Double] {
    precondition(!element.isInteger, "elements \(element.rawValue) are not floats")
    return element == .float32 ? floats.map { Double($0) } : words.map { Double(bitPattern: $0) }
  }

  /// Every element's bits.
  private var words: [UInt64] {
    let (bytes, size) = (payload, element.size)
    return (0..<(bytes.count / size)).map { index in
      (0..<size).reduce(0) { $0 | UInt64(bytes[index * size + $1]) << UInt64(8 * $1) }
    }
  }

  /// The payload of an array of floats, or of a piece of one, to be written after `header(element:shape:)`.
  public static func payload(_ values: [Float]) -> [UInt8] {
    var writer = ByteWriter()
    writer.littleEndian(values)
    return writer.bytes
  }

  /// The head of a file, a multiple of 64 bytes long; the elements' bytes are to follow it.
  public static func header(element: Element, shape: [Int]) -> [UInt8] {
    precondition(shape.allSatisfy { $0 >= 0 }, "a negative dimension in \(shape)")
    let sizes = shape.map(String.init).joined(separator: ", ")
    // Python writes a tuple of one element with a comma.
    let tuple = shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = Array("{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    // Magic and version take 8 bytes, the length 2, the newline 1.
    text += repeatElement(UInt8(ascii: " "), count: 63 - (text.count + 10) % 64)
    text.append(UInt8(ascii: "\n"))
    precondition(text.count <= Int(UInt16.max), "a shape of \(shape.count) dimensions is too long for a header")
    var writer = ByteWriter()
    writer.append(magic + [1, 0])
    writer.littleEndian(UInt16(text.count))
    writer.append(text)
    return writer.bytes
  }

  /// The whole file.
  public func encode() -> [UInt8] {
    Self.header(element: element, shape: shape) + payload
  }

  /// Decodes a whole file of version 1 or 2.
  ///
  /// - Throws: on anything but a well-formed header of one of the element types, in C order, with a payload of exactly
  ///   the size it asks for.
  public static func decode(_ bytes: [UInt8]) throws(FormatError) -> NPY {
    var reader = ByteReader(bytes, format: "NPY")
    let found = try reader.take(6, "magic number")
    guard found.elementsEqual(magic) else {
      throw reader.error(at: 0, expected: "magic number \(magic)", found: "\(Array(found))")
    }
    let major = try reader.littleEndian(UInt8.self, "version")
    let minor = try reader.littleEndian(UInt8.self, "version")
    guard (1...2).contains(major) && minor == 0 else {
      throw reader.error(at: 6, expected: "version 1.0 or 2.0", found: "\(major).\(minor)")
    }
    let length =
      try major == 1
      ? Int(reader.littleEndian(UInt16.self, "header length")) : Int(reader.littleEndian(UInt32.self, "header length"))
    guard length <= longestHeader else {
      throw reader.error(
        at: 8, expected: "a header of at most \(longestHeader) bytes", found: "\(length)")
    }
    let start = reader.offset
    var parser = NPYHeader(try reader.take(length, "header"), offset: start)
    let (element, shape) = try parser.parse()

    var size = element.size
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw reader.error(at: start, expected: "a shape that fits memory", found: "\(shape)")
      }
      size = product
    }
    guard reader.remaining == size else {
      throw reader.error(
        expected: "\(size) bytes for elements \(element.rawValue) of shape \(shape)",
        found: "\(reader.remaining)")
    }
    return NPY(element: element, shape: shape, payload: Array(try reader.take(size, "elements")))
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let longestHeader = 65_535
}
