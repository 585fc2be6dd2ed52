import MicroKernels

/// Softmax cross-entropy of a batch of logits (1×1 pixel, channels = classes), in nats.
///
/// Returns the mean loss over the samples, how many samples' largest logit is at their label, and the gradient of the
/// mean with respect to the logits (zero in lanes beyond the last sample). A label is a channel's index.
public func softmaxCrossEntropy(
  _ logits: Activation, labels: [UInt8]
) -> (loss: Double, correct: Int, gradient: Activation) {
  precondition(
    labels.count == logits.samples && logits.height == 1 && logits.width == 1 && logits.channels > 0,
    "softmaxCrossEntropy: \(labels.count) labels do not fit logits \(logits.shape)")
  for label in labels {
    precondition(Int(label) < logits.channels, "softmaxCrossEntropy: label \(label) outside 0..<\(logits.channels)")
  }
  let gradient = logits.uninitializedLike()
  let kernel = InstructionSet.selected.softmaxCrossEntropy
  let classes = logits.channels
  var total = 0.0
  var correct = 0
  for block in 0..<logits.blocks {
    let lanes = min(16, logits.samples - 16 * block)
    var label = SIMD16<Int32>(repeating: 0)
    var weight = Vector(repeating: 0)
    for lane in 0..<lanes {
      label[lane] = Int32(labels[16 * block + lane])
      weight[lane] = 1 / Float(logits.samples)
    }
    let input = logits.pointer + block * classes
    let loss = kernel(classes, input, label, weight, gradient.storage.pointer + block * classes)
    let best = argmax(input, classes)
    for lane in 0..<lanes {
      total += Double(loss[lane])
      if best[lane] == label[lane] { correct += 1 }
    }
  }
  return (logits.samples > 0 ? total / Double(logits.samples) : 0, correct, gradient)
}

extension Activation {
  /// The channel of each sample's largest value; the first of equals. For 1×1 pixel.
  public func argmaxChannels() -> [Int] {
    precondition(height == 1 && width == 1 && channels > 0, "argmax: expected vectors, found \(shape)")
    return (0..<blocks).flatMap { block in
      let best = argmax(pointer + block * channels, channels)
      return (0..<min(16, samples - 16 * block)).map { Int(best[$0]) }
    }
  }

  /// A place at which a valid sample's value is not finite, or nil.
  public func firstNonFinite() -> (sample: Int, value: Int)? {
    // A finite number times zero is zero; anything else makes the sum NaN. If it came from a lane beyond the last sample,
    // the search below finds none.
    var total = Vector(repeating: 0)
    for index in 0..<storage.count { total += pointer[index] * 0 }
    guard laneSum(total) != 0 else { return nil }
    for block in 0..<blocks {
      for value in 0..<vectorsPerBlock {
        for lane in 0..<min(16, samples - 16 * block)
        where !pointer[block * vectorsPerBlock + value][lane].isFinite {
          return (16 * block + lane, value)
        }
      }
    }
    return nil
  }
}

private func argmax(_ logits: UnsafePointer<Vector>, _ classes: Int) -> SIMD16<Int32> {
  var largest = logits[0]
  var best = SIMD16<Int32>(repeating: 0)
  for c in 1..<max(classes, 1) {
    let isLarger = logits[c] .> largest
    largest.replace(with: logits[c], where: isLarger)
    best.replace(with: Int32(c), where: isLarger)
  }
  return best
}
