import Datasets
import ToolSupport

/// What `Tools build-shiftmnist` is asked for.
struct ShiftMNISTConfiguration: Equatable {
  /// A variant of the data set; the raw value names its folder.
  enum Variant: String, CaseIterable {
    case binary
    case texture
  }

  /// What `--variant` takes.
  enum VariantChoice: String, CaseIterable {
    case binary
    case texture
    case both
  }

  /// A form in which the images are written.
  enum Format: String, CaseIterable {
    /// MNIST's gzipped IDX files.
    case idx
    /// One NumPy archive.
    case npz
  }

  /// The variants to build.
  let variants: [Variant]
  /// The digits.
  let source: ImageSource
  /// A folder of class folders; nil for built-in textures.
  let textures: String?
  /// Where the variants' folders go.
  let output: String
  /// What everything random depends on.
  let seed: UInt64
  /// The code of the binary variant.
  let code: BinaryShift
  /// The greys that black and white of a texture become.
  let low, high: UInt8
  /// What is done to texture images before patches are cut.
  let preparation: TexturePreparation
  /// How many images of each texture are used; nil for all.
  let textureSources: Int?
  /// What training and test patches must not share.
  let textureSplit: TextureSources.Split
  /// The forms to write, each once.
  let formats: [Format]

  static let options: [Option] = [
    .choice("variant", default: VariantChoice.both, metavar: "NAME", help: "which variant to build"),
    .text(
      "mnist", metavar: "DIR",
      help: "folder of MNIST's four files, or others of that form, plain or .gz; if not given, built-in digits"),
    .text(
      "textures", metavar: "DIR",
      help: "folder of folders of JPEG or PNG images, one for each texture, such as DTD's images/; if not given,"
        + " built-in textures"),
    .text("output", default: "shiftmnist", metavar: "DIR", help: "folder for the folders binary and texture"),
    .unsigned("seed", default: 0, metavar: "SEED", help: "seed of everything random"),
    .integer("code-column", default: 0, in: 0...65_535, metavar: "N", help: "binary: column of the code pixel"),
    .integer("code-first-row", default: 4, in: 0...65_535, metavar: "N", help: "binary: its row for label 0"),
    .integer("code-row-step", default: 2, in: 1...65_535, metavar: "N", help: "binary: rows between labels"),
    .integer("texture-low", default: 0, in: 0...254, metavar: "V", help: "texture: what black of a texture becomes"),
    .integer("texture-high", default: 170, in: 1...255, metavar: "V", help: "texture: what white of it becomes"),
    .integer(
      "texture-scale", default: 1, in: 1...64, metavar: "N",
      help: "texture: images are reduced by N first, by averaging, so that a patch shows N times as much each way"),
    .choice(
      "texture-contrast", default: TexturePreparation.Contrast.none, metavar: "NAME",
      help: "texture: stretch makes each image's darkest and lightest hundredth black and white"),
    .integer(
      "texture-sources", default: 0, in: 0...1_000_000, metavar: "N",
      help: "texture: images of each texture to use, 0 for all; fewer make a stronger shortcut"),
    .choice(
      "texture-split", default: TextureSources.Split.images, metavar: "NAME",
      help: "texture: training and test patches come from different images, or are patches of the same ones"),
    .text("format", default: "idx,npz", metavar: "LIST", help: "what to write: idx, npz, or both with a comma"),
    .threads,
  ]

  /// - Throws: `UsageError` where values do not go together.
  init(_ options: Options) throws(UsageError) {
    seed = options.unsigned("seed")
    variants =
      switch options.choice("variant", as: VariantChoice.self) {
      case .binary: [.binary]
      case .texture: [.texture]
      case .both: [.binary, .texture]
      }
    source = options.textIfGiven("mnist").map { .folder($0) } ?? .digits(seed: seed)
    textures = options.textIfGiven("textures")
    output = options.text("output")
    code = BinaryShift(
      column: options.integer("code-column"), firstRow: options.integer("code-first-row"),
      rowStep: options.integer("code-row-step"))
    let (low, high) = (options.integer("texture-low"), options.integer("texture-high"))
    guard low < high else {
      throw .refused("--texture-low must be below --texture-high, found \(low) and \(high)")
    }
    (self.low, self.high) = (UInt8(low), UInt8(high))
    preparation = TexturePreparation(
      scale: options.integer("texture-scale"),
      contrast: options.choice("texture-contrast", as: TexturePreparation.Contrast.self))
    let sources = options.integer("texture-sources")
    textureSources = sources == 0 ? nil : sources
    textureSplit = options.choice("texture-split", as: TextureSources.Split.self)
    guard sources != 1 || textureSplit == .patches else {
      throw .refused("--texture-sources 1 leaves no image for test patches; give 2, or --texture-split patches")
    }
    var formats: [Format] = []
    for word in options.text("format").split(separator: ",", omittingEmptySubsequences: false) {
      guard let format = Format(rawValue: String(word)), !formats.contains(format) else {
        throw .malformed(
          option: "format", expected: "a list of \(Format.allCases.map(\.rawValue).joined(separator: ", ")), each once",
          found: options.text("format"))
      }
      formats.append(format)
    }
    self.formats = formats
  }
}
