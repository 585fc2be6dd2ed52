/// All cases, in the order of the table.
enum CaseList {
  static var all: [Case] {
    [peak] + ThreadCases.all + MatmulCases.all + DenseCases.all + ConvolutionCases.all + BatchNormCases.all
      + ElementwiseCases.all + TrainingCases.all + DataCases.all + StepCases.all + CouplingCases.all
      + ImageStepCases.all + ResidualStepCases.all
  }

  /// The cases whose title contains `filter`, all without one.
  ///
  /// - Throws: `BenchmarkError` that lists the titles when none does.
  static func matching(_ filter: String?) throws -> [Case] {
    let all = all
    guard let filter else { return all }
    let chosen = all.filter { typeable($0.title).contains(typeable(filter)) }
    guard !chosen.isEmpty else {
      let titles = all.map(\.title).joined(separator: "; ")
      throw BenchmarkError("no case contains \"\(filter)\"; there are: \(titles).")
    }
    return chosen
  }

  /// Lower case, with the signs that keyboards lack written as people type them.
  private static func typeable(_ text: String) -> String {
    text.lowercased().replacing("×", with: "x").replacing("→", with: "->")
  }

  private static var peak: Case {
    Case(name: "fma peak", shape: "registers only", work: .operations(Peaks.operationsPerSample)) { _ in
      .multiplyAddLoop
    }
  }
}
