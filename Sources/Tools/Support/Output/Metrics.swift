import Foundation

/// What a run measured: a JSON object filled by dotted paths.
package struct Metrics: Equatable, Sendable {
  private var root: [String: MetricsValue] = [:]

  /// An empty object.
  package init() {}

  /// The value at a dotted path such as "classifier.train_accuracy"; `null` where there is none.
  ///
  /// Setting makes the objects on the way. A path with an empty part, or through a value that is no object, is a mistake in the
  /// command and traps.
  package subscript(path: String) -> MetricsValue {
    get {
      Metrics.parts(path).reduce(.object(root)) { value, name in
        if case .object(let values) = value { values[name] ?? .null } else { .null }
      }
    }
    set { Metrics.set(newValue, at: Metrics.parts(path)[...], in: &root, path: path) }
  }

  /// The whole object, to be put into another.
  package var value: MetricsValue { .object(root) }

  /// The object as indented JSON text in UTF-8, keys sorted, ended by a line break: the same bytes for the same values.
  package func json() -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard var bytes = try? encoder.encode(MetricsValue.object(root)) else {
      preconditionFailure("every MetricsValue has a JSON form")
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private static func parts(_ path: String) -> [String] {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    precondition(!parts.contains(""), "metrics path \"\(path)\" has an empty part")
    return parts
  }

  private static func set(
    _ value: MetricsValue, at parts: ArraySlice<String>, in object: inout [String: MetricsValue], path: String
  ) {
    guard let name = parts.first else { return }
    guard parts.count > 1 else { return object[name] = value }
    var inner: [String: MetricsValue] = [:]
    if let existing = object[name] {
      guard case .object(let values) = existing else {
        preconditionFailure("metrics path \"\(path)\" goes through a value")
      }
      inner = values
    }
    set(value, at: parts.dropFirst(), in: &inner, path: path)
    object[name] = .object(inner)
  }
}
