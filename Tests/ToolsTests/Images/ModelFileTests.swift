import Flow
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Datasets
@testable import ToolSupport
@testable import Tools

@Suite struct ModelFileTests {
  private typealias Tensor = Safetensors.Tensor

  /// The model's file, changed, read again.
  private func cause(
    _ model: TrainedModel = .bijective(SmallModel.make()), metadata: [String: String?] = [:],
    _ change: ([Tensor]) -> [Tensor] = { $0 }
  ) throws -> ModelFileError.Cause? {
    let file = try Safetensors.decode([UInt8](ModelFile.encode(model)))
    let all = file.metadata.merging(metadata.compactMapValues { $0 }) { $1 }.filter {
      metadata[$0.key, default: ""] != nil
    }
    let bytes = Safetensors(metadata: all, tensors: change(file.tensors)).encode()
    do {
      _ = try ModelFile.decode(bytes, path: "x")
      return nil
    } catch {
      #expect(error.description.hasPrefix("x: ") && error.description.hasSuffix("."))
      return error.cause
    }
  }

  private func replacing(_ name: String, _ make: @escaping (Tensor) -> Tensor?) -> ([Tensor]) -> [Tensor] {
    { tensors in tensors.compactMap { $0.name == name ? make($0) : $0 } }
  }

  @Test(arguments: CouplingKind.allCases, [true, false])
  func aModelComesBack(coupling: CouplingKind, isPlain: Bool) throws {
    var configuration = SmallModel.configuration
    configuration.coupling = coupling
    configuration.convolution = isPlain ? .plain : .factored
    configuration.hasBatchNorm = !isPlain
    let model = SmallModel.make(configuration, hasPrior: true)
    try SmallModel.withRun(model) { run in
      for path in [run, run + "/"] {
        guard case .bijective(let read) = try ModelFile.read(run: path) else { throw NotOfItsKind() }
        #expect(read.configuration == configuration && read.extras == model.extras)
        let images = Digits(seed: 5).samples(0..<20, of: .test)
        let z = read.encode(images, Array(0..<20))
        #expect(z.largestDifference(from: model.encode(images, Array(0..<20))) == 0)
        #expect(read.decode(z).largestDifference(from: model.batch.activation(images, Array(0..<20))) < 1e-4)
      }
    }
  }

  private struct NotOfItsKind: Error {}

