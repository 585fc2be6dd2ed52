extension Parallel {
  /// The results of `transform` for every index below `count`, in order, computed on up to `threads` threads.
  ///
  /// Which thread computes which result changes from run to run; a transform that depends on its index alone gives the same
  /// array for any number of threads. Cost: as `forEach`.
  public static func map<Element: Sendable>(_ count: Int, _ transform: @Sendable (Int) -> Element) -> [Element] {
    [Element](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialised in
      guard let base = buffer.baseAddress else { return }
      let output = Unchecked(base)
      // Task `index` initialises element `index` and no other; `forEach` returns when all have.
      forEach(count) { index in (output.value + index).initialize(to: transform(index)) }
      initialised = max(count, 0)
    }
  }
}
