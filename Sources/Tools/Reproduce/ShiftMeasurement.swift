import Datasets
import Flow
import Kernels
import ToolSupport

/// What becomes of a trained model when the shortcut is gone: its error on the i.i.d. test and on D_Adv, and, of a bijection, what fresh
/// classifiers read of the class from z_n on D_train and on D_Adv.
///
/// The classifier on D_train learns from the codes of the training images and is tested on the i.i.d. test's. For D_Adv
/// there are test images only: those of even index are learned from, those of odd index tested on. So that the bounds on
/// information can be compared, the i.i.d. test is also split in such halves.
struct ShiftMeasurement {
  /// The file in a run's folder.
  static let file = "shift.json"

  /// Units in each of the two hidden layers of a fresh classifier.
  let hidden: Int
  /// Its passes over the codes of D_train.
  let epochs: Int
  let seed: UInt64
  let console: Console

  /// Passes over a half, which has far fewer codes.
  private var halfEpochs: Int { 2 * epochs }

  /// Measures a model.
  func run(_ trained: TrainedModel, _ splits: ImageSplits, shifted: LabelledImages) throws -> Metrics {
    var metrics = Metrics()
    metrics["iid.error"] = .number(try error(trained, splits.test))
    metrics["shifted.images"] = .integer(shifted.count)
    metrics["shifted.error"] = .number(try error(trained, shifted))
    guard case .bijective(let model) = trained else { return metrics }
    let test = try codes(model, splits.test, "i.i.d. test")
    let adversarial = try codes(model, shifted, "shifted test")
    let train = try codes(model, splits.train, "training")
    let pairs = [
      (name: "iid", fit: train, test: test, epochs: epochs),
      ("iid_halves", test.half(isOdd: false), test.half(isOdd: true), halfEpochs),
      ("shifted_halves", adversarial.half(isOdd: false), adversarial.half(isOdd: true), halfEpochs),
    ]
    for (name, fit, test, epochs) in pairs {
      var (fit, test) = (fit, test)
      let outcome = try NuisanceProbe(hidden: hidden, epochs: epochs, seed: seed, console: console).run(
        train: &fit.codes, fit.labels, test: &test.codes, test.labels, classes: model.configuration.classes,
        label: "nuisance classifier, \(name.replacing("_", with: " "))")
      outcome.record(in: &metrics, at: "nuisance.\(name)")
    }
    return metrics
  }

  private func codes(_ model: ImageModel, _ images: LabelledImages, _ name: String) throws -> LabelledCodes {
    let batches = ImageBatches(images, model.configuration)
    let codes = try model.codes(of: batches, epoch: 0, label: "codes of \(name) images", console: console)
    return LabelledCodes(codes: codes, labels: images.labels)
  }

  private func error(_ model: TrainedModel, _ images: LabelledImages) throws -> Double {
    var wrong = 0
    try forEachBatch(of: images.count, size: ImageTraining.evaluationBatch) { range in
      try Interrupt.check()
      let classes = model.classify(model.batch.activation(images, Array(range)))
      wrong += zip(classes, images.labels[range]).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    }
    return Double(wrong) / Double(images.count)
  }
}
