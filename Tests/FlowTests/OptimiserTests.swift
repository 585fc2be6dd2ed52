import Flow
import Kernels
import TestSupport
import Testing

/// Two trainable parameters and a running mean between them.
private struct Tracked: Parameterised {
  var a: [Float]
  var mean: [Float]
  var b: [Float]

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "a", shape: [a.count]), &a)
    visit(Parameter(name: prefix + "mean", shape: [mean.count], kind: .statistic), &mean)
    visit(Parameter(name: prefix + "b", shape: [b.count]), &b)
  }
}

/// PyTorch's Adamax, in Double.
private struct ExactAdamax {
  var value: Double
  var m = 0.0
  var u = 0.0

  mutating func update(_ gradient: Double, step: Int, rate: Double, decay: Double) {
    let g = gradient + decay * value
    m = 0.9 * m + 0.1 * g
    u = max(0.999 * u, abs(g) + 1e-8)
    var power = 1.0
    for _ in 0..<step { power *= 0.9 }
    value -= rate / (1 - power) * m / u
  }
}

struct OptimiserTests {
  private func gradient(_ step: Int) -> Tracked {
    let numbers = RandomStream(seed: 3, name: "gradient \(step)").gaussians(count: 7)
    return Tracked(a: Array(numbers[0..<3]), mean: Array(numbers[3..<5]), b: Array(numbers[5..<7]))
  }

  private var model: Tracked { Tracked(a: [1, -2, 3], mean: [0.5, 4], b: [0, 0.25]) }

  @Test(arguments: [0, 0.1] as [Float])
  func adamaxFollowsItsFormula(decay: Float) {
    var optimiser = Adamax(weightDecay: decay)
    #expect(optimiser.learningRate == 2e-3)
    var found = model
    var exact = (model.a + model.b).map { ExactAdamax(value: Double($0)) }
    for step in 1...20 {
      var g = gradient(step)
      optimiser.update(&found, gradient: &g)
      for (index, value) in (g.a + g.b).enumerated() {
        exact[index].update(Double(value), step: step, rate: 2e-3, decay: Double(decay))
      }
    }
    // A step moves by at most about 2e-3·10 and has a dozen roundings of 2⁻²⁴; 20 steps, and the value's own 20 of ≤ 2⁻²³.
    for (value, expected) in zip(found.a + found.b, exact) { #expect(abs(Double(value) - expected.value) < 5e-6) }
    #expect(optimiser.moments.first.map(\.count) == [3, 0, 2] && optimiser.moments.second.map(\.count) == [3, 0, 2])
  }

  private func movesStatistics(_ start: some Optimiser) {
    var optimiser = start
    var found = model
    var g = gradient(1)
    optimiser.update(&found, gradient: &g)
    for index in 0..<2 {
      // Two roundings, of numbers below 8.
      #expect(abs(found.mean[index] - (0.9 * model.mean[index] + 0.1 * g.mean[index])) < 0x1p-20)
    }
    #expect(found.a != model.a && found.b != model.b)
  }

  /// Whatever the rate and the decay are.
  @Test func statisticsMoveByATenth() {
    movesStatistics(Adam(learningRate: 0.5))
    movesStatistics(Adamax(learningRate: 0.5, weightDecay: 0.5))
  }

  @Test func statisticsAreNotCounted() {
    #expect(model.parameterCount() == 5)
    #expect(model.parameters().map(\.parameter.kind) == [.trainable, .statistic, .trainable])
  }

  private func resumes<O: Optimiser>(_ fresh: O) {
    var whole = fresh
    var expected = model
    var saved: [(parameter: Parameter, values: [Float])] = []
    var halfway = model
    for step in 1...6 {
      var g = gradient(step)
      whole.update(&expected, gradient: &g)
      guard step == 3 else { continue }
      halfway = expected
      whole.moments.visit(of: &halfway, prefix: "") { parameter, values in saved.append((parameter, values)) }
    }
    var resumed = fresh
    resumed.moments.steps = 3
    var index = 0
    resumed.moments.visit(of: &halfway, prefix: "") { parameter, values in
      #expect(parameter == saved[index].parameter && values.count == saved[index].values.count)
      values = saved[index].values
      index += 1
    }
    #expect(index == saved.count && Set(saved.map(\.parameter.name)).count == 4, "two moments of two parameters")
    for step in 4...6 {
      var g = gradient(step)
      resumed.update(&halfway, gradient: &g)
    }
    #expect(halfway.a == expected.a && halfway.b == expected.b && halfway.mean == expected.mean)
    #expect(resumed.steps == 6)
  }

  @Test func aRestoredStateGoesOnToTheBit() {
    resumes(Adam(learningRate: 0.01))
    resumes(Adamax(learningRate: 0.01, weightDecay: 0.1))
  }

  @Test func schedules() {
    func factors(_ schedule: LearningRateSchedule) -> [Double] {
      (0..<10).map { schedule.factor(done: Double($0) / 2, total: 5) }
    }
    #expect(factors(.constant) == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    #expect(factors(.steps(factor: 0.5, epochs: 2)) == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25])
    let expected = [1, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    for (found, exact) in zip(factors(.linearDecay(lastFraction: 0.4)), expected) {
      #expect(abs(found - exact) < 1e-15)
    }
    #expect(factors(.linearDecay(lastFraction: 0)) == factors(.constant))
  }
}
