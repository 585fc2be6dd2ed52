/// Floating-point operations a second of the multiply-add loop on `threads` threads at once: the machine's roof as
/// far as registers alone can show it.
///
/// Each of `repetitions` runs takes about `seconds`; the best one counts, as interference only ever slows down.
public func multiplyAddPeak(threads: Int, seconds: Double = 0.02, repetitions: Int = 10) -> Double {
  let before = Parallel.threads
  defer { Parallel.threads = before }
  Parallel.threads = threads
  let loop = InstructionSet.selected.multiplyAddLoop
  func run(_ rounds: Int) -> Double {
    let start = Parallel.nanoseconds()
    var operations = 0.0
    if threads == 1 {
      operations = loop(rounds)
    } else {
      Parallel.forEach(threads) { _ in precondition(loop(rounds) > 0, "the multiply-add loop ran") }
      operations = loop(1) * Double(rounds) * Double(threads)
    }
    return operations / (Double(Parallel.nanoseconds() - start) * 1e-9)
  }
  let trial = run(100_000)
  let rounds = max(1000, Int(seconds * trial / Double(threads) / loop(1)))
  return (0..<repetitions).map { _ in run(rounds) }.max() ?? trial
}
