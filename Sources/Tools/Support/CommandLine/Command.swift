/// One command of `Tools`: what help says about it, what it accepts, and what it does.
package protocol Command: Sendable {
  /// The word typed after `Tools`.
  var name: String { get }
  /// One line for the list of commands, without a full stop.
  var summary: String { get }
  /// A paragraph or more of help: what it does, what it writes.
  var discussion: String { get }
  /// A command line that works, from `swift run` on.
  var example: String { get }
  /// Its positional arguments, required ones first.
  var arguments: [Argument] { get }
  /// Its options, in the order of help.
  var options: [Option] { get }

  /// Does the work.
  ///
  /// - Throws: `UsageError` for options that exclude each other, `Interrupted` from `Interrupt.check()`, or an error whose
  ///   description is one sentence.
  func run(_ options: Options, console: Console) throws
}
