import Testing

@testable import ToolSupport

@Suite struct OptionsTests {
  static func parse(_ line: String) throws(UsageError) -> Options? {
    let words = line.split(separator: " ").map(String.init)
    let demo = DemoCommand()
    return try Options.parse(words, command: demo.name, options: demo.options, arguments: demo.arguments)
  }

  @Test func defaultsStandWhenNothingIsGiven() throws {
    let options = try #require(try Self.parse("a"))
    #expect(options.integer("steps") == 100)
    #expect(options.unsigned("seed") == 1)
    #expect(options.number("weight") == 0)
    #expect(options.number("learning-rate") == 0.001)
    #expect(options.choice("shape", as: DemoShape.self) == .circle)
    #expect(options.text("out") == "runs/demo")
    #expect(options.textIfGiven("mnist") == nil)
    #expect(!options.flag("resume"))
    #expect(!options.isGiven("steps"))
    #expect(options.declares("steps") && options.declares("RUN") && !options.declares("stairs"))
    #expect(options.text("RUN") == "a")
    #expect(options.textIfGiven("OTHER") == nil)
  }

  @Test func everyKindIsReadInEitherForm() throws {
    let options = try #require(
      try Self.parse(
        "--steps 7 a --seed=18446744073709551615 --weight -0.5 --learning-rate=2.5e-4 --shape square b --out=--odd --resume"
          + " --mnist -"))
    #expect(options.integer("steps") == 7)
    #expect(options.unsigned("seed") == .max)
    #expect(options.number("weight") == -0.5)
    #expect(options.number("learning-rate") == 2.5e-4)
    #expect(options.choice("shape", as: DemoShape.self) == .square)
    #expect(options.text("out") == "--odd")
    #expect(options.textIfGiven("mnist") == "-")
    #expect(options.flag("resume"))
    #expect(options.isGiven("steps") && options.isGiven("RUN"))
    #expect(options.text("RUN") == "a" && options.text("OTHER") == "b")
    let configuration = options.configuration.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    #expect(
      configuration == "OTHER=b RUN=a batch-size=64 learning-rate=0.00025 mnist=- out=--odd resume=true"
        + " seed=18446744073709551615 shape=square steps=7 weight=-0.5")
  }

  @Test(arguments: ["--help", "-h", "a --help", "--nonsense --help", "a b c -h"])
  func helpIsWantedWhateverElseIsThere(line: String) throws {
    #expect(try Self.parse(line) == nil)
  }

  @Test(arguments: [
    ("a --stpes 3", "unknown option --stpes, did you mean --steps?"),
    ("a -steps 3", "unknown option -steps, did you mean --steps?"),
    ("a --batchsize=3", "unknown option --batchsize, did you mean --batch-size?"),
    ("a --xyzzy", "unknown option --xyzzy, `Tools help demo` lists the options."),
    ("a --", "unknown option --, `Tools help demo` lists the options."),
    ("a --RUN=b", "unknown option --RUN, `Tools help demo` lists the options."),
    ("a --steps", "option --steps needs a value: --steps COUNT."),
    ("a --steps=", "option --steps needs a value: --steps COUNT."),
    ("a --out=", "option --out needs a value: --out FOLDER."),
    (
      "a --out --seed 3",
      "option --out needs a value (FOLDER), found --seed, which looks like an option; write --out=--seed if it is the value."
    ),
    (
      "a --steps --seed",
      "option --steps needs a value (COUNT), found --seed, which looks like an option; write --steps=--seed if it is the value."
    ),
    ("a --resume=yes", "option --resume takes no value, found \"yes\"."),
    ("a --resume=", "option --resume takes no value, found \"\"."),
    ("a --steps ten", "option --steps needs an integer from 1 to 1000, found \"ten\"."),
    ("a --steps 1.5", "option --steps needs an integer from 1 to 1000, found \"1.5\"."),
    ("a --steps 1_000", "option --steps needs an integer from 1 to 1000, found \"1_000\"."),
    ("a --steps=+", "option --steps needs an integer from 1 to 1000, found \"+\"."),
    ("a --steps ٣", "option --steps needs an integer from 1 to 1000, found \"٣\"."),
    ("a --steps 0", "option --steps needs an integer from 1 to 1000, found 0."),
    ("a --steps -1", "option --steps needs an integer from 1 to 1000, found -1."),
    ("a --steps 99999999999999999999", "option --steps needs an integer from 1 to 1000, found 99999999999999999999."),
    ("a --batch-size 0", "option --batch-size needs an integer of at least 1, found 0."),
    ("a --seed -1", "option --seed needs an integer from 0 to 18446744073709551615, found -1."),
    ("a --seed 0x1f", "option --seed needs an integer from 0 to 18446744073709551615, found \"0x1f\"."),
    (
      "a --seed 18446744073709551616",
      "option --seed needs an integer from 0 to 18446744073709551615, found 18446744073709551616."
    ),
    ("a --weight 2", "option --weight needs a number from -1 to 1.5, found 2."),
    ("a --weight nan", "option --weight needs a number from -1 to 1.5, found \"nan\"."),
    ("a --weight 1e", "option --weight needs a number from -1 to 1.5, found \"1e\"."),
    ("a --learning-rate 0", "option --learning-rate needs a number greater than 0, found 0."),
    ("a --learning-rate -1e-3", "option --learning-rate needs a number greater than 0, found -1e-3."),
    ("a --learning-rate 1e999", "option --learning-rate needs a number greater than 0, found 1e999."),
    ("a --learning-rate inf", "option --learning-rate needs a number greater than 0, found \"inf\"."),
    (
      "a --shape squer",
      "option --shape needs one of circle, square, triangle, found \"squer\", did you mean \"square\"?"
    ),
    ("a --shape blob", "option --shape needs one of circle, square, triangle, found \"blob\"."),
    ("a --steps 3 --steps=3", "option --steps is given twice."),
    ("a --resume --resume", "option --resume is given twice."),
    ("a b c", "unexpected argument \"c\" after \"demo\"."),
    ("--steps 3", "\"demo\" needs RUN, `Tools help demo` explains it."),
  ])
  func mistakesAreNamed(line: String, sentence: String) {
    let error = #expect(throws: UsageError.self) { try Self.parse(line) }
    #expect(error?.description == sentence)
  }

  @Test func aRequiredOptionIsAskedFor() throws {
    let option = Option.text("from", required: true, metavar: "FILE", help: "what to read")
    let error = #expect(throws: UsageError.self) {
      try Options.parse([], command: "copy", options: [option], arguments: [])
    }
    #expect(error?.description == "option --from FILE is required by \"copy\".")
    let options = try Options.parse(["--from=x"], command: "copy", options: [option], arguments: [])
    #expect(options?.text("from") == "x")
  }

  @Test func mistakesOfACommandTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = try Options.parse([], command: "c", options: [], arguments: [])?.integer("steps")
    }
    await #expect(processExitsWith: .failure) {
      _ = Option.integer("steps", default: 0, in: 1...2, metavar: "COUNT", help: "a default out of its range")
    }
  }
}
