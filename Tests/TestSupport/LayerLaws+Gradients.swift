import Flow
import Kernels

/// The derivatives that a layer's backward gives.
private struct Derivatives<Layer: InvertibleLayer> {
  let input: Matrix
  let parameters: [(parameter: Parameter, values: [Float])]
}

extension LayerLaws {
  /// The coefficients c of y in L = Σ c·y + Σ d·logDet.
  private var outputCoefficients: Matrix {
    gaussianMatrix(rows: x.rows, columns: x.columns, seed: seed, name: "laws: c")
  }

  /// The coefficients d of logDet.
  private var logDetCoefficients: [Float] {
    RandomStream(seed: seed, name: "laws: d").gaussians(count: x.rows)
  }

  private var logDetGradient: PerSample {
    var result = PerSample(samples: x.rows)
    for (sample, value) in logDetCoefficients.enumerated() { result[sample] = value }
    return result
  }

  /// Every sample's part of L, in Double.
  private func losses(_ layer: Layer, _ x: Matrix) -> [[Double]] {
    let (y, logDet) = layer.forward(batch(x))
    let outputs = y.matrix()
    let c = outputCoefficients
    let d = logDetCoefficients
    return (0..<x.rows).map { sample in
      let weighted = (0..<x.columns).map { Double(c[sample, $0]) * Double(outputs[sample, $0]) }
      return [weighted.reduce(Double(d[sample]) * Double(logDet[sample]), +)]
    }
  }

  /// Rounding errors of the samples' parts: those of the outputs, weighted, add as independent deviations.
  private var lossNoise: [Double] {
    let c = outputCoefficients
    let d = logDetCoefficients
    return magnitudes.enumerated().map { sample, magnitude in
      let squares = (0..<x.columns).map { Double(c[sample, $0]) * Double(c[sample, $0]) }
      return relativeError * magnitude * squares.reduce(Double(d[sample]) * Double(d[sample]), +).squareRoot()
    }
  }

  private func backward(
    _ tape: Layer.Tape, into start: Layer, _ accumulation: Accumulation
  ) -> Derivatives<Layer> {
    var gradient = start
    let y = layer.forward(batch(x)).y
    let dy = Activation(rowsOf: outputCoefficients).reshaped(height: y.height, width: y.width, channels: y.channels)
    let input = layer.backward(
      tape, outputGradient: dy, logDetGradient: logDetGradient, into: &gradient, accumulation)
    return Derivatives(input: input.matrix(), parameters: gradient.parameters())
  }

  private func derivatives() -> Derivatives<Layer> {
    backward(layer.forwardRecording(batch(x)).tape, into: layer, .replace)
  }

  func inputGradient() -> [Violation] {
    let found = derivatives().input
    guard found.rows == x.rows && found.columns == x.columns else {
      return [violation(.inputGradient, "has shape \(found.rows)×\(found.columns)")]
    }
    let noise = lossNoise
    var resolved = 0
    for channel in 0..<x.columns {
      let measured = slopes(noise: noise) { step in
        let (moved, positions) = x.moving(channel, by: step)
        return Sighting(positions: positions, quantities: losses(layer, moved))
      }
      for (sample, slope) in measured.enumerated() {
        guard let slope else { continue }
        resolved += 1
        if let problem = mismatch(found[sample, channel], slope.values[0], slope.error) {
          return [violation(.inputGradient, "sample \(sample), channel \(channel): \(problem)")]
        }
      }
    }
    let total = x.rows * x.columns
    return resolved * 4 >= total * 3
      ? [] : [violation(.inputGradient, "only \(resolved) of \(total) values away from kinks")]
  }

  func parameterGradient() -> [Violation] {
    let found = derivatives().parameters
    let noise = lossNoise
    var resolved = 0
    var total = 0
    for (index, expected) in layer.parameters().enumerated() where expected.parameter.kind == .trainable {
      guard found[index].parameter == expected.parameter else {
        return [violation(.parameterGradient, "\(found[index].parameter) stands for \(expected.parameter)")]
      }
      for place in expected.values.indices {
        total += 1
        let measured = slopes(noise: noise) { step in sighting(parameter: index, place: place, step: step) }
        let resolvedSlopes = measured.compactMap(\.self)
        guard resolvedSlopes.count == x.rows else { continue }
        resolved += 1
        let slope = resolvedSlopes.reduce(0) { $0 + $1.values[0] }
        let error = resolvedSlopes.reduce(0) { $0 + $1.error * $1.error }.squareRoot()
        if let problem = mismatch(found[index].values[place], slope, error) {
          return [violation(.parameterGradient, "\(expected.parameter.name)[\(place)]: \(problem)")]
        }
      }
    }
    return resolved * 4 >= total * 3
      ? [] : [violation(.parameterGradient, "only \(resolved) of \(total) values away from kinks")]
  }

