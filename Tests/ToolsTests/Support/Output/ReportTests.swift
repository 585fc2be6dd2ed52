import Foundation
import Testing

@testable import ToolSupport

@Suite struct ReportTests {
  private static func sample() -> String {
    var report = Report(title: "Run <1> & \"more\"")
    report.paragraph("It's 3 < 4 && 5 > 4.")
    report.heading("Numbers")
    report.table(
      caption: "Errors", header: ["Test", "Error"],
      rows: [["<i.i.d.>", "1.5 %"], ["shifted", "-2e-3"], ["none", "n/a"]])
    report.configuration(caption: "Options", [("seed", "1"), ("out", "runs/a\u{0}b")])
    report.figure(png: [0x89, 0x50, 0x4E, 0x47, 0xFF], caption: "A \"figure\"")
    report.preformatted("swift run Tools demo '<x>'\n\tnext")
    return String(decoding: report.html(), as: UTF8.self)
  }

  @Test func contentsAreEscaped() {
    let html = Self.sample()
    for part in [
      "<title>Run &lt;1&gt; &amp; &quot;more&quot;</title>", "<h1>Run &lt;1&gt; &amp; &quot;more&quot;</h1>",
      "<p>It&#39;s 3 &lt; 4 &amp;&amp; 5 &gt; 4.</p>", "<td>&lt;i.i.d.&gt;</td><td class=\"number\">1.5 %</td>",
      "<td>shifted</td><td class=\"number\">-2e-3</td>", "<td>none</td><td>n/a</td>", "<th scope=\"col\">Error</th>",
      "<th scope=\"row\">seed</th><td class=\"number\">1</td>", "<td>runs/a\u{FFFD}b</td>",
      // Base64 of the five bytes, from the alphabet's definition (RFC 4648).
      "<img alt=\"A &quot;figure&quot;\" src=\"data:image/png;base64,iVBOR/8=\">",
      "<pre>\nswift run Tools demo &#39;&lt;x&gt;&#39;\n\tnext</pre>",
    ] { #expect(html.contains(part), "\(part)") }
  }

  @Test func theFileStandsAlone() {
    let html = Self.sample()
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">\n"))
    #expect(html.hasSuffix("</html>\n"))
    #expect(html.contains("@media (prefers-color-scheme: dark)"))
    for part in ["<script", "http:", "https:", "@import", "url("] { #expect(!html.contains(part), "\(part)") }
  }

  @Test func everyElementIsClosedInOrder() throws {
    var open: [Substring] = []
    var rest = Self.sample()[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: start)...]
      let end = try #require(rest.firstIndex(of: ">"))
      let tag = rest[..<end]
      let name = tag.prefix { $0 != " " }
      if name.hasPrefix("/") {
        #expect(open.popLast() == name.dropFirst())
      } else if !["!DOCTYPE", "meta", "img"].contains(name) {
        open.append(name)
      }
      rest = rest[end...]
    }
    #expect(open.isEmpty)
  }

  @Test func theSameReportIsTheSameBytes() {
    #expect(Self.sample() == Self.sample())
  }
}
