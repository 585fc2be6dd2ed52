import Testing

@testable import ToolSupport

@Suite struct HelpTests {
  @Test func listNamesEachCommandOnOneLine() {
    #expect(
      Help.list([DemoCommand()]) == """
        Usage: swift run Tools COMMAND [options]

        Commands:
          demo  draw shapes that nobody sees
          help  list the commands, or explain one

        `Tools help COMMAND` shows its options and an example.

        """)
  }

  @Test func pageShowsOptionsDefaultsAndExample() {
    #expect(
      Help.page(DemoCommand()) == """
        Usage: swift run Tools demo RUN [OTHER] [options]

        Draws shapes into RUN, a folder, and forgets them at once. This paragraph is long enough to be
        wrapped at the width of help.

        A second paragraph.

        Arguments:
          RUN    the folder of the run
          OTHER  another

        Options:
          --steps COUNT         how many shapes (an integer from 1 to 1000; default 100)
          --batch-size COUNT    shapes at a time (an integer of at least 1; default 64)
          --seed SEED           the seed of everything random (default 1)
          --weight W            how heavy they are (a number from -1 to 1.5; default 0)
          --learning-rate RATE  how fast they learn (a number greater than 0; default 0.001)
          --shape SHAPE         which shape (one of circle, square, triangle; default circle)
          --out FOLDER          where to write (default runs/demo)
          --mnist FOLDER        a folder of digits
          --fail HOW            fail in this way
          --resume              go on where the last run stopped
          --help                show this page

        Example:
          swift run Tools demo runs/a --steps 10

        """)
  }

  @Test func everyLineFits() {
    for line in Help.page(DemoCommand()).split(separator: "\n") { #expect(line.count <= Help.width) }
  }
}