  private func sighting(parameter: Int, place: Int, step: Float) -> Sighting {
    var moved = layer
    var position = 0.0
    var index = 0
    moved.visitParameters { _, values in
      if index == parameter {
        values[place] += step
        position = Double(values[place])
      }
      index += 1
    }
    return Sighting(positions: [Double](repeating: position, count: x.rows), quantities: losses(moved, x))
  }

  private func mismatch(_ found: Float, _ expected: Double, _ error: Double) -> String? {
    let allowed = error + relativeError * abs(expected)
    return abs(Double(found) - expected) <= allowed ? nil : "\(found), expected \(expected) ± \(allowed)"
  }

  func recording() -> [Violation] {
    let input = batch(x)
    let (y, logDet) = layer.forward(input)
    let recorded = layer.forwardRecording(input)
    var result: [Violation] = []
    if !sameBits(recorded.y.matrix().values, y.matrix().values) {
      result.append(violation(.recording, "forwardRecording gives another y than forward"))
    }
    if !sameBits((0..<x.rows).map { recorded.logDet[$0] }, (0..<x.rows).map { logDet[$0] }) {
      result.append(violation(.recording, "forwardRecording gives another logDet than forward"))
    }
    let rebuilt = layer.inverseRecording(y)
    if !sameBits(rebuilt.x.matrix().values, layer.inverse(y).x.matrix().values) {
      result.append(violation(.recording, "inverseRecording gives another x than inverse"))
    }
    let expected = backward(recorded.tape, into: layer, .replace)
    let found = backward(rebuilt.tape, into: layer, .replace)
    if let problem = difference(found, expected) {
      result.append(violation(.recording, "derivatives from inverseRecording's tape: \(problem)"))
    }
    return result
  }

  /// Derivatives at the x that was rebuilt are those at x but for the round trip, which is of the size of the rounding
  /// of every product on the way back: sums over samples and channels of products of numbers of their magnitude.
  private func difference(_ found: Derivatives<Layer>, _ expected: Derivatives<Layer>) -> String? {
    let magnitude = magnitudes.max() ?? 1
    let scale = relativeError * magnitude * magnitude * Double(x.rows * x.columns).squareRoot()
    let pairs =
      [("input", found.input.values, expected.input.values)]
      + zip(found.parameters, expected.parameters).map { ($0.parameter.name, $0.values, $1.values) }
    for (name, left, right) in pairs {
      for (index, (a, b)) in zip(left, right).enumerated()
      where !(abs(Double(a) - Double(b)) <= scale * (1 + abs(Double(b)))) {
        return "\(name)[\(index)]: \(a), expected \(b) ± \(scale * (1 + abs(Double(b))))"
      }
    }
    return nil
  }

  func accumulation() -> [Violation] {
    let tape = layer.forwardRecording(batch(x)).tape
    let replaced = backward(tape, into: layer, .replace)
    // If what was there matters to `.replace`, NaN shows it.
    let fromUndefined = backward(tape, into: filled(layer, with: .nan), .replace)
    let start = perturbed(layer, seed: seed, deviation: 1)
    let added = backward(tape, into: start, .add)
    for (index, before) in start.parameters().enumerated() {
      let name = before.parameter.name
      if !sameBits(fromUndefined.parameters[index].values, replaced.parameters[index].values) {
        return [violation(.accumulation, "\(name): .replace depends on what the gradient held")]
      }
      // Statistics are no derivatives, and add to nothing.
      for (place, old) in before.values.enumerated() where before.parameter.kind == .trainable {
        let new = Double(replaced.parameters[index].values[place])
        let sum = Double(added.parameters[index].values[place])
        // The sum runs over samples and pixels in another order of roundings: as many as there are of them.
        let terms = x.rows * pixels.height * pixels.width
        let size = Double(terms).squareRoot() * magnitudesSquared + abs(Double(old)) + abs(new)
        let allowed = 6 * Double(terms + 16).squareRoot() * unitRoundoff * size
        if !(abs(sum - (Double(old) + new)) <= allowed) {
          return [violation(.accumulation, "\(name)[\(place)]: \(old) and \(new) gave \(sum)")]
        }
      }
    }
    return sameBits(added.input.values, replaced.input.values)
      ? [] : [violation(.accumulation, "the input's gradient depends on .add")]
  }

  private var magnitudesSquared: Double { magnitudes.reduce(0) { max($0, $1 * $1) } }
}

/// Whether two arrays hold the same bits, NaN and the sign of zero included.
public func sameBits(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }
