/// One thing to measure.
struct Case {
  /// What is measured: "matmul nn".
  let name: String
  /// How large it is.
  let shape: String
  /// How much one call does.
  let work: Work
  /// Makes the operands, checks the results against the slow reference, and returns what to time. Nothing is timed before
  /// its check has passed.
  let prepare: (Check) throws -> Body

  /// Name and shape, as `--filter` sees them.
  var title: String { "\(name) \(shape)" }
}

/// The amount of work of one call, in the unit in which its speed means something.
enum Work {
  /// Additions and multiplications; of a product also the bytes of its operands and results, each counted once.
  case operations(Double, bytes: Double = 0)
  /// Bytes read and written, each array counted once.
  case bytes(Double)
  /// Numbers produced.
  case elements(Double)

  /// Whether it has a place in the roofline.
  var isProduct: Bool {
    if case .operations(_, let bytes) = self { return bytes > 0 }
    return false
  }
}

/// What the clock runs on.
enum Body {
  /// Called again and again.
  case call(() throws -> Void)
  /// The multiply-add loop, which measures itself.
  case multiplyAddLoop
}
