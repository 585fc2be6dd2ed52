import Testing

@testable import ToolSupport
@testable import Tools

@Suite struct Table2Tests {
  /// Every figure stands in the row and the column of its reader and model.
  @Test func figuresStandInTheirPlaces() throws {
    var metrics = Metrics()
    for (objective, base) in [("ce", 0.1), ("ice", 0.2)] {
      metrics["\(objective).logits.test.error"] = .number(base)
      metrics["\(objective).logits.train.error"] = .number(base + 0.01)
      for (index, reader) in Reader.Kind.allCases.enumerated() {
        let path = "\(objective).nuisance.readers.\(reader.rawValue)"
        metrics["\(path).test_error"] = .number(base + 0.02 + 0.01 * Double(index))
        metrics["\(path).train_error"] = .number(base + 0.05)
        metrics["\(path).information_lower_bound_nats"] = .number(base + Double(index))
      }
    }
    let lines = Table2(metrics: metrics, remark: "Invented.").text.split(separator: "\n").map(String.init)
    func numbers(_ name: String) throws -> [String] {
      let line = try #require(lines.first { $0.hasPrefix(name) })
      return line.dropFirst(name.count).split(separator: " ").map(String.init)
    }
    #expect(try numbers("this run, test, reader P") == ["–", "–", "10.00", "20.00", "12.00", "22.00"])
    #expect(try numbers("test, reader S") == ["–", "–", "–", "–", "13.00", "23.00"])
    #expect(try numbers("test, reader C") == ["–", "–", "–", "–", "14.00", "24.00"])
    #expect(try numbers("this run, train, reader P") == ["–", "–", "11.00", "21.00", "15.00", "25.00"])
    #expect(try numbers("paper, test") == ["0.21", "1.70", "0.39", "0.38", "0.34", "27.70"])
    #expect(try numbers("CE, I(y; z_n) ≥") == ["0.100", "1.100", "2.100"])
    #expect(try numbers("iCE, I(y; z_n) ≥") == ["0.200", "1.200", "2.200"])
    #expect(lines.last == "Invented.")
  }
}
