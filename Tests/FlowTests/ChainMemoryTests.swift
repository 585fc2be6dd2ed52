import Flow
import Kernels
import TestSupport
import Testing

/// Bytes that a training step of a fresh process takes from the pool.
private func stepBytes(blocks: Int, memory: Memory) -> Int {
  let net = DenseFiRevNet(dimension: 16, blocks: blocks, hidden: 64, seed: 13, memory: memory)
  let x = Activation(rowsOf: gaussianMatrix(rows: 256, columns: 16, seed: 13, name: "x"))
  var gradient = net
  BufferPool.shared.drain()
  let before = BufferPool.shared.statistics.bytes
  let (y, _, tape) = net.forwardRecording(x)
  _ = net.backward(
    tape, outputGradient: y, logDetGradient: PerSample(samples: x.samples), into: &gradient, .replace)
  return BufferPool.shared.statistics.bytes - before
}

/// The same for a convolutional network of two stages on 4×4 pixels.
private func convolutionalStepBytes<Step: InvertibleLayer>(_ net: ConvolutionalFiRevNet<Step>) -> Int {
  let x = Activation(rowsOf: gaussianMatrix(rows: 16, columns: 16, seed: 14, name: "x"))
    .reshaped(height: 4, width: 4, channels: 1)
  var gradient = net
  BufferPool.shared.drain()
  let before = BufferPool.shared.statistics.bytes
  let (y, _, tape) = net.forwardRecording(x)
  _ = net.backward(
    tape, outputGradient: y, logDetGradient: PerSample(samples: x.samples), into: &gradient, .replace)
  return BufferPool.shared.statistics.bytes - before
}

struct ChainMemoryTests {
  /// The pool belongs to the process, so the measurement has one of its own. The pool never shrinks by itself: what it
  /// holds after a step is the peak, size by size.
  @Test func reversibleMemoryIsFlatInDepth() async {
    await #expect(processExitsWith: .success) {
      Parallel.threads = 1
      let shallow = stepBytes(blocks: 4, memory: .reversible)
      let deep = stepBytes(blocks: 16, memory: .reversible)
      #expect(shallow > 0)
      #expect(deep == shallow, "reversible: \(shallow) bytes at 4 blocks, \(deep) at 16")
      let shallowStored = stepBytes(blocks: 4, memory: .stored)
      let deepStored = stepBytes(blocks: 16, memory: .stored)
      // Each block more keeps two hidden layers of 64 units of 256 samples.
      let tape = 2 * 256 * 64 * 4
      #expect(deepStored - shallowStored >= 12 * tape, "stored: \(shallowStored) bytes at 4, \(deepStored) at 16")
      #expect(deep < deepStored / 4)
    }
  }

  @Test func reversibleMemoryOfTheConvolutionalNetworkIsFlatInDepth() async {
    await #expect(processExitsWith: .success) {
      Parallel.threads = 1
      let shallow = convolutionalStepBytes(
        LayerRegistry.smallNetwork(seed: 14, steps: 2, memory: .reversible))
      let deep = convolutionalStepBytes(
        LayerRegistry.smallNetwork(seed: 14, steps: 12, memory: .reversible))
      #expect(shallow > 0)
      #expect(deep == shallow, "reversible: \(shallow) bytes at 2 steps a stage, \(deep) at 12")
      let shallowStored = convolutionalStepBytes(
        LayerRegistry.smallNetwork(seed: 14, steps: 2, memory: .stored))
      let deepStored = convolutionalStepBytes(
        LayerRegistry.smallNetwork(seed: 14, steps: 12, memory: .stored))
      // Each step more keeps at least the convolution's input and the coupling's: 16 and 8 vectors a stage.
      let tape = 2 * (16 + 8) * 64
      #expect(deepStored - shallowStored >= 10 * tape, "stored: \(shallowStored) bytes at 2, \(deepStored) at 12")
    }
  }

  @Test func reversibleMemoryWithBatchNormIsFlatInDepth() async {
    await #expect(processExitsWith: .success) {
      Parallel.threads = 1
      func bytes(steps: Int, _ memory: Memory) -> Int {
        let net = LayerRegistry.smallPaperNetwork(seed: 14, steps: steps, hasBatchNorm: true, memory: memory)
        return convolutionalStepBytes(perturbed(net, seed: 14))
      }
      let shallow = bytes(steps: 2, .reversible)
      let deep = bytes(steps: 12, .reversible)
      #expect(shallow > 0)
      #expect(deep == shallow, "reversible: \(shallow) bytes at 2 steps a stage, \(deep) at 12")
      let shallowStored = bytes(steps: 2, .stored)
      let deepStored = bytes(steps: 12, .stored)
      // Each step more keeps at least what enters and leaves both norms of two filters: 4 pixels in the first stage and 1
      // in the second, four arrays of two vectors.
      let tape = 4 * 2 * (4 + 1) * 64
      #expect(deepStored - shallowStored >= 10 * tape, "stored: \(shallowStored) bytes at 2, \(deepStored) at 12")
    }
  }
}
