import Kernels

/// What working together costs threads before any arithmetic: these lines tell the machine's mood (README.md).
enum ThreadCases {
  static var all: [Case] { [exchange(kilobytes: 0), exchange(kilobytes: 16), exchange(kilobytes: 256)] }

  private static func exchange(kilobytes: Int) -> Case {
    let vectors = kilobytes * 16
    // What one thread writes and reads; with nothing to hand over it is two calls that do nothing.
    let work: Work = kilobytes == 0 ? .elements(2) : .bytes(Double(2 * 1024 * kilobytes))
    return Case(
      name: kilobytes == 0 ? "parallel call" : "hand over",
      shape: kilobytes == 0 ? "two, nothing to do" : "\(kilobytes) kB a thread", work: work
    ) { check in
      let handOver = HandOver(vectors: vectors)
      let threads = Parallel.threads
      let expected = (0..<threads).map { Float(vectors) * (0.5 + Float(($0 + 1) % threads)) }
      try check.equal(handOver.exchange(0.5), expected, "what the threads read")
      return .call { handOver.exchange(0.5) }
    }
  }
}
