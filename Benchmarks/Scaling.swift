import Flow
import Foundation
import Kernels
import ToolSupport

/// How a training step of the convolutional fi-RevNet grows with the batch, the depth, the width and the image, each from one middling
/// network on, beside a straight line in the operations.
struct Scaling {
  /// One network and batch.
  struct Size {
    var batch = 64
    /// Steps in each of the three stages.
    var depth = 4
    /// Filters of the coupling functions.
    var width = 64
    /// Pixels of the image's sides.
    var image = 32
  }

  /// What grows, and how far.
  struct Sweep {
    let name: String
    let values: [Int]
    let size: @Sendable (Int) -> Size
  }

  /// A step of one size.
  struct Step {
    let value: Int
    let seconds: Double
    let operations: Double
  }

  private static let sweeps = [
    Sweep(name: "batch", values: [16, 32, 64, 128, 256, 512, 1024]) { Size(batch: $0) },
    Sweep(name: "steps a stage", values: [1, 2, 4, 8, 16, 32]) { Size(depth: $0) },
    Sweep(name: "filters", values: [16, 32, 64, 128, 256]) { Size(width: $0) },
    Sweep(name: "pixels of a side", values: [8, 16, 32, 64]) { Size(image: $0) },
  ]

  private let steps: [(sweep: Sweep, steps: [Step])]
  private let threads: Int
  private let peak: Double

  /// Times every size.
  init(threads: Int, sampling: Sampling, console: Console) throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    Parallel.threads = threads
    self.threads = threads
    peak = multiplyAddPeak(threads: threads)
    let progress = Progress(
      "scaling", total: Self.sweeps.reduce(0) { $0 + $1.values.count }, unit: "sizes", console: console)
    var done = 0
    steps = try Self.sweeps.map { sweep in
      let steps = try sweep.values.map { value in
        progress.update(done: done, extra: "\(sweep.name) \(value)")
        done += 1
        let (operations, body) = ImageStepCases.step(sweep.size(value))
        let timing = try Timing(sampling, of: body)
        BufferPool.shared.drain()
        return Step(value: value, seconds: timing.median, operations: operations)
      }
      return (sweep, steps)
    }
    progress.update(done: done)
    progress.finish()
  }

  private func shareOfPeak(_ step: Step) -> Double { step.operations / step.seconds / peak }

  /// One line a size.
  var text: String {
    let rows = steps.flatMap { sweep, steps in
      steps.map { step in
        [
          sweep.name, "\(step.value)", Table.duration(step.seconds),
          Decimals.fixed(step.operations / step.seconds / 1e9, places: 1),
          "\(Decimals.fixed(100 * shareOfPeak(step), places: 1)) %",
        ]
      }
    }
    let headings = ["what grows", "to", "step", "GFLOP/s", "share of peak"]
    return Table.lines([headings] + rows, words: [0]).joined(separator: "\n") + "\n"
  }

  /// The numbers as JSON.
  func json(command: String) -> Data {
    let machine = Machine.current
    var report = Metrics()
    report["machine.cpu"] = .optional(machine.processor)
    report["machine.isa"] = .text(InstructionSet.current)
    report["machine.threads"] = .integer(threads)
    report["machine.commit"] = .optional(GitCommit.current())
    report["machine.date"] = .text(Date.now.ISO8601Format())
    report["machine.command"] = .text(command)
    report["machine.peak_gflops"] = .number(peak / 1e9)
    for (sweep, steps) in steps {
      report["\(sweep.name.replacing(" ", with: "_"))"] = .array(
        steps.map { step in
          .object([
            "value": .integer(step.value), "seconds": .number(step.seconds),
            "gflops": .number(step.operations / step.seconds / 1e9), "share_of_peak": .number(shareOfPeak(step)),
          ])
        })
    }
    return report.json()
  }

  /// Four panels, both axes by powers of two: what was measured, and the straight line through the middling network.
  func draw() -> Canvas {
    var canvas = Canvas(width: 1000, height: 800)
    for (index, (sweep, steps)) in steps.enumerated() {
      let frame = PixelRect(x: 90 + index % 2 * 490, y: 50 + index / 2 * 370, width: 380, height: 250)
      draw(sweep, steps, in: frame, on: &canvas)
    }
    let legend = Legend(
      [
        .init(.marker(Marker(.circle, .blue)), "a training step, \(threads) thread\(threads == 1 ? "" : "s")"),
        .init(.line(Stroke(.mutedInk, width: 2)), "straight line in the operations"),
      ], columns: 2)
    legend.draw(on: &canvas, x: canvas.width / 2 - legend.size.width / 2, y: 755)
    return canvas
  }

  private func draw(_ sweep: Sweep, _ steps: [Step], in frame: PixelRect, on canvas: inout Canvas) {
    let base = Size()
    let middle = steps.first { step in
      let size = sweep.size(step.value)
      return size.batch == base.batch && size.depth == base.depth && size.width == base.width
        && size.image == base.image
    }
    let scale = (middle?.seconds ?? 0) / (middle?.operations ?? 1)
    let milliseconds = steps.flatMap { [1e3 * $0.seconds, 1e3 * scale * $0.operations] }
    let plot = Plot(
      frame: frame, x: Self.axis(steps.map { Double($0.value) }, label: sweep.name),
      y: Self.axis(milliseconds, label: "milliseconds"), title: sweep.name)
    plot.drawGrid(on: &canvas)
    func place(_ step: Step, _ seconds: Double) -> Point { Point(log2(Double(step.value)), log2(1e3 * seconds)) }
    plot.drawLine(
      steps.map { place($0, scale * $0.operations) }, stroke: Stroke(.mutedInk, width: 2), on: &canvas)
    for step in steps {
      plot.drawMarker(Marker(.circle, .blue), at: place(step, step.seconds), on: &canvas)
    }
    plot.drawFrame(on: &canvas)
  }

  private static func axis(_ values: [Double], label: String) -> Axis {
    let (low, high) = (log2(values.min() ?? 1) - 0.3, log2(values.max() ?? 2) + 0.3)
    let ticks = stride(from: low.rounded(.up), through: high, by: 1).map { exponent in
      let value = exp2(exponent)
      return Axis.Tick(value: exponent, label: Decimals.fixed(value, places: value < 1 ? 1 : 0))
    }
    return Axis(from: low, to: high, label: label, ticks: ticks)
  }
}
