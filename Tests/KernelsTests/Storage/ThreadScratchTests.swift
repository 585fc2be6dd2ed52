import MicroKernels
import Testing

@testable import Kernels

extension SharedState {
  @Suite struct ThreadScratchTests {
    @Test("Every thread has a part of its own, and the same one again, those that came later too")
    func parts() {
      let scratch = ThreadScratch(threads: 2, vectors: 3)
      for thread in 0..<5 {
        for place in 0..<3 { scratch.part(thread)[place] = Vector(repeating: Float(10 * thread + place)) }
      }
      for thread in 0..<5 {
        for place in 0..<3 { #expect(scratch.part(thread)[place][7] == Float(10 * thread + place)) }
      }
    }
  }
}
