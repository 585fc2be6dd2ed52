import Kernels

/// How a whitening follows the codes of a network in training.
public struct WhiteningSettings: Sendable, Equatable {
  /// What the weight of a class's codes is multiplied by with each later code of the class; its inverse distance from 1 is how many
  /// codes of a class count.
  public var decay = 1 - 1.0 / 8192
  /// Batches from one refresh of the layer to the next.
  public var interval = 200
  /// s of the covariances (1 − s)·C + s·diag(C).
  public var shrinkage = 0.01
  /// The weight, in codes for every dimension, that a class's statistics need before its map is taken from them.
  public var codesPerDimension = 2.0

  /// The defaults.
  public init() {}
}

/// A `ClassWhitening` whose statistics follow the codes of a network in training: observed batch by batch, taken over by the
/// layer at intervals, so that it is constant in between.
///
/// A class keeps its map, the identity at first, until its statistics have the weight that the settings ask for, and where they
/// have no inverse.
public struct RunningWhitening: Sendable {
  /// The layer as last refreshed.
  public private(set) var layer: ClassWhitening
  private let settings: WhiteningSettings
  private var statistics: ClassStatistics
  /// Batches since the last refresh.
  private var batches: [Float] = [0]

  /// The identity, on codes of `dimensions` numbers of which the first `classes` are logits.
  public init(classes: Int, dimensions: Int, settings: WhiteningSettings = WhiteningSettings()) {
    precondition(settings.interval >= 1, "running whitening: found an interval of \(settings.interval)")
    self.settings = settings
    layer = ClassWhitening(classes: classes, dimensions: dimensions - classes)
    statistics = ClassStatistics(classes: classes, dimensions: dimensions - classes, decay: settings.decay)
  }

  /// Takes a batch of codes, as the layer is given them, into the statistics, under the keys of their own logits; every `interval`
  /// batches the layer takes its maps from the statistics. Cost: `ClassStatistics.observe`, and `ClassWhitening`'s for a refresh.
  public mutating func observe(_ z: Activation) {
    let classes = layer.classes
    statistics.observe(
      Activation(concatenating: [z.channels(classes..<z.channels)]),
      classes: ClassWhitening.keys(z, classes: classes))
    batches[0] += 1
    if Int(batches[0]) >= settings.interval { refresh() }
  }

  private mutating func refresh() {
    batches[0] = 0
    statistics.settle()
    let least = settings.codesPerDimension * Double(layer.dimensions)
    let known = (0..<layer.classes).filter { statistics.weight(of: $0) >= least }
    _ = layer.update(statistics, classes: known, shrinkage: settings.shrinkage)
  }

  /// Visits the layer's maps, the statistics and the batches since the last refresh, for a checkpoint.
  public mutating func visitState(prefix: String, _ visit: (Parameter, inout [Float]) -> Void) {
    layer.visitParameters(prefix: prefix, visit)
    statistics.visitState(prefix: prefix + "statistics.", visit)
    visit(Parameter(name: prefix + "batches", shape: [1], kind: .statistic), &batches)
  }
}
