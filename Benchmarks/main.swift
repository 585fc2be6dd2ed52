import Foundation
import ToolSupport

let words = Array(CommandLine.arguments.dropFirst())
exit(Interrupt.handling { BenchmarksCommand.run(words: words, console: .standard) })
