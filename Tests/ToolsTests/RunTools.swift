import Kernels

@testable import Tools

/// Runs a command line of `Tools` and returns its exit code and what it said; the number of threads is as before then.
func runTools(_ words: [String]) -> (code: Int32, output: String, error: String) {
  let transcript = Transcript()
  let before = Parallel.threads
  defer { Parallel.threads = before }
  let code = Tools.run(arguments: words, commands: Tools.commands, console: transcript.console())
  return (code, transcript.output, transcript.error)
}
