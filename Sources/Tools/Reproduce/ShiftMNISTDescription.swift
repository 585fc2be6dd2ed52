import Datasets
import ToolSupport

/// What `manifest.json` of a folder of shiftMNIST says about its shortcut.
struct ShiftMNISTDescription {
  /// The two kinds.
  enum Shortcut {
    /// A pixel whose row is the class.
    case code(BinaryShift)
    /// Textures by name, in the order of the classes.
    case textures([String])
  }

  let path: String
  let shortcut: Shortcut
  let seed: UInt64

  /// Reads the manifest.
  ///
  /// - Throws: `FileError` where it is missing or is no such file.
  init(folder: String) throws {
    let path = folder.hasSuffix("/") ? "\(folder)manifest.json" : "\(folder)/manifest.json"
    self.path = path
    let metrics = try Metrics(contentsOf: path)
    guard case .text(let text) = metrics["seed"], let seed = UInt64(text) else {
      throw Self.fault(path, "seed", "a seed")
    }
    self.seed = seed
    switch metrics["variant"] {
    case "binary": shortcut = .code(try Self.code(metrics, path))
    case "texture": shortcut = .textures(try Self.textures(metrics, path))
    default: throw Self.fault(path, "variant", "\"binary\" or \"texture\"")
    }
  }

  private static func code(_ metrics: Metrics, _ path: String) throws(FileError) -> BinaryShift {
    func integer(_ name: String, atLeast low: Int) throws(FileError) -> Int {
      guard case .integer(let value) = metrics["parameters.\(name)"], (low...65_535).contains(value) else {
        throw fault(path, "parameters.\(name)", "an integer from \(low) to 65535")
      }
      return value
    }
    return BinaryShift(
      column: try integer("code_column", atLeast: 0), firstRow: try integer("code_first_row", atLeast: 0),
      rowStep: try integer("code_row_step", atLeast: 1))
  }

  private static func textures(_ metrics: Metrics, _ path: String) throws(FileError) -> [String] {
    guard case .array(let labels) = metrics["textures.labels"] else {
      throw fault(path, "textures.labels", "a list of textures")
    }
    var names: [String] = []
    for label in labels {
      guard case .object(let values) = label, case .text(let name) = values["texture"] else {
        throw fault(path, "textures.labels", "textures with names")
      }
      names.append(name)
    }
    return names
  }

  private static func fault(_ path: String, _ key: String, _ expected: String) -> FileError {
    FileError("use", path, reason: "expected \(expected) as \(key) (`Tools build-shiftmnist` writes it)")
  }
}
