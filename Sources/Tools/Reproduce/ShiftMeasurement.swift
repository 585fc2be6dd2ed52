import Datasets
import Flow
import ToolSupport

/// What becomes of a trained model's own decision when the shortcut is gone: its error on the i.i.d. test and on D_Adv.
/// `Theorem6Measurement` says where the class went.
struct ShiftMeasurement {
  /// The file in a run's folder.
  static let file = "shift.json"

  /// Measures a model.
  func run(_ trained: TrainedModel, _ splits: ImageSplits, shifted: LabelledImages) throws -> Metrics {
    var metrics = Metrics()
    metrics["iid.images"] = .integer(splits.test.count)
    metrics["iid.error"] = .number(try error(trained, splits.test))
    metrics["shifted.images"] = .integer(shifted.count)
    metrics["shifted.error"] = .number(try error(trained, shifted))
    return metrics
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
