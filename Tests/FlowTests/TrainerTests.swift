import Flow
import Kernels
import Synchronization
import TestSupport
import Testing

/// Two clouds of unit deviation, their centres ±3 in every one of the dimensions: 6·√dimension deviations apart.
private func clouds(_ samples: Int, dimension: Int, seed: UInt64) -> (samples: Matrix, labels: [UInt8]) {
  var rows = gaussianMatrix(rows: samples, columns: dimension, seed: seed, name: "clouds")
  let labels = (0..<samples).map { UInt8($0 % 2) }
  for row in 0..<samples {
    for column in 0..<dimension { rows[row, column] += labels[row] == 0 ? 3 : -3 }
  }
  return (rows, labels)
}

private func classifier(
  dimension: Int, blocks: Int = 2, hidden: Int = 8, memory: Memory = .stored
) -> BijectiveClassifier<DenseFiRevNet> {
  BijectiveClassifier(
    network: DenseFiRevNet(dimension: dimension, blocks: blocks, hidden: hidden, seed: 17, memory: memory), classes: 2)
}

/// All parameters after two epochs on 210 samples, whose last batch is smaller.
private func trained(
  seed: UInt64 = 19, memory: Memory = .stored, hidden: Int = 8
) throws -> [Float] {
  let (samples, labels) = clouds(210, dimension: 10, seed: 19)
  var trainer = Trainer(
    model: classifier(dimension: 10, hidden: hidden, memory: memory), optimiser: Adam(learningRate: 1e-3), batch: 64,
    seed: seed)
  for _ in 0..<2 { _ = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { _, _ in } }
  return trainer.learner.model.parameters().flatMap(\.values)
}

/// A classifier that learns nothing and writes down which samples it was given.
private struct Recorder: Classifier {
  final class Log: Sendable {
    let samples = Mutex<[Float]>([])
  }

  let log = Log()
  var weight: [Float] = [0]

  func logits(_ x: Activation) -> Activation { Activation(samples: x.samples, channels: 2) }

  func loss(_ x: Activation, labels: [UInt8], gradient: inout Recorder) -> (loss: Double, correct: Int) {
    log.samples.withLock { $0 += (0..<x.samples).map { x[$0, 0] } }
    gradient.weight = [0]
    // The label stands for the loss, so that the mean over unequal batches can be checked.
    return (labels.reduce(0) { $0 + Double($1) } / Double(labels.count), labels.filter { $0 == 1 }.count)
  }

  func firstNonFinitePart(_ x: Activation) -> String? { nil }

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: "weight", shape: [1]), &weight)
  }
}

/// The order in which a trainer shows 0..<count in each of its epochs.
private func orders(count: Int, epochs: Int, batch: Int, seed: UInt64) throws -> [[Int]] {
  let samples = Matrix(rows: count, columns: 1, values: (0..<count).map { Float($0) })
  let labels = [UInt8](repeating: 0, count: count)
  let recorder = Recorder()
  var trainer = Trainer(model: recorder, optimiser: Adam(learningRate: 1), batch: batch, seed: seed)
  for _ in 0..<epochs { _ = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { _, _ in } }
  let seen = recorder.log.samples.withLock { $0.map { Int($0) } }
  return (0..<epochs).map { Array(seen[$0 * count..<($0 + 1) * count]) }
}

private struct Stop: Error {}

