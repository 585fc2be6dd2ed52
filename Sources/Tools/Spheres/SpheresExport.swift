import Datasets
import Foundation
import Kernels
import ToolSupport

/// Writes the data set as `.npy` files that NumPy opens, in parts of constant memory.
struct SpheresExport {
  let configuration: SpheresConfiguration
  let console: Console

  /// Writes x_train, y_train, x_holdout and y_holdout into a folder.
  func write(to path: String) throws {
    let folder = try OutputFolder(creating: path)
    try write("train", configuration.samples, configuration.trainingStream, folder)
    try write("holdout", configuration.holdout, configuration.holdoutStream, folder)
  }

  private func write(_ split: String, _ count: Int, _ stream: RandomStream, _ folder: OutputFolder) throws {
    let progress = Progress("writing x_\(split).npy", total: count, unit: "samples", console: console)
    var points = try folder.open("x_\(split).npy")
    try points.append(Data(NPY.header(element: .float32, shape: [count, configuration.spheres.dimension])))
    var classes: [UInt8] = []
    for start in stride(from: 0, to: count, by: 8192) {
      try Interrupt.check()
      let part = configuration.spheres.samples(start..<min(start + 8192, count), from: stream)
      try points.append(Data(NPY.payload(part.points.values)))
      classes += part.classes
      progress.update(done: start + part.classes.count)
    }
    try points.commit()
    progress.finish()
    try folder.write(
      Data(NPY(element: .uint8, shape: [count], payload: classes).encode()), to: "y_\(split).npy")
  }
}
