/// A JSON value.
///
/// Objects have sorted keys, so that the bytes do not depend on the order in which a command learns its numbers and two runs
/// can be compared line by line.
package enum MetricsValue: Equatable, Sendable {
  /// Unknown, or a number that JSON cannot write.
  case null
  /// true or false.
  case bool(Bool)
  /// An integer.
  case integer(Int)
  /// A number, written as the shortest decimal that reads back the same; NaN and infinities become null.
  case number(Double)
  /// Text.
  case text(String)
  /// Values in order.
  case array([MetricsValue])
  /// Values by name.
  case object([String: MetricsValue])

  /// A Float, written with the digits that a Float needs: 0.1, not 0.10000000149011612.
  package static func number(_ value: Float) -> MetricsValue { .number(Double(value.description) ?? .nan) }

  /// Numbers in order, such as a loss per epoch.
  package static func numbers(_ values: [Double]) -> MetricsValue { .array(values.map { .number($0) }) }

  /// Text, or null where it is unknown.
  package static func optional(_ value: String?) -> MetricsValue { value.map { .text($0) } ?? .null }

  /// An integer, or null where it is unknown.
  package static func optional(_ value: Int?) -> MetricsValue { value.map { .integer($0) } ?? .null }
}

extension MetricsValue: Encodable {
  /// Encodes the value itself, without its case's name.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
    case .text(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }
}

extension MetricsValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral
{
  /// true or false.
  package init(booleanLiteral value: Bool) { self = .bool(value) }

  /// An integer.
  package init(integerLiteral value: Int) { self = .integer(value) }

  /// A number.
  package init(floatLiteral value: Double) { self = .number(value) }

  /// Text.
  package init(stringLiteral value: String) { self = .text(value) }
}

extension MetricsValue: Decodable {
  /// Decodes any JSON value.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let values = try? container.decode([MetricsValue].self) {
      self = .array(values)
    } else {
      self = .object(try container.decode([String: MetricsValue].self))
    }
  }
}
