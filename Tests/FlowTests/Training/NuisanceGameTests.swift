import Kernels
import TestSupport
import Testing

@testable import Flow

/// The nuisance classifiers of independence cross-entropy, apart from the encoder.
struct NuisanceGameTests {
  private static let (width, classes, batch) = (6, 3, 20)
  private let nuisance = gaussianMatrix(rows: 20, columns: 6, seed: 91, name: "nuisance")
  private let labels = (0..<20).map { UInt8($0 % 3) }

  private func game(_ change: (inout IndependenceSettings) -> Void) -> NuisanceGame {
    var settings = IndependenceSettings()
    settings.nuisanceHidden = 8
    settings.replay = 3
    change(&settings)
    return NuisanceGame(
      width: Self.width, classes: Self.classes, batch: Self.batch, settings: settings, seed: 92)
  }

  /// Central differences over 2⁻⁷ carry some ten roundings of 2⁻²⁴ in a loss of about 1, 1e-4 of slope, and as much of what two steps
  /// may differ by.
  @Test("The gradient goes through what z_n is divided by", arguments: NuisanceScale.allCases)
  func gradient(scale: NuisanceScale) {
    var game = game {
      $0.nuisanceScale = scale
      $0.nuisanceClassifiers = 2
    }
    // Classifiers that are sure of something.
    game.visitState { parameter, values in
      if parameter.name.hasSuffix("weight") { values = values.map { 4 * $0 } }
    }
    let (_, gradient) = game.uniformCrossEntropy(game.view(Activation(rowsOf: nuisance)), step: 0)
    var (resolved, wrong, largest) = (0, 0, 0.0)
    for row in 0..<20 {
      for column in 0..<Self.width {
        func at(_ step: Float) -> Double {
          var moved = nuisance
          moved[row, column] += step
          var copy = game
          return copy.uniformCrossEntropy(copy.view(Activation(rowsOf: moved)), step: 0).loss
        }
        let slope = (at(0x1p-7) - at(-0x1p-7)) * 64
        // A kink of a rectifier within the step shows in a smaller one.
        guard abs(slope - (at(0x1p-8) - at(-0x1p-8)) * 128) < 1e-4 else { continue }
        resolved += 1
        if abs(slope - Double(gradient[row, column])) > 5e-4 { wrong += 1 }
        largest = max(largest, abs(slope))
      }
    }
    #expect(resolved > 60 && wrong == 0, "seeds 91, 92: \(wrong) of \(resolved) slopes differ")
    #expect(largest > 5e-3, "slopes this small would prove nothing: \(largest)")
  }

  @Test("Divided by one number, small directions stay small; each by its own, they do not")
  func scales() {
    var rows = nuisance
    for row in 0..<20 { rows[row, 2] *= 0.05 }
    let each = game { $0.nuisanceScale = .each }.view(Activation(rowsOf: rows)).normal
    let whole = game { $0.nuisanceScale = .whole }.view(Activation(rowsOf: rows)).normal
    #expect(abs(BatchMoments(each).variance[2] - 1) < 0.01)
    #expect(BatchMoments(whole).variance[2] < 0.01)
    let square = whole.matrix().values.reduce(0) { $0 + $1 * $1 } / 120
    #expect(abs(square - 1) < 1e-5)
  }

  private func states(_ game: NuisanceGame) -> [String: [Float]] {
    var copy = game
    var result: [String: [Float]] = [:]
    copy.visitState { parameter, values in result[parameter.name] = values }
    return result
  }

  @Test("Classifiers begin anew in their turn, with other weights, and nobody else does")
  func resets() {
    var game = game {
      $0.nuisanceClassifiers = 2
      $0.nuisanceReset = 3
      $0.nuisanceSteps = 1
    }
    let view = game.view(Activation(rowsOf: nuisance))
    var steps: [String: [Float]] = [:]
    for step in 1...7 {
      _ = game.learn(view, labels: labels, step: step)
      let state = states(game)
      for name in ["nuisance_optimiser.steps", "nuisance_optimiser.1.steps"] {
        steps[name, default: []] += state[name] ?? []
      }
    }
    #expect(steps["nuisance_optimiser.steps"] == [1, 2, 1, 2, 3, 4, 5])
    #expect(steps["nuisance_optimiser.1.steps"] == [1, 2, 3, 4, 5, 1, 2])
  }

  @Test("A classifier that began anew is not asked until it has learned")
  func grace() {
    let game = game {
      $0.nuisanceClassifiers = 2
      $0.nuisanceReset = 5
      $0.nuisanceSteps = 1
    }
    let view = game.view(Activation(rowsOf: nuisance))
    func loss(_ step: Int) -> Double {
      var copy = game
      return copy.uniformCrossEntropy(view, step: step).loss
    }
    let both = loss(0)
    // Resets of classifiers 0 and 1 in turn after 5, 10, 15 steps; grace ends with the next one at the latest.
    let (withoutFirst, withoutSecond) = (loss(5), loss(10))
    #expect(withoutFirst != both && withoutSecond != both && withoutFirst != withoutSecond)
    #expect(abs(withoutFirst + withoutSecond - 2 * both) < 1e-6)
    #expect(loss(9) == withoutFirst && loss(14) == withoutSecond && loss(15) == withoutFirst)
    #expect(loss(4) == both)
    // A single one is always asked.
    var alone = self.game { $0.nuisanceReset = 5 }
    #expect(alone.uniformCrossEntropy(alone.view(Activation(rowsOf: nuisance)), step: 6).loss > 0)
  }

  @Test("Without classifiers nothing is remembered")
  func nobody() {
    let state = states(game { $0.nuisanceClassifiers = 0 })
    #expect(state.keys.allSatisfy { $0.hasPrefix("replay.") } && state["replay.values"] == [])
  }

  @Test("Noise is another in every step, and the same in a repeated one")
  func noise() {
    let game = game { $0.nuisanceNoise = 0.5 }
    let view = game.view(Activation(rowsOf: nuisance))
    func loss(_ step: Int) -> Double {
      var copy = game
      return copy.uniformCrossEntropy(view, step: step).loss
    }
    #expect(loss(3) == loss(3) && loss(3) != loss(4))
  }
}
