import Flow
import Kernels
import TestSupport
import Testing

struct ActnormTests {
  private func image(_ samples: Int, seed: UInt64) -> Activation {
    var rows = gaussianMatrix(rows: samples, columns: 18, seed: seed, name: "image")
    // Channels with means and deviations of their own.
    for index in rows.values.indices {
      let channel = Float(index % 3)
      rows.values[index] = rows.values[index] * (0.01 + 3 * channel) + 5 - 2 * channel
    }
    return Activation(rowsOf: rows).reshaped(height: 2, width: 3, channels: 3)
  }

  /// The mean of n roundings of u·|x|/deviation, and the scale's own rounding.
  @Test(arguments: [1, 16, 17, 40])
  func initialisationNormalises(samples: Int) {
    let x = image(samples, seed: 31)
    let layer = Actnorm(normalising: x)
    let (mean, variance) = layer.forward(x).y.channelMoments()
    let (before, spread) = x.channelMoments()
    for channel in 0..<3 {
      // x + bias is rounded by 2u|x| at most, which the scale, 1/deviation, enlarges; other roundings are relative.
      let deviation = spread[channel].squareRoot()
      let error = 4 * unitRoundoff * (abs(before[channel]) / deviation + 4)
      #expect(abs(mean[channel]) <= error, "seed 31, channel \(channel): mean \(mean[channel])")
      #expect(abs(variance[channel] - 1) <= 4 * error + 8 * unitRoundoff, "seed 31, channel \(channel)")
    }
    let initialised = Actnorm(channels: 3).initialised(on: x)
    #expect(initialised.layer.bias == layer.bias && initialised.layer.logScale == layer.logScale)
    #expect(sameBits(initialised.y.matrix().values, layer.forward(x).y.matrix().values))
  }

  /// The same samples with other numbers in the lanes beyond them.
  @Test func paddingLanesDoNotMatter() {
    let x = image(3, seed: 32)
    // Lanes 3…15 of `added` hold 7, those of x hold zero.
    let added = add(x.view, Activation(samples: 3, height: 2, width: 3, channels: 3, repeating: 7).view)
    let clean = Activation(rowsOf: added.matrix()).reshaped(height: 2, width: 3, channels: 3)
    #expect(Actnorm(normalising: added).bias == Actnorm(normalising: clean).bias)
    #expect(Actnorm(normalising: added).logScale == Actnorm(normalising: clean).logScale)
  }

  @Test func constantChannelsAreNotScaledToInfinity() {
    let layer = Actnorm(normalising: Activation(samples: 5, height: 2, width: 2, channels: 1, repeating: 3))
    #expect(layer.bias == [-3])
    #expect(abs(layer.logScale[0] - 6.931472) < 1e-6)
  }

  @Test func literalValues() {
    let x = Activation(rowsOf: Matrix(rows: 1, columns: 2, values: [3, 5]))
    var layer = Actnorm(channels: 2)
    layer.visitParameters { parameter, values in values = parameter.name == "bias" ? [1, -1] : [0, 0.6931472] }
    let (y, logDet) = layer.forward(x)
    #expect(y.matrix().values == [4, 8] && logDet[0] == 0.6931472)
  }
}