  @Test func aResNetComesBack() throws {
    let model = SmallModel.residual
    try SmallModel.withRun(model) { run in
      let read = try ModelFile.read(run: run)
      guard case .residual(let configuration, let network) = read, case .residual(_, let expected) = model else {
        throw NotOfItsKind()
      }
      #expect(configuration == model.configuration && network == expected)
      let x = read.batch.activation(Digits(seed: 5).samples(0..<20, of: .test), Array(0..<20))
      #expect((x.height, x.width) == (28, 28) && read.classify(x) == model.classify(x))
    }
    let name = "stages.2.blocks.0.projection.norm.variance"
    #expect(
      try cause(model, replacing(name) { Tensor(name: name, shape: $0.shape, values: $0.values.map { _ in -1 }) })
        == .tensor(name: name, expected: "variances of at least 0", found: "-1.0 at 0"))
    let stem = "stemNorm.variance"
    #expect(
      try cause(model, replacing(stem) { Tensor(name: stem, shape: $0.shape, values: $0.values.map { _ in -1 }) })
        == .tensor(name: stem, expected: "variances of at least 0", found: "-1.0 at 0"))
    let extra = try cause(model) { $0 + [Tensor(name: "prior.mean", shape: [1], values: [1])] }
    guard case .tensor("prior.mean", _, "one") = extra else { throw Unexpected(cause: extra) }
    let scale = try cause(
      model,
      replacing("readOut.weight") {
        Tensor(name: $0.name, shape: $0.shape, values: $0.values.map { _ in .greatestFiniteMagnitude })
      })
    guard case .model(_, let found) = scale, found.hasPrefix("one whose answer") else {
      throw Unexpected(cause: scale)
    }
    let huge = try cause(model, metadata: ["blocks": "100", "filters": "4096"])
    guard case .model = huge else { throw Unexpected(cause: huge) }
    let bijection = try cause(model, metadata: ["model": "fi-revnet"])
    guard case .metadata(let error) = bijection, error.key == "stages" else { throw Unexpected(cause: bijection) }
    let objective = try cause(model, metadata: ["objective": "ice"])
    guard case .metadata(let error) = objective, error.key == "objective" else { throw Unexpected(cause: objective) }
  }

  private static let name = "stages.1.blocks.1.coupling.function.convolutions.2.weight"

  @Test func tensorsMustBeTheNetworks() throws {
    let shape = [4, 3, 3, 8]
    #expect(
      try cause(.bijective(SmallModel.make()), replacing(Self.name) { _ in nil })
        == .tensor(name: Self.name, expected: "shape \(shape)", found: "no such tensor"))
    #expect(
      try cause(
        .bijective(SmallModel.make()), replacing(Self.name) { Tensor(name: $0.name, shape: [288], values: $0.values) })
        == .tensor(name: Self.name, expected: "shape \(shape)", found: "[288]"))
    for bad in [Float.nan, .infinity, -.infinity] {
      #expect(
        try cause(
          .bijective(SmallModel.make()),
          replacing(Self.name) {
            Tensor(name: $0.name, shape: $0.shape, values: $0.values.dropLast() + [bad])
          }) == .tensor(name: Self.name, expected: "finite numbers", found: "\(bad) at 287"))
    }
    let extra = try cause { $0 + [Tensor(name: "priors", shape: [1], values: [1])] }
    guard case .tensor("priors", _, "one") = extra else { throw Unexpected(cause: extra) }
    #expect(try cause { $0 + [Tensor(name: "nuisance.x", shape: [1], values: [1])] } == nil)
    #expect(
      try cause { $0 + [Tensor(name: "prior.x", shape: [1], values: [.nan])] }
        == .tensor(name: "prior.x", expected: "finite numbers", found: "nan at 0"))
  }

  private struct Unexpected: Error {
    let cause: ModelFileError.Cause?
  }

  @Test func metadataMustBeTheNetworks() throws {
    let missing = try cause(metadata: ["filters": nil])
    guard case .metadata(let error) = missing, error.key == "filters" else { throw Unexpected(cause: missing) }
    // Another number of steps: a tensor is missing, or left over.
    let more = try cause(metadata: ["steps": "3"])
    guard case .tensor("stages.0.blocks.2.actnorm.bias", _, "no such tensor") = more else {
      throw Unexpected(cause: more)
    }
    let fewer = try cause(metadata: ["steps": "1"])
    guard case .tensor(_, _, "one") = fewer else { throw Unexpected(cause: fewer) }
    let other = try cause(metadata: ["coupling": "affine"])
    guard case .tensor(_, _, "[2, 3, 3, 8]") = other else { throw Unexpected(cause: other) }
    // A network of gigabytes is refused before it is made.
    let clock = ContinuousClock()
    var huge: ModelFileError.Cause?
    let time = try clock.measure { huge = try cause(metadata: ["steps": "1000", "filters": "4096", "stages": "5"]) }
    guard case .model = huge else { throw Unexpected(cause: huge) }
    #expect(time < .seconds(5))
  }

  @Test func weightsMustHaveAnInverse() throws {
    var configuration = SmallModel.configuration
    configuration.convolution = .plain
    let name = "stages.0.blocks.1.convolution"
    #expect(
      try cause(
        .bijective(SmallModel.make(configuration)),
        replacing("\(name).weight") {
          // The third column is zero.
          Tensor(
            name: $0.name, shape: $0.shape, values: $0.values.enumerated().map { $0.offset % 4 == 2 ? 0 : $0.element })
        }) == .notInvertible(.singular(layer: name, pivot: 2)))
  }

  @Test func numbersWithoutBoundAreFound() throws {
    func filled(_ name: String, _ value: Float) throws -> ModelFileError.Cause? {
      try cause(
        .bijective(SmallModel.make()),
        replacing(name) {
          Tensor(name: $0.name, shape: $0.shape, values: $0.values.map { _ in value })
        })
    }
    let up = try filled("stages.0.blocks.0.actnorm.logScale", 200)
    guard case .model(_, let code) = up, code.hasPrefix("one whose code") else { throw Unexpected(cause: up) }
    let down = try filled("stages.0.blocks.0.actnorm.logScale", -200)
    guard case .model = down else { throw Unexpected(cause: down) }
    let variance = "stages.0.blocks.0.coupling.function.norms.1.variance"
    #expect(
      try filled(variance, -0.5)
        == .tensor(name: variance, expected: "variances of at least 0", found: "-0.5 at 0"))
    let factors = try filled("stages.2.blocks.0.convolution.logScale", 300)
    #expect(factors != nil)
  }

  /// Whatever is cut off or overwritten: an error that names the file, or a model; never a trap.
  @Test func damagedFilesAreRefusedOrRead() throws {
    let bytes = [UInt8](ModelFile.encode(.bijective(SmallModel.make(hasPrior: true))))
    for length in [0, 1, 7, 8, 9, 100, bytes.count / 2, bytes.count - 1] {
      let error = #expect(throws: ModelFileError.self) {
        try ModelFile.decode(Array(bytes[..<length]), path: "cut")
      }
      guard case .format = error?.cause else { throw Unexpected(cause: error?.cause) }
    }
    #expect(throws: ModelFileError.self) { try ModelFile.decode(bytes + [0], path: "long") }
    var random = SeededGenerator(state: 8)
    var refused = 0
    for _ in 0..<60 {
      var damaged = bytes
      // Most of the header, so that shapes, ranges and metadata are hit.
      for _ in 0..<3 { damaged[Int.random(in: 0..<8000, using: &random)] = UInt8.random(in: 32..<127, using: &random) }
      do { _ = try ModelFile.decode(damaged, path: "damaged") } catch { refused += 1 }
    }
    #expect(refused > 50)
  }

  @Test func runsThatAreNoneAreNamed() throws {
    func sentence(_ path: String) -> String {
      do { _ = try ModelFile.read(run: path) } catch { return ErrorSentence(error).text }
      return ""
    }
    try withTemporaryFolder { folder in
      #expect(sentence("\(folder)/none") == "cannot read the run \(folder)/none: no such folder.")
      #expect(sentence(folder) == "cannot read the run \(folder): it holds no model.safetensors.")
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/file"))
      #expect(sentence("\(folder)/file") == "cannot read the run \(folder)/file: it is a file.")
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/model.safetensors"))
      #expect(sentence(folder).hasPrefix("\(folder)/model.safetensors: safetensors, byte 0: expected"))
    }
  }
}
