import Flow
import Kernels
import TestSupport
import Testing

/// Two arrays without a network around them.
private struct Point: Parameterised {
  var a: [Float]
  var b: [Float]

  mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    visit(Parameter(name: prefix + "a", shape: [a.count]), &a)
    visit(Parameter(name: prefix + "b", shape: [b.count]), &b)
  }
}

struct AdamTests {
  /// From zero moments, m̂ = g and v̂ = g²: a parameter moves by rate·g/(|g| + ε), and the moments lie as it does.
  @Test func firstStepMovesEveryParameterByTheRate() {
    let rate: Float = 0x1p-6
    let model = perturbed(DenseFiRevNet(dimension: 5, blocks: 2, hidden: 3, seed: 8), seed: 8)
    var gradient = perturbed(filled(model, with: 0), seed: 9, deviation: 1)
    let gradients = gradient.parameters()
    var stepped = model
    var adam = Adam(learningRate: rate)
    #expect(adam.steps == 0 && adam.moments.first.isEmpty && adam.moments.second.isEmpty)
    adam.update(&stepped, gradient: &gradient)
    #expect(adam.steps == 1)
    #expect(adam.moments.first.count == gradients.count && adam.moments.second.count == gradients.count)
    for (index, (before, after)) in zip(model.parameters(), stepped.parameters()).enumerated() {
      #expect(before.parameter == after.parameter && before.parameter == gradients[index].parameter)
      for place in before.values.indices {
        let name = "seeds 8 and 9, \(before.parameter.name)[\(place)]"
        let g = gradients[index].values[place]
        // 1 − β₁ and 1 − β₂ as Float are within 2⁻²² and 2⁻¹⁵ of 0.1 and 0.001, relatively; a few roundings on top.
        #expect(abs(adam.moments.first[index][place] - 0.1 * g) <= 0x1p-20 * abs(g), "\(name)")
        #expect(abs(adam.moments.second[index][place] - 0.001 * g * g) <= 0x1p-14 * g * g, "\(name)")
        // The quotient inherits half of the second's error and ε/|g|; the parameter's own rounding is u·|p|.
        let expected = before.values[place] - rate * g / (abs(g) + 1e-8)
        #expect(abs(after.values[place] - expected) <= rate * 0x1p-14 + 0x1p-23 * abs(expected), "\(name)")
      }
    }
    let kept = gradient.parameters().flatMap(\.values)
    #expect(sameBits(kept, gradients.flatMap { $0.values }), "seed 9: the gradient is kept")
  }

  @Test func minimisesAQuadratic() {
    let target = Point(a: [1, -2, 3], b: [0.5])
    var point = Point(a: [0, 0, 0], b: [-4])
    var adam = Adam(learningRate: 0.05)
    func distance() -> Float { zip(point.a + point.b, target.a + target.b).reduce(0) { $0 + abs($1.0 - $1.1) } }
    var distances = [distance()]
    for _ in 0..<5 {
      for _ in 0..<60 {
        var gradient = Point(a: zip(point.a, target.a).map { $0 - $1 }, b: zip(point.b, target.b).map { $0 - $1 })
        adam.update(&point, gradient: &gradient)
      }
      distances.append(distance())
    }
    #expect(adam.steps == 300)
    // A parameter moves by about the rate a step, so that 4.5 is covered within 90; momentum then needs time to settle.
    #expect(distances[1] < distances[0] && distances[2] < distances[1])
    #expect((distances.last ?? .infinity) < 0.1, "\(distances)")
  }

  @Test func namesAreUniqueAndShapesFit() {
    let parameters = DenseFiRevNet(dimension: 5, blocks: 3, hidden: 4, seed: 8).parameters()
    let names = Set(parameters.map(\.parameter.name))
    #expect(names.count == parameters.count)
    #expect(parameters.count == 3 * 3 * 2)
    #expect(parameters.first?.parameter == Parameter(name: "blocks.0.function.layers.0.weight", shape: [4, 2]))
    for (parameter, values) in parameters {
      #expect(parameter.shape.reduce(1, *) == values.count, "\(parameter.name)")
    }
  }
}
