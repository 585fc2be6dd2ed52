import Datasets
import Foundation
import ToolSupport

/// A folder that holds images and labels in four IDX files, plain or gzipped.
struct ImageFiles {
  /// The largest file that is read, and the most that one may decompress to. MNIST's largest has 47 MB.
  static let largestFile = 1 << 30

  let folder: String

  /// Reads the four files.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  func load() throws -> ImageSplits {
    let (train, _) = try read(split: "train")
    let (test, testImages) = try read(split: "t10k")
    do {
      return try ImageSplits(train: train, test: test)
    } catch {
      throw DataFileError(path: testImages, error: error.error)
    }
  }

  /// Reads the two files of another split, whose names begin with its own.
  ///
  /// - Throws: `FileError` or `DataFileError`, which name the file.
  func load(split: String) throws -> LabelledImages { try read(split: split).images }

  /// Whether the images of a split are there.
  func has(split: String) -> Bool { (try? path(of: "\(split)-images", "idx3-ubyte")) != nil }

  private func read(split: String) throws -> (images: LabelledImages, imagesPath: String) {
    let imagesPath = try path(of: "\(split)-images", "idx3-ubyte")
    let labelsPath = try path(of: "\(split)-labels", "idx1-ubyte")
    let (images, labels) = (try decode(imagesPath), try decode(labelsPath))
    do {
      let split = try LabelledImages(images: images, labels: labels)
      guard split.count > 0 else {
        throw DataFileError(
          path: imagesPath, error: FormatError(format: "IDX", offset: 4, expected: "at least one image", found: "none"))
      }
      return (split, imagesPath)
    } catch let error as LabelledImagesError {
      throw DataFileError(path: error.part == .images ? imagesPath : labelsPath, error: error.error)
    }
  }

  /// The file of that name that exists: plain before gzipped, with a dash before with a dot.
  private func path(of name: String, _ ending: String) throws(FileError) -> String {
    guard OutputFolder.isFolder(folder) else {
      let isFile = FileManager.default.fileExists(atPath: folder)
      throw FileError("read the folder", folder, reason: isFile ? "it is a file" : "no such file or folder")
    }
    let names = ["\(name)-\(ending)", "\(name).\(ending)", "\(name)-\(ending).gz", "\(name).\(ending).gz"]
    for name in names {
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    let isOfMNIST = ["train", "t10k"].contains { name.hasPrefix($0) }
    let hint = isOfMNIST ? "`Tools fetch-mnist` downloads MNIST" : "`Tools build-shiftmnist` writes it"
    throw FileError("read the folder", folder, reason: "it holds no \(names[0]), plain or .gz (\(hint))")
  }

  private func decode(_ path: String) throws -> IDX {
    let bytes = try Self.read(path, limit: Self.largestFile)
    do {
      return try IDX.decode([UInt8](bytes), limit: Self.largestFile)
    } catch {
      throw DataFileError(path: path, error: error)
    }
  }

  /// A whole file of at most `limit` bytes.
  static func read(_ path: String, limit: Int) throws(FileError) -> Data {
    do {
      // A device or a pipe has no size and perhaps no end.
      let attributes = try FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
      guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? NSNumber else {
        throw FileError("read", path, reason: "it is no ordinary file")
      }
      guard size.intValue <= limit else {
        throw FileError("read", path, reason: "it has \(size) bytes, more than the \(limit) that are read at most")
      }
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError("read", path, error)
    }
  }
}
