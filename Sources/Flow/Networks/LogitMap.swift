import Kernels

/// How z_s becomes logits: by a scale that is fixed, or by one that is learned.
///
/// Softmax sees the logits, the inverse sees z_s. With a scale of 1 cross-entropy pushes z_s far from where the codes of images lie, and
/// a metamer, whose z_s and z_n belong to different images, is no image any more; a larger scale lets z_s stay small. The learned one
/// is a batch norm with its γ and β, as the authors' published code has it (fully-invertible-revnet, train.py).
public enum LogitMap: Parameterised, Equatable {
  /// m: the logits are m·z_s.
  case fixed(Float)
  /// The logits are z_s, normalised number by number over the batch, times γ plus β; outside training by running moments.
  case learned(BatchNorm)

  /// A learned map of `classes` logits before training.
  public static func learned(classes: Int) -> LogitMap { .learned(BatchNorm(channels: classes)) }

  /// z_s, and the moments of its batch.
  struct Tape {
    let semantic: Activation
    let moments: BatchMoments?
  }

  /// The logits of z_s, one chain of arithmetic a sample: no sample depends on another.
  public func evaluate(_ semantic: Activation) -> Activation {
    switch self {
    case .fixed(1): semantic
    case .fixed(let scale): scaleChannels(semantic.view, by: [Float](repeating: scale, count: semantic.channels))
    case .learned(let norm): batchNorm(semantic, norm.running, rectifies: false)
    }
  }

  /// Like `evaluate`, with a tape; a learned map normalises by the batch's moments here.
  func evaluateRecording(_ semantic: Activation) -> (logits: Activation, tape: Tape) {
    guard case .learned(let norm) = self else {
      return (evaluate(semantic), Tape(semantic: semantic, moments: nil))
    }
    let moments = BatchMoments(semantic)
    return (
      batchNorm(semantic, norm.coefficients(moments), rectifies: false), Tape(semantic: semantic, moments: moments)
    )
  }

  /// ∂L/∂z_s from ∂L/∂logits, and the derivatives of γ and β in `gradient`.
  func backward(_ tape: Tape, logitGradient: Activation, into gradient: inout LogitMap) -> Activation {
    guard case .learned(let norm) = self, case .learned(var held) = gradient, let moments = tape.moments else {
      return evaluate(logitGradient)
    }
    let (dsemantic, dscale, dshift) = batchNormGradients(
      tape.semantic, norm.coefficients(moments), outputGradient: logitGradient, rectifies: false)
    held.setGradient(scale: dscale, shift: dshift, moments, .replace)
    gradient = .learned(held)
    return dsemantic
  }

  /// Visits γ, β and the running moments of a learned map; see `Parameterised`.
  public mutating func visitParameters(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    guard case .learned(var norm) = self else { return }
    norm.visitParameters(prefix: prefix, visit)
    self = .learned(norm)
  }
}
