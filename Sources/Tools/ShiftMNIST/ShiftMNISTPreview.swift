import Datasets
import ToolSupport

/// A contact sheet of a variant: for each label some images of each set that models are trained or tested on.
struct ShiftMNISTPreview {
  /// Images of a label and a set.
  static let examples = 4
  /// The sets that are shown.
  static let parts = [ShiftMNIST.Part.train, .test, .shifted]
  /// Labels that are shown, the first ones.
  static let labels = 20
  /// The largest side that is shown in full; larger images are thinned out.
  static let largestSide = 256

  let variant: ShiftMNISTConfiguration.Variant
  let set: ShiftMNIST
  /// The names of the labels' textures, if the variant has any.
  let textures: [String]

  /// The picture.
  func render() -> Canvas {
    let images = set.train.images
    let step = (max(images.height, images.width) + Self.largestSide - 1) / Self.largestSide
    let shown = min(images.classes, Self.labels)
    var rows = [[[UInt8]?]](repeating: [], count: shown)
    for part in Self.parts {
      for (label, indices) in first(shown, of: set[part].images).enumerated() {
        let cells = indices.map { thinned(set[part].images, $0, step) as [UInt8]? }
        rows[label] += cells + [[UInt8]?](repeating: nil, count: Self.examples - cells.count)
      }
    }
    var sheet = ContactSheet(
      imageWidth: (images.width + step - 1) / step, imageHeight: (images.height + step - 1) / step, cells: rows)
    sheet.title =
      switch variant {
      case .binary: "Binary shiftMNIST: one pixel tells the label, except in the shifted test"
      case .texture: "Texture shiftMNIST: the texture tells the label, except in the shifted test"
      }
    sheet.rowLabels = (0..<shown).map { $0 < textures.count ? "\($0): \(textures[$0])" : "label \($0)" }
    sheet.columnLabels = ["training", "test (i.i.d.)", "shifted test"].flatMap {
      [String](repeating: $0, count: Self.examples)
    }
    sheet.scale = sheet.readableScale
    return sheet.render()
  }

  /// The first images of each of the first labels.
  private func first(_ labels: Int, of images: LabelledImages) -> [[Int]] {
    var found = [[Int]](repeating: [], count: labels)
    for (index, label) in images.labels.enumerated() where Int(label) < labels {
      if found[Int(label)].count < Self.examples { found[Int(label)].append(index) }
    }
    return found
  }

  /// Every `step`-th pixel of an image in both directions.
  private func thinned(_ images: LabelledImages, _ index: Int, _ step: Int) -> [UInt8] {
    let image = images.image(index)
    guard step > 1 else { return Array(image) }
    return stride(from: 0, to: images.height, by: step).flatMap { row in
      stride(from: 0, to: images.width, by: step).map { image[image.startIndex + row * images.width + $0] }
    }
  }
}
