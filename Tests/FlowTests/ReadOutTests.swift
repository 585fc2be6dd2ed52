import Flow
import Kernels
import TestSupport
import Testing

struct ReadOutTests {
  @Test(arguments: [1, 2, 7], [1, 16, 17])
  func splitAndJoinAreExact(classes: Int, samples: Int) {
    let rows = gaussianMatrix(rows: samples, columns: 7, seed: 5, name: "z")
    let readOut = ReadOut(classes: classes)
    let z = Activation(rowsOf: rows)
    let logits = readOut.logits(z)
    let nuisance = readOut.nuisance(z)
    #expect(logits.channels == classes && nuisance.channels == 7 - classes)
    for sample in 0..<samples {
      for channel in 0..<7 {
        let part = channel < classes ? logits[sample, channel] : nuisance[sample, channel - classes]
        #expect(part == rows[sample, channel], "seed 5, sample \(sample), channel \(channel)")
      }
    }
    #expect(readOut.join(logits: logits, nuisance: nuisance).matrix() == rows)
  }

  @Test func gradientIsZeroOnTheNuisance() {
    let dlogits = gaussianMatrix(rows: 17, columns: 2, seed: 6, name: "dlogits")
    let dz = ReadOut(classes: 2).gradient(ofLogits: Activation(rowsOf: dlogits), channels: 5).matrix()
    #expect(dz.columns == 5)
    for sample in 0..<17 {
      for channel in 0..<5 {
        let expected = channel < 2 ? dlogits[sample, channel] : 0
        #expect(dz[sample, channel].bitPattern == expected.bitPattern, "seed 6, sample \(sample), channel \(channel)")
      }
    }
  }
}
