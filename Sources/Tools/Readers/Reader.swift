import Flow
import Kernels
import ToolSupport

/// A classifier that reads the class from the codes of a frozen network: what is still to be found there.
///
/// The one that plays against the network in training is fooled long before a fresh one is, so that only fresh ones count.
/// All learn from augmented images, a new draw of each in every epoch, and are tested on images as they are.
struct Reader {
  /// The readers, by the letters that name them in options and files.
  enum Kind: String, CaseIterable {
    /// As the paper seems to have read (appendix D.2): 512-512 with dropout 0.1 on z_n as it is, Adamax 1e-3, batches of 64.
    case paperLike = "P"
    /// 1024-1024 on standardised z_n, Adam 1e-3 that falls over the last 70 % of training, batches of 128.
    case strong = "S"
    /// A ResNet of 8 filters and one block a stage on the image F⁻¹(mean z_s, z_n), trained like S.
    case convolutional = "C"

    /// For tables.
    var title: String {
      switch self {
      case .paperLike: "P, 512-512, dropout, as it is"
      case .strong: "S, 1024-1024, standardised"
      case .convolutional: "C, ResNet on F⁻¹(mean z_s, z_n)"
      }
    }

    /// Units in each of the two hidden layers; a ResNet's filters in the first stage.
    fileprivate var hidden: Int {
      switch self {
      case .paperLike: 512
      case .strong: 1024
      case .convolutional: 8
      }
    }

    fileprivate var epochs: Int { self == .paperLike ? 20 : 12 }
  }

  let kind: Kind
  private let hidden: Int
  private let epochs: Int
  private let seed: UInt64
  private let console: Console

  /// A reader with other sizes than its own where they are given.
  init(_ kind: Kind, hidden: Int? = nil, epochs: Int? = nil, seed: UInt64, console: Console) {
    self.kind = kind
    self.hidden = hidden ?? kind.hidden
    self.epochs = epochs ?? kind.epochs
    self.seed = seed
    self.console = console
  }

  /// Reads z_n.
  ///
  /// - Parameter moments: those of the training codes.
  func readNuisance(
    _ train: CodeDraws, test: CodeDraws, moments: ColumnMoments, by coder: ImageCoder
  ) throws -> Reading {
    let classes = coder.configuration.classes
    guard kind == .convolutional else {
      return try read(train, test: test, coder.nuisance, moments: moments, classes: classes, of: "z_n")
    }
    let means = moments[coder.semantics].means
    let images = try CodeDraws(blanking: train, by: coder, means: means, name: "training images", console: console)
    let testImages = try CodeDraws(blanking: test, by: coder, means: means, name: "test images", console: console)
    let network = ResidualNetwork(
      channels: 1, blocks: 1, filters: hidden, classes: classes, random: RandomStream(seed: seed, name: "reader C"))
    return try fit(network, Adam(learningRate: 1e-3), images, test: testImages, of: "z_n")
  }

  /// Reads some numbers of codes. C reads images alone.
  ///
  /// - Parameter moments: those of all numbers of the training codes.
  func read(
    _ train: some BatchSource, test: some BatchSource, _ columns: Range<Int>, moments: ColumnMoments, classes: Int,
    of name: String
  ) throws -> Reading {
    let random = RandomStream(seed: seed, name: "reader \(kind.rawValue)")
    let widths = [columns.count, hidden, hidden, classes]
    switch kind {
    case .paperLike:
      let dropouts = (0..<2).map {
        Dropout(probability: 0.1, random: RandomStream(seed: seed, name: "reader P, dropout \($0)"))
      }
      return try fit(
        RectifierNetwork(widths: widths, dropouts: dropouts, random: random), Adamax(learningRate: 1e-3),
        CodeView(source: train, columns: columns, moments: nil),
        test: CodeView(source: test, columns: columns, moments: nil), of: name)
    case .strong:
      let own = moments[columns]
      return try fit(
        RectifierNetwork(widths: widths, random: random), Adam(learningRate: 1e-3),
        CodeView(source: train, columns: columns, moments: own),
        test: CodeView(source: test, columns: columns, moments: own), of: name)
    case .convolutional: preconditionFailure("reader C reads images, not \(name)")
    }
  }

  private func fit(
    _ model: some Classifier, _ optimiser: some Optimiser, _ train: some BatchSource, test: some BatchSource,
    of name: String
  ) throws -> Reading {
    let isPaperLike = kind == .paperLike
    var trainer = Trainer(
      learner: CrossEntropyLearner(model: model, optimiser: optimiser), batch: isPaperLike ? 64 : 128, seed: seed,
      schedule: isPaperLike ? .constant : .linearDecay(lastFraction: 0.7), plannedEpochs: epochs)
    let records = try TrainingRun(
      name: "reader \(kind.rawValue) of \(name)", unit: "samples", epochs: epochs, console: console
    ).run(&trainer, on: train, afterEpoch: { _, _ in "" })
    let (crossEntropy, error) = trainer.learner.model.evaluate(test, batch: 1000)
    return Reading(
      trainError: records.last.map { 1 - $0.outcome.accuracy }, error: error, crossEntropy: crossEntropy,
      entropy: Reading.entropy(of: test.labels))
  }
}
