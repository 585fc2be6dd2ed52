import MicroKernels
import Synchronization
import Testing

@testable import Kernels

extension SharedState {
  @Suite struct ParallelTests {
    @Test("Every index is visited exactly once", arguments: [0, 1, 2, 100], [1, 2, 3])
    func everyIndexOnce(count: Int, threads: Int) {
      let visits = Mutex([Int](repeating: 0, count: count))
      withThreads(threads) {
        Parallel.forEach(count) { index in visits.withLock { $0[index] += 1 } }
      }
      #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test("Ranges cover every element exactly once", arguments: [0, 1, 2, 15, 16, 17, 100, 1001], [1, 2, 3])
    func rangesCover(count: Int, threads: Int) {
      for grain in [0, 1, 7, 16, 2000] {
        let visits = Mutex([Int](repeating: 0, count: count))
        let calls = Mutex(0)
        withThreads(threads) {
          Parallel.forRanges(count, grain: grain) { range in
            visits.withLock { visits in for index in range { visits[index] += 1 } }
            calls.withLock { $0 += range.isEmpty ? 1000 : 1 }
          }
        }
        #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count), "grain \(grain)")
        #expect(calls.withLock { $0 } <= 4 * threads, "grain \(grain)")
      }
    }

    @Test("A map's results are in order", arguments: [0, 1, 2, 100], [1, 2, 3])
    func map(count: Int, threads: Int) {
      // Strings are counted references: an element written twice or not at all would show.
      withThreads(threads) {
        #expect(Parallel.map(count) { "element \($0)" } == (0..<count).map { "element \($0)" })
      }
    }

    @Test("The number of threads is what was set")
    func threadCount() {
      withThreads(3) { #expect(Parallel.threads == 3) }
      #expect(Parallel.threads >= 1)
    }

    /// Every kernel that shares work, on sizes that are cut differently for each number of threads.
    private func everything() -> [(name: String, values: [Float])] {
      var numbers = Numbers(17)
      var results: [(String, [Float])] = []
      let a = numbers.matrix(265, 70)
      let b = numbers.matrix(70, 300)
      let d = numbers.matrix(300, 70)
      var c = Matrix(rows: 265, columns: 300, repeating: .nan)
      matmul(a, .none, b, into: &c)
      results.append(("matmul", c.values))
      matmul(a, .none, d, .transposed, into: &c, .add)
      results.append(("matmul transposed", c.values))

      let rows = numbers.matrix(500, 200)
      let weight = numbers.matrix(98, 200)
      let bias = numbers.floats(98)
      let x = Activation(rowsOf: rows)
      results.append(("gather", allLanes(x)))
      results.append(("scatter", x.matrix().values))
      let y = dense(x.view, weight: weight, bias: bias, activation: .rectifier)
      results.append(("dense", allLanes(y)))
      results.append(("denseInputGradient", allLanes(denseInputGradient(y.view, weight: weight))))
      let dy = Activation(rowsOf: y.matrix())
      var dweight = Matrix(rows: 98, columns: 200, repeating: .nan)
      var dbias = [Float](repeating: .nan, count: 98)
      denseWeightGradient(x.view, outputGradient: dy.view, weight: &dweight, bias: &dbias, .replace)
      results.append(("denseWeightGradient", dweight.values + dbias))

      let wide = Activation(rowsOf: numbers.matrix(640, 300))
      results.append(("exp", allLanes(exp(wide))))
      results.append(("tanh", allLanes(tanh(wide))))
      results.append(("add", allLanes(add(wide.view, wide.view))))
      results.append(("subtract", allLanes(subtract(wide.channels(0..<290), wide.channels(10..<300)))))
      results.append(("softmax", allLanes(softmaxCrossEntropy(y, labels: (0..<500).map { UInt8($0 % 98) }).gradient)))

      var value = numbers.floats(100_003)
      let gradient = numbers.floats(100_003)
      var first = numbers.floats(100_003)
      var second = numbers.floats(100_003).map { abs($0) }
      adamUpdate(
        &value, gradient: gradient, first: &first, second: &second, step: 3, learningRate: 0.1, beta1: 0.9,
        beta2: 0.999, epsilon: 1e-8)
      results.append(("adam", value + first + second))
      let stream = RandomStream(seed: 5, name: "threads")
      results.append(("gaussians", stream.gaussians(count: 40_001, offset: 7)))
      results.append(("uniforms", stream.uniforms(count: 40_001, offset: 7)))
      return results
    }

    @Test("Results are the same bits on 1, 2 and 3 threads")
    func sameBits() {
      withPoisonedBuffers {
        let one = withThreads(1) { everything() }
        for threads in [2, 3] {
          let several = withThreads(threads) { everything() }
          #expect(several.map(\.name) == one.map(\.name))
          for (found, expected) in zip(several, one) {
            #expect(firstDifference(found.values, expected.values) == nil, "\(found.name) on \(threads) threads")
          }
        }
        for (name, values) in one { #expect(values.allSatisfy { $0.isFinite }, "\(name)") }
      }
    }

    @Test("Threads hand over what they wrote", arguments: [1, 2, 3], [0, 1, 7, 4096])
    func handOver(threads: Int, vectors: Int) {
      withThreads(threads) {
        let handOver = HandOver(vectors: vectors)
        for value in [Float(1), 2, 4] {
          // Whole numbers add up exactly in any order; up to three vectors at the end are not read.
          let read = handOver.exchange(value)
          #expect(read == (0..<threads).map { Float(vectors - vectors % 4) * (value + Float(($0 + 1) % threads)) })
        }
      }
    }
  }
}
