import Testing

@testable import ToolSupport
@testable import Tools

@Suite struct ToolsTests {
  private func run(_ arguments: [String]) -> (code: Int32, output: String, error: String) {
    let transcript = Transcript()
    let code = Tools.run(arguments: arguments, commands: [DemoCommand()], console: transcript.console())
    return (code, transcript.output, transcript.error)
  }

  @Test(arguments: [[], ["help"], ["--help"], ["-h"], ["help", "help"]])
  func theListIsShown(arguments: [String]) {
    #expect(run(arguments) == (0, Help.list([DemoCommand()]), ""))
  }

  @Test(arguments: [["help", "demo"], ["demo", "--help"], ["demo", "-h"], ["--help", "demo"]])
  func thePageIsShown(arguments: [String]) {
    #expect(run(arguments) == (0, Help.page(DemoCommand()), ""))
  }

  @Test func aCommandRuns() {
    #expect(run(["demo", "runs/a", "--steps=3"]) == (0, "3 of runs/a\n", ""))
  }

  @Test(
    arguments: [
      (["dmeo"], 64, "unknown command \"dmeo\", did you mean \"demo\"?"),
      (["elephant"], 64, "unknown command \"elephant\", `Tools help` lists the commands."),
      (["--steps"], 64, "unknown command \"--steps\", `Tools help` lists the commands."),
      (["help", "demp"], 64, "unknown command \"demp\", did you mean \"demo\"?"),
      (["help", "demo", "x"], 64, "unexpected argument \"x\" after \"help demo\"."),
      (["demo"], 64, "\"demo\" needs RUN, `Tools help demo` explains it."),
      (["demo", "a", "b", "c\nd"], 64, "unexpected argument \"c d\" after \"demo\"."),
      (["demo", "a", "--fail=usage"], 64, "--resume and --seed exclude each other."),
      (["demo", "a", "--fail=foundation"], 1, "cannot use /no such file here: no such file or folder."),
      (["demo", "a", "--fail=lines"], 1, "one two [31m three."),
      (["demo", "a", "--fail=interrupt"], 1, "interrupted."),
      (["demo", "a", "--fail=terminate"], 1, "terminated."),
    ] as [([String], Int32, String)])
  func failuresAreOneLineAndACode(arguments: [String], code: Int32, sentence: String) {
    #expect(run(arguments) == (code, "", "Tools: \(sentence)\n"))
  }

  @Test func anOutputThatFailsIsAnError() {
    let transcript = Transcript()
    let console = Console(
      output: { _ throws in throw FileError("write", "standard output", reason: "no space left on the device") },
      error: transcript.console().error, isTerminal: false, columns: 80)
    #expect(Tools.run(arguments: [], commands: [], console: console) == 1)
    #expect(transcript.error == "Tools: cannot write standard output: no space left on the device.\n")
  }

  @Test func everyCommandHasItsPageAndAnExampleThatParses() throws {
    let names = Tools.commands.map(\.name)
    #expect(Set(names).count == names.count)
    for command in Tools.commands {
      #expect(!Help.page(command).isEmpty)
      #expect(!command.summary.contains("\n") && !command.summary.hasSuffix("."))
      let words = command.example.split(separator: " ").map(String.init)
      #expect(words.prefix(4) == ["swift", "run", "Tools", command.name])
      let options = try Options.parse(
        Array(words.dropFirst(4)), command: command.name, options: command.options, arguments: command.arguments)
      #expect(options != nil)
    }
  }
}
