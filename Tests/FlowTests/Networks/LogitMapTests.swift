import Kernels
import TestSupport
import Testing

@testable import Flow

/// How z_s becomes logits, and what the way back gives.
struct LogitMapTests {
  private let labels = (0..<19).map { UInt8($0 * 7 % 4) }
  private let semantic = gaussianMatrix(rows: 19, columns: 4, seed: 71, name: "semantic")

  /// γ, β and running moments away from their first values.
  private var learned: LogitMap { perturbed(LogitMap.learned(classes: 4), seed: 72, deviation: 0.3) }

  private func loss(_ map: LogitMap, _ rows: Matrix) -> Double {
    softmaxCrossEntropy(map.evaluateRecording(Activation(rowsOf: rows)).logits, labels: labels).loss
  }

  /// Central differences over 2⁻⁷: the loss, below 4, has some forty roundings of 2⁻²⁴, 1e-5 of it a difference, and 2e-3 of slope at
  /// worst; a third derivative below 2 adds 2⁻¹⁴/3.
  private static let tolerance = 2e-3

  @Test("Gradients of z_s, γ and β are those of the loss", arguments: [LogitMap.fixed(2.5), .learned(classes: 4)])
  func gradients(kind: LogitMap) throws {
    let map = kind == .learned(classes: 4) ? learned : kind
    let (logits, tape) = map.evaluateRecording(Activation(rowsOf: semantic))
    let dlogits = softmaxCrossEntropy(logits, labels: labels).gradient
    var gradient = map
    let dsemantic = map.backward(tape, logitGradient: dlogits, into: &gradient)
    let h: Float = 0x1p-7
    var largest = 0.0
    for row in 0..<19 {
      for column in 0..<4 {
        func at(_ step: Float) -> Double {
          var moved = semantic
          moved[row, column] += step
          return loss(map, moved)
        }
        let slope = (at(h) - at(-h)) / Double(2 * h)
        #expect(abs(slope - Double(dsemantic[row, column])) < Self.tolerance, "seeds 71, 72: [\(row), \(column)]")
        largest = max(largest, abs(slope))
      }
    }
    #expect(largest > 20 * Self.tolerance, "slopes this small would prove nothing")
    for (place, parameter) in map.parameters().enumerated() where parameter.parameter.kind == .trainable {
      for index in parameter.values.indices {
        func at(_ step: Float) -> Double {
          var (copy, seen) = (map, 0)
          copy.visitParameters { _, values in
            if seen == place { values[index] += step }
            seen += 1
          }
          return loss(copy, semantic)
        }
        let slope = (at(h) - at(-h)) / Double(2 * h)
        #expect(
          abs(slope - Double(gradient.parameters()[place].values[index])) < Self.tolerance,
          "\(parameter.parameter.name)")
      }
    }
  }

  @Test("Outside training a sample's logits do not depend on the others")
  func evaluation() {
    let whole = learned.evaluate(Activation(rowsOf: semantic))
    let one = learned.evaluate(Activation(gathering: [5], from: semantic))
    #expect((0..<4).allSatisfy { one[0, $0] == whole[5, $0] })
    // Only training's moments are the batch's: mean β, deviation γ.
    let recorded = learned.evaluateRecording(Activation(rowsOf: semantic)).logits
    let moments = BatchMoments(recorded)
    let parameters = learned.parameters()
    for channel in 0..<4 {
      #expect(abs(moments.mean[channel] - parameters[1].values[channel]) < 1e-5)
      #expect(abs(moments.variance[channel].squareRoot() - abs(parameters[0].values[channel])) < 1e-4)
    }
    #expect(recorded.largestDifference(from: whole) > 0.1)
  }

  @Test("What classifies rightly is learned however small z_s is: the scale follows")
  func scale() throws {
    let count = 128
    var rows = gaussianMatrix(rows: count, columns: 4, seed: 73, name: "clouds")
    let labels = (0..<count).map { UInt8($0 % 2) }
    // Classes lie 0.1 apart, in numbers of a deviation of 0.01.
    rows.values = rows.values.map { $0 * 0.01 }
    for row in 0..<count { rows[row, Int(labels[row])] += 0.1 }
    func lastLoss(_ map: LogitMap) throws -> Double {
      var trainer = Trainer(
        learner: CrossEntropyLearner(
          model: BijectiveClassifier(
            network: DenseFiRevNet(dimension: 4, blocks: 2, hidden: 8, seed: 74), classes: 2, logitMap: map),
          optimiser: Adamax(learningRate: 1e-3)), batch: 64, seed: 75)
      var loss = 0.0
      for _ in 0..<30 { loss = try trainer.runEpoch(MatrixSource(samples: rows, labels: labels)) { _, _ in }.loss }
      return loss
    }
    let (fixed, learned) = (try lastLoss(.fixed(1)), try lastLoss(.learned(classes: 2)))
    #expect(learned < 0.5 * fixed, "seeds 73 to 75: \(learned), \(fixed)")
  }
}
