import Foundation
import Testing

@testable import Tools

/// A small shiftMNIST of built-in digits, as `Tools build-shiftmnist` makes it.
enum ShiftedDigits {
  /// Writes a folder of a variant, `path/binary` or `path/texture`, with the digits that it is made of beside it.
  static func write(_ path: String, variant: String = "binary", train: Int, test: Int) throws {
    let digits = "\(path)/digits"
    if !FileManager.default.fileExists(atPath: digits) { try DigitFolder.write(digits, train: train, test: test) }
    let outcome = runTools([
      "build-shiftmnist", "--variant", variant, "--mnist", digits, "--output", path, "--format", "idx", "--seed", "6",
    ])
    try #require(outcome.code == 0, "\(outcome.error)")
  }
}
