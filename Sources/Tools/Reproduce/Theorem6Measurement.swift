import Datasets
import Flow
import Kernels
import ToolSupport

/// Codes that no reader can learn from.
struct CodesNotFinite: Error, CustomStringConvertible {
  /// What was read, and of which images.
  let name: String

  /// One sentence.
  var description: String { "\(name): expected finite numbers, found a covariance that is not." }
}

/// What theorem 6 of the paper speaks of, measured on one bijection: how much of the class readers find in z_s, in z_n and in
/// z, on D_train, on D_Adv and where the shortcut is that of another class.
///
/// Readers of z_n and of z learn from all training images of the same distribution: a few thousand codes of a thousand
/// numbers would bound the information far more loosely than sixty thousand. Readers of z_s, a few numbers, learn from one
/// half of the test images and are tested on the other, both ways round. Cost: three times the draws in passes of the network
/// over the training images, and six readers.
struct Theorem6Measurement {
  /// The file in a run's folder.
  static let file = "theorem6.json"
  /// Epochs of the small network that reads z_s, which sees half of the test images only.
  private static let smallEpochs = 60

  let coder: ImageCoder
  let training: TrainingConfiguration
  /// Draws of training images that are encoded in advance; see `CodeDraws`.
  let draws: Int
  /// The reader of z_n and z.
  let reader: Reader
  let seed: UInt64
  let console: Console

  /// Images of one distribution.
  struct Images {
    let distribution: Theorem6.Distribution
    let train, test: LabelledImages
    /// The class that each test image's shortcut speaks for, where it is another than the label.
    var codes: [UInt8]?
  }

  /// The images of all three distributions, training images as many as the run had.
  ///
  /// - Throws: `FileError` or `DataFileError` where a file of the folder is missing or no such file.
  func images(of folder: ShiftMNISTFolder) throws -> [Images] {
    let (splits, shifted) = try folder.load()
    func limited(_ images: LabelledImages) -> LabelledImages { training.limit.map { images.prefix($0) } ?? images }
    let unshortcut = limited(try folder.loadUnshortcut(like: splits.train))
    let wrong = try folder.wronglyCoded(unshortcut: unshortcut, shifted: shifted)
    return [
      Images(distribution: .train, train: limited(splits.train), test: splits.test),
      Images(distribution: .adversarial, train: unshortcut, test: shifted),
      Images(distribution: .wrongCode, train: wrong.train.images, test: wrong.test.images, codes: wrong.test.codes),
    ]
  }

  /// Measures.
  func run(_ sets: [Images]) throws -> Metrics {
    var metrics = Metrics()
    var trained: ColumnMoments?
    for images in sets {
      let moments = try measure(images, trained: trained, &metrics)
      if images.distribution == .train { trained = moments }
    }
    Theorem6Bounds(metrics.number)?.record(in: &metrics, at: "theorem6")
    metrics["seed"] = .text(String(seed))
    metrics["draws"] = .integer(draws)
    return metrics
  }

