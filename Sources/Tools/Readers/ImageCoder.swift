import Flow
import Kernels

/// How images become codes, codes images, and codes classes: all that readers take from a model.
///
/// A map of codes behind the network, such as a whitening, is put into these functions and so reaches every reader.
struct ImageCoder {
  let configuration: ImageModelConfiguration
  /// z of a batch of images.
  let encode: (Activation) -> Activation
  /// The images of a batch of codes: the inverse of `encode`.
  let decode: (Activation) -> Activation
  /// The classes of a batch of codes by the model's own logits.
  let classify: (Activation) -> [UInt8]

  /// The model's own code.
  init(_ model: ImageModel) {
    configuration = model.configuration
    encode = { model.encode($0) }
    decode = { model.decode($0) }
    classify = { model.classify($0) }
  }

  /// What of z is z_s.
  var readOut: ReadOut { ReadOut(classes: configuration.classes) }
  /// The places of z_s in z.
  var semantics: Range<Int> { 0..<configuration.classes }
  /// The places of z_n in z.
  var nuisance: Range<Int> { configuration.classes..<configuration.dimensions }

  /// F⁻¹(mean z_s, z_n) of codes z: the image of the nuisance alone.
  ///
  /// - Parameter means: the mean of every number of z_s.
  func blanked(_ z: Activation, means: [Double]) -> Activation {
    let mean = means.map { Float($0) }
    let constant = Matrix(rows: z.samples, columns: mean.count, values: (0..<z.samples).flatMap { _ in mean })
    return decode(readOut.join(logits: Activation(rowsOf: constant), nuisance: readOut.nuisance(z)))
  }
}
