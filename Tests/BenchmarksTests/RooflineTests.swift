import Foundation
import Testing

@testable import Benchmarks

/// The roofline's drawing: what stands in it, and where.
struct RooflineTests {
  private func measurement(_ name: String, _ work: Work, seconds: Double, threads: Int = 2) -> Benchmarks.Measurement {
    Benchmarks.Measurement(
      name: name, shape: "1×1", work: work, threads: threads, timing: Timing(samples: [seconds]), peak: 100e9)
  }

  @Test("A product at both roofs stands on their corner, and twice the work in the time above it")
  func corner() throws {
    // 100 GFLOP/s and 25 GB/s meet at 4 operations a byte.
    let products = [
      measurement("matmul nn", .operations(1e9, bytes: 0.25e9), seconds: 0.01),
      measurement("convolution forward", .operations(2e9, bytes: 0.5e9), seconds: 0.01),
    ]
    let roofline = try #require(Roofline(products, threads: 2, peak: 100e9, memoryRate: 25e9))
    let svg = String(decoding: roofline.svg, as: UTF8.self)
    let corners = try #require(svg.firstMatch(of: #/points="[^ ]+ ([0-9.]+),([0-9.]+) /#))
    let circles = svg.matches(of: #/<circle cx="([0-9.]+)" cy="([0-9.]+)" r="4"/#)
    #expect(circles.count == 2)
    #expect(circles[0].1 == corners.1 && circles[0].2 == corners.2)
    let (first, second) = (try #require(Double(circles[0].2)), try #require(Double(circles[1].2)))
    #expect(circles[1].1 == circles[0].1 && second < first)
    let canvas = roofline.draw()
    #expect(Set(canvas.pixels).count > 2)
  }

  @Test("What is faster than the peak still stands in the frame")
  func aboveTheRoof() throws {
    let product = measurement("convolution forward", .operations(4e9, bytes: 0.1e9), seconds: 0.01)
    let roofline = try #require(Roofline([product], threads: 2, peak: 100e9, memoryRate: 25e9))
    let svg = String(decoding: roofline.svg, as: UTF8.self)
    let frame = try #require(svg.firstMatch(of: #/<rect x="([0-9.]+)" y="([0-9.]+)"/#))
    let circle = try #require(svg.firstMatch(of: #/<circle cx="([0-9.]+)" cy="([0-9.-]+)" r="4"/#))
    let (top, place) = (try #require(Double(frame.2)), try #require(Double(circle.2)))
    #expect(place > top + 4)
  }

  @Test("Only products with the right number of threads count")
  func products() {
    let others = [
      measurement("exp", .elements(1), seconds: 1), measurement("step", .operations(1), seconds: 1),
      measurement("matmul nn", .operations(1, bytes: 1), seconds: 1, threads: 1),
    ]
    #expect(Roofline(others, threads: 2, peak: 1, memoryRate: 1) == nil)
    #expect(Roofline(others, threads: 1, peak: 1, memoryRate: 1) != nil)
  }
}