  /// One distribution. `trained` are the moments of codes of D_train; nil where this is D_train. Returns its training codes'.
  private func measure(
    _ images: Images, trained: ColumnMoments?, _ metrics: inout Metrics
  ) throws -> ColumnMoments {
    let (path, name) = (images.distribution.rawValue, images.distribution.title)
    let augmented = ImageBatches(images.train, coder.configuration, augmentation: training.augmentation)
    let train = try CodeDraws(
      of: augmented, by: coder, firstEpoch: training.epochs, draws: draws, name: "training images, \(name)",
      console: console)
    let test = try CodeDraws(
      of: ImageBatches(images.test, coder.configuration), by: coder, name: "test images, \(name)", console: console)
    let moments = ColumnMoments(train)
    metrics["\(path).train_images"] = .integer(images.train.count)
    metrics["\(path).test_images"] = .integer(images.test.count)
    metrics["\(path).entropy_nats"] = .number(Reading.entropy(of: test.labels))

    let own = try classes(test) { coder.classify($0) }
    metrics["\(path).argmax_error"] = .number(Self.differing(own, test.labels))
    if let codes = images.codes { metrics["\(path).argmax_is_code"] = .number(1 - Self.differing(own, codes)) }
    // The test images' own moments, without labels, in place of those that training left (Schneider et al. 2020).
    let (shifted, known) = (ColumnMoments(test)[coder.semantics], (trained ?? moments)[coder.semantics])
    let recentred = try classes(test) { z in
      let moved = shifted.replace(z.channels(coder.semantics), by: known)
      return coder.classify(coder.readOut.join(logits: moved, nuisance: coder.readOut.nuisance(z)))
    }
    metrics["\(path).recentred_argmax_error"] = .number(Self.differing(recentred, test.labels))

    let semantics = try crossFitted(test, of: "z_s, \(name)")
    semantics.discriminant.record(in: &metrics, at: "\(path).z_s.discriminant")
    semantics.network.record(in: &metrics, at: "\(path).z_s.network")
    // Either bounds the information from below, so that the larger bound is one.
    let best = [semantics.network, semantics.discriminant].max { $0.information < $1.information }
    best?.record(in: &metrics, at: "\(path).z_s")
    for (part, columns) in [("z_n", coder.nuisance), ("z", 0..<coder.configuration.dimensions)] {
      try reader.read(
        train, test: test, columns, moments: moments, classes: coder.configuration.classes, of: "\(part), \(name)"
      ).record(in: &metrics, at: "\(path).\(part)")
    }
    return moments
  }

  /// The classes that a decision gives to all codes.
  private func classes(_ codes: CodeDraws, _ decide: (Activation) -> [UInt8]) throws -> [UInt8] {
    var classes: [UInt8] = []
    try forEachBatch(of: codes.labels.count, size: ImageTraining.evaluationBatch) { range in
      try Interrupt.check()
      classes += decide(codes.batch(Array(range), epoch: 0))
    }
    return classes
  }

  private static func differing(_ one: [UInt8], _ other: [UInt8]) -> Double {
    Double(zip(one, other).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }) / Double(max(one.count, 1))
  }

  /// Readers of z_s alone that learn from the codes of even index and read those of odd index, and the other way round:
  /// MNIST's test set begins with the cleaner writers, so that its first and second half differ.
  private func crossFitted(_ codes: CodeDraws, of name: String) throws -> (discriminant: Reading, network: Reading) {
    let classes = coder.configuration.classes
    let halves = [0, 1].map { first in
      let indices = Array(stride(from: first, to: codes.labels.count, by: 2))
      let rows = Activation(concatenating: [codes.batch(indices, epoch: 0).channels(coder.semantics)]).matrix()
      return MatrixSource(samples: rows, labels: indices.map { codes.labels[$0] })
    }
    // Hundreds of epochs of milliseconds are one phase to who watches.
    let small = Reader(.strong, hidden: 64, epochs: Self.smallEpochs, seed: seed, console: console.quiet)
    let progress = Progress("readers of \(name)", total: 2, unit: "halves", console: console)
    var (discriminants, networks) = ([(reading: Reading, count: Int)](), [(reading: Reading, count: Int)]())
    for (index, fit) in halves.enumerated() {
      let held = halves[1 - index]
      let entropy = Reading.entropy(of: held.labels)
      let discriminant: QuadraticDiscriminant
      do {
        discriminant = try QuadraticDiscriminant(fit.samples, labels: fit.labels, classes: classes)
      } catch {
        throw CodesNotFinite(name: name)
      }
      let (nats, correct, _) = softmaxCrossEntropy(discriminant.logits(held.samples), labels: held.labels)
      let error = 1 - Double(correct) / Double(held.labels.count)
      discriminants.append((Reading(error: error, crossEntropy: nats, entropy: entropy), held.labels.count))
      let reading = try small.read(
        fit, test: held, coder.semantics, moments: ColumnMoments(fit), classes: classes, of: name)
      networks.append((reading, held.labels.count))
      progress.update(done: index + 1)
    }
    progress.finish()
    let entropy = Reading.entropy(of: codes.labels)
    return (Reading.mean(discriminants, entropy: entropy), Reading.mean(networks, entropy: entropy))
  }
}
