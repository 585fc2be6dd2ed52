import Foundation
import Testing
import ToolSupport

@Suite struct ExampleFigureTests {
  @Test(arguments: ExampleFigures.all.indices)
  func isDrawnTheSameTwice(index: Int) {
    let figure = ExampleFigures.all[index]
    let first = figure.draw()
    #expect(first.pixels == figure.draw().pixels)
    // Paper that is mostly white, yet carries ink: an empty figure would pass the comparison above.
    #expect(first.pixels.contains { $0 < 0x40 })
    #expect(first.color(x: 0, y: 0) == .white)
  }

  /// Draws to the folder named by the environment, to be looked at.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["METAMER_EXAMPLE_FIGURES"] != nil))
  func areWritten() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["METAMER_EXAMPLE_FIGURES"])
    for figure in ExampleFigures.all {
      var canvas: Canvas?
      let time = ContinuousClock().measure { canvas = figure.draw() }
      print("\(figure.name): \(time)")
      let url = URL(fileURLWithPath: folder).appendingPathComponent(figure.name + ".ppm")
      try ExampleFigures.ppm(try #require(canvas)).write(to: url)
    }
  }
}
