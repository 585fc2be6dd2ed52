import Flow
import Kernels
import TestSupport
import Testing

struct RunningWhiteningTests {
  private static let settings: WhiteningSettings = {
    var settings = WhiteningSettings()
    settings.interval = 4
    settings.decay = 0.999
    return settings
  }()

  /// A batch of 24 codes of three classes, the last one rare, and six numbers beside the logits.
  private func batch(_ number: Int) -> Activation {
    var rows = gaussianMatrix(rows: 24, columns: 3 + 6, seed: 91, name: "batch \(number)")
    for row in 0..<24 {
      let key = row == 0 ? 2 : row % 2
      rows[row, key] = 9
      for column in 4..<9 { rows[row, column] += Float(1 + key) * rows[row, column - 1] }
    }
    return Activation(rowsOf: rows)
  }

  private func fresh() -> RunningWhitening {
    RunningWhitening(classes: 3, dimensions: 9, settings: Self.settings)
  }

  private func state(_ whitening: RunningWhitening) -> [(parameter: Parameter, values: [Float])] {
    var copy = whitening
    var result: [(parameter: Parameter, values: [Float])] = []
    copy.visitState(prefix: "whitening.") { parameter, values in result.append((parameter, values)) }
    return result
  }

  /// The layer changes with every fourth batch alone, and then only the maps of classes seen twice a dimension.
  @Test func theLayerIsRefreshedAtIntervals() {
    var whitening = fresh()
    var maps = [whitening.layer.parameters().map(\.values)]
    for number in 0..<8 {
      whitening.observe(batch(number))
      maps.append(whitening.layer.parameters().map(\.values))
    }
    for step in 1...8 { #expect((maps[step] == maps[step - 1]) == (step % 4 != 0), "batch \(step)") }
    // 8 codes of the third class are fewer than 12; it keeps the identity.
    #expect(Array(maps[8][4...]) == Array(maps[0][4...]))
    #expect(maps[8][0] != maps[0][0] && maps[8][2] != maps[0][2])
  }

  /// A class whose codes do not vary has no whitening, and keeps its map; the other has one.
  @Test func classesWithoutInverseKeepTheirMaps() {
    var settings = Self.settings
    settings.interval = 1
    var whitening = RunningWhitening(classes: 2, dimensions: 3, settings: settings)
    let rows = Matrix(rows: 4, columns: 3, values: [1, 0, 5, 1, 0, 5, 0, 1, 2, 0, 1, 4])
    whitening.observe(Activation(rowsOf: rows))
    // Mean 3 and deviation 1.
    #expect(whitening.layer.parameters().map(\.values) == [[0], [1], [3], [1]])
  }

  /// With codes that wait and a layer older than the statistics, at whatever batch.
  @Test(arguments: [0, 3, 5])
  func aStatePutIntoAFreshOneGoesOnToTheBit(batches: Int) {
    var whole = fresh()
    for number in 0..<batches { whole.observe(batch(number)) }
    let saved = state(whole)
    #expect(Set(saved.map(\.parameter.name)).count == saved.count, "names are unique")
    var resumed = fresh()
    var index = 0
    resumed.visitState(prefix: "whitening.") { parameter, values in
      #expect(parameter == saved[index].parameter && values.count == saved[index].values.count)
      values = saved[index].values
      index += 1
    }
    #expect(index == saved.count)
    for number in batches..<12 {
      whole.observe(batch(number))
      resumed.observe(batch(number))
    }
    for (one, other) in zip(state(whole), state(resumed)) {
      #expect(sameBits(one.values, other.values), "\(one.parameter.name)")
    }
    #expect(
      sameBits(whole.layer.forward(batch(20)).y.matrix().values, resumed.layer.forward(batch(20)).y.matrix().values))
  }
}