@Suite(.serialized)
struct TrainerTests {
  /// The number of threads belongs to the process, so the comparison has one of its own.
  @Test func sameBytesOnAnyNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      Parallel.threads = 1
      let one = try trained(hidden: 100)
      #expect(one.allSatisfy { $0.isFinite })
      for threads in [2, 3] {
        Parallel.threads = threads
        let many = try trained(hidden: 100)
        #expect(sameBits(many, one), "seed 19, \(threads) threads")
      }
    }
  }

  /// One gradient: the rebuilt activations are off by a few u in each of 4 blocks, and sums of 10 to 64 terms of size up
  /// to 10 inherit that: 4·√64·4·10·u, taken twice for the way forth and back, is 1.6e-4 absolutely.
  @Test func storedAndReversibleGiveTheSameGradient() {
    let (samples, labels) = clouds(33, dimension: 7, seed: 23)
    let x = Activation(rowsOf: samples)
    let stored = classifier(dimension: 7, blocks: 4)
    let reversible = classifier(dimension: 7, blocks: 4, memory: .reversible)
    var expected = filled(stored, with: .nan)
    var found = filled(reversible, with: .nan)
    let storedLoss = stored.loss(x, labels: labels, gradient: &expected)
    let reversibleLoss = reversible.loss(x, labels: labels, gradient: &found)
    #expect(storedLoss.loss == reversibleLoss.loss && storedLoss.correct == reversibleLoss.correct)
    let pairs = zip(found.parameters(), expected.parameters())
    for (left, right) in pairs {
      for (a, b) in zip(left.values, right.values) {
        #expect(abs(a - b) <= 1.6e-4, "seed 23, \(left.parameter.name): \(a), expected \(b)")
      }
    }
    let largest = expected.parameters().flatMap(\.values).map(abs).max() ?? 0
    #expect(largest > 100 * 1.6e-4, "a gradient this small would prove nothing: \(largest)")
  }

  /// Adam divides by √v̂, so that a difference of rounding can become one of a few steps' rate (1e-3) in a parameter whose
  /// gradient is itself of that size; 8 steps bound it by 16 rates, and nearly all parameters agree far better.
  @Test func storedAndReversibleTrainAlike() throws {
    let stored = try trained()
    let reversible = try trained(memory: .reversible)
    let gaps = zip(stored, reversible).map { abs($0 - $1) }.sorted()
    #expect((gaps.last ?? .infinity) <= 16e-3)
    #expect(gaps[gaps.count * 9 / 10] <= 1e-5, "seed 19: \(gaps[gaps.count * 9 / 10])")
  }

  @Test func seedDecidesTheBytes() throws {
    let first = try trained()
    let again = try trained()
    #expect(sameBits(again, first), "seed 19 twice")
    let other = try trained(seed: 20)
    #expect(!sameBits(other, first), "seeds 19 and 20")
  }

  @Test func orderDependsOnSeedAndEpochAlone() throws {
    let reference = try orders(count: 37, epochs: 3, batch: 5, seed: 29)
    for order in reference { #expect(order.sorted() == Array(0..<37), "seed 29: every sample once") }
    #expect(Set(reference).count == 3, "seed 29: epochs differ")
    let wider = try orders(count: 37, epochs: 3, batch: 16, seed: 29)
    #expect(wider == reference, "seed 29: batches do not matter")
    let other = try orders(count: 37, epochs: 3, batch: 5, seed: 30)
    #expect(other != reference, "seeds 29 and 30")
  }

  @Test func epochReportsMeansOverSamples() throws {
    let labels: [UInt8] = [0, 1, 1, 0, 1, 1, 1]
    let samples = Matrix(rows: 7, columns: 1)
    var trainer = Trainer(model: Recorder(), optimiser: Adam(learningRate: 1), batch: 3, seed: 1)
    var done: [Int] = []
    let epoch = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { count, _ in done.append(count) }
    #expect(done == [3, 6, 7])
    #expect(abs(epoch.loss - 5.0 / 7) < 1e-15 && abs(epoch.accuracy - 5.0 / 7) < 1e-15)
    #expect(trainer.epochs == 1 && trainer.learner.optimiser.steps == 3)
  }

  @Test func progressMayStop() {
    let (samples, labels) = clouds(20, dimension: 4, seed: 31)
    var trainer = Trainer(
      model: classifier(dimension: 4), optimiser: Adam(learningRate: 1e-3), batch: 5, seed: 31)
    #expect(throws: Stop.self) {
      _ = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { done, _ in
        if done == 10 { throw Stop() }
      }
    }
    #expect(trainer.epochs == 0 && trainer.learner.optimiser.steps == 2)
  }

  /// From two blocks on a NaN reaches the logits wherever in a sample it is: each half is updated from the other. (Through
  /// one block, the last channel goes to z_n alone; the loss does not depend on it.)
  @Test(arguments: 0..<6, [2, 3])
  func nonFiniteDataNamesStepAndPart(channel: Int, blocks: Int) throws {
    var (samples, labels) = clouds(12, dimension: 6, seed: 37)
    let order = try orders(count: 12, epochs: 1, batch: 1, seed: 37)[0]
    let place = 6
    samples[order[place], channel] = .nan
    var trainer = Trainer(
      model: classifier(dimension: 6, blocks: blocks), optimiser: Adam(learningRate: 1e-3), batch: 4, seed: 37)
    let error = #expect(throws: TrainingDiverged.self, "seed 37, channel \(channel), \(blocks) blocks") {
      _ = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { _, _ in }
    }
    #expect(error?.step == place / 4 + 1)
    #expect(error?.part == "the network's output")
    #expect(error?.description == "training diverged at step 2: the network's output is not finite")
    let kept = trainer.learner.model.parameters().flatMap(\.values)
    #expect(kept.allSatisfy { $0.isFinite }, "seed 37: the last good model is kept")
  }

  @Test func nonFiniteParameterIsNamed() {
    let (samples, labels) = clouds(8, dimension: 4, seed: 41)
    var model = classifier(dimension: 4)
    model.visitParameters { parameter, values in
      if parameter.name == "blocks.1.function.layers.2.bias" { values[0] = .infinity }
    }
    var trainer = Trainer(model: model, optimiser: Adam(learningRate: 1e-3), batch: 4, seed: 41)
    let error = #expect(throws: TrainingDiverged.self) {
      _ = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { _, _ in }
    }
    #expect(error?.step == 1)
    #expect(error?.part == "parameter blocks.1.function.layers.2.bias")
  }

  /// The nearest of 200 samples to the plane between the clouds is 3·√6 − 3 or more deviations away: separable.
  @Test(arguments: Memory.allCases)
  func learnsASeparableProblem(memory: Memory) throws {
    let (samples, labels) = clouds(200, dimension: 6, seed: 43)
    let unseen = clouds(101, dimension: 6, seed: 44)
    var trainer = Trainer(
      model: classifier(dimension: 6, memory: memory), optimiser: Adam(learningRate: 1e-2), batch: 25, seed: 43)
    var losses: [Double] = []
    let source = MatrixSource(samples: samples, labels: labels)
    for _ in 0..<15 { losses.append(try trainer.runEpoch(source) { _, _ in }.loss) }
    #expect((losses.last ?? .infinity) < losses[0] / 10, "seed 43: \(losses)")
    #expect(trainer.learner.model.accuracy(samples, labels: labels) == 1, "seed 43")
    #expect(trainer.learner.model.accuracy(unseen.samples, labels: unseen.labels) == 1, "seed 44")
    let classes = trainer.learner.model.classify(samples)
    #expect(classes == labels && trainer.learner.model.classify(samples, batch: 7) == classes)
  }

  @Test func rectifierNetworkLearnsToo() throws {
    let (samples, labels) = clouds(100, dimension: 5, seed: 47)
    var trainer = Trainer(
      model: RectifierNetwork(widths: [5, 8, 2], random: RandomStream(seed: 47, name: "nuisance")),
      optimiser: Adam(learningRate: 1e-2), batch: 20, seed: 47)
    for _ in 0..<20 { _ = try trainer.runEpoch(MatrixSource(samples: samples, labels: labels)) { _, _ in } }
    #expect(trainer.learner.model.accuracy(samples, labels: labels) == 1, "seed 47")
  }

  @Test(arguments: [(0, 3), (1, 3), (6, 3), (7, 3), (2, 100)])
  func batchesCoverEverything(count: Int, size: Int) {
    var ranges: [Range<Int>] = []
    forEachBatch(of: count, size: size) { ranges.append($0) }
    #expect(ranges.flatMap { Array($0) } == Array(0..<count))
    #expect(ranges.dropLast().allSatisfy { $0.count == size } && ranges.allSatisfy { !$0.isEmpty && $0.count <= size })
  }
}
