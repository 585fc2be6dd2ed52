import Kernels
import ToolSupport

extension Option {
  /// The option of every command that computes; by default all processors.
  static var threads: Option {
    .integer("threads", default: Parallel.threads, in: 1...256, metavar: "N", help: "threads; no result depends on it")
  }
}
