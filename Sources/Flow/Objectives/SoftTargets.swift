import Kernels

/// −(1/C)·Σ_c log softmax(logits)_c: the cross-entropy to the uniform distribution, in nats, as the mean over the samples,
/// with its gradient. Zero information about the class makes it smallest, log C; unlike minus the cross-entropy to the true
/// class, it is bounded below and its gradient does not vanish where a classifier is sure.
public func uniformCrossEntropy(_ logits: Activation) -> (loss: Double, gradient: Activation) {
  let labels = [UInt8](repeating: 0, count: logits.samples)
  let (loss, _, gradient) = smoothedCrossEntropy(logits, labels: labels, smoothing: 1)
  return (loss, gradient)
}

/// The cross-entropy to (1 − smoothing)·onehot(label) + smoothing/C (Szegedy et al. 2016, section 7), in nats, as the mean
/// over the samples; how many samples' largest logit is at their label; and the gradient, zero in lanes beyond the last
/// sample.
public func smoothedCrossEntropy(
  _ logits: Activation, labels: [UInt8], smoothing: Float
) -> (loss: Double, correct: Int, gradient: Activation) {
  var (loss, correct, gradient) = softmaxCrossEntropy(logits, labels: labels)
  guard smoothing > 0, logits.samples > 0 else { return (loss, correct, gradient) }
  // log softmax_c = logit_c − logit_label − loss, so that another target moves the loss by the mean logit's distance from
  // the label's, and the gradient by a constant.
  let classes = logits.channels
  let share = smoothing / Float(classes) / Float(logits.samples)
  for sample in 0..<logits.samples {
    let label = Int(labels[sample])
    var sum: Float = 0
    for channel in 0..<classes {
      sum += logits[sample, channel]
      gradient[sample, channel] -= share
    }
    gradient[sample, label] += share * Float(classes)
    let excess = logits[sample, label] - sum / Float(classes)
    loss += Double(smoothing * excess) / Double(logits.samples)
  }
  return (loss, correct, gradient)
}
