import Datasets
import Flow
import Kernels

/// A bijective classifier of images: F, what of z is z_s, and how that becomes logits.
struct ImageModel: Sendable {
  let configuration: ImageModelConfiguration
  let classifier: BijectiveClassifier<ImageNetwork>
  /// What else training left with the model, such as the prior and the nuisance classifier.
  let extras: [Safetensors.Tensor]
  /// The layer behind the network, where its code is looked at.
  private(set) var whitening: CodeWhitening?

  init(
    configuration: ImageModelConfiguration, classifier: BijectiveClassifier<ImageNetwork>,
    extras: [Safetensors.Tensor] = []
  ) {
    self.configuration = configuration
    self.classifier = classifier
    self.extras = extras
  }

  /// F.
  var network: ImageNetwork { classifier.network }

  /// The model whose code is what a whitening makes of this one's.
  func whitened(by whitening: CodeWhitening) -> ImageModel {
    var result = self
    result.whitening = whitening
    return result
  }

  /// What of z is z_s.
  var readOut: ReadOut { classifier.readOut }

  /// How images become batches.
  var batch: ImageBatch { configuration.batch }

  /// z of the images at some indices.
  func encode(_ images: LabelledImages, _ indices: [Int]) -> Activation { encode(batch.activation(images, indices)) }

  /// z = F(x), whitened where it is.
  func encode(_ x: Activation) -> Activation {
    let z = network.forward(x).y
    return whitening.map { $0.layer.forward(z).y } ?? z
  }

  /// x = F⁻¹(z).
  func decode(_ z: Activation) -> Activation {
    network.inverse(whitening.map { $0.layer.inverse(z).x } ?? z).x
  }

  /// What softmax takes.
  func logits(_ z: Activation) -> Activation { classifier.logits(ofCode: z) }

  /// The class of every code.
  func classify(_ z: Activation) -> [UInt8] { logits(z).argmaxChannels().map { UInt8($0) } }

  /// The probability that softmax gives to the class of every code.
  func confidence(_ z: Activation) -> [Double] {
    let logits = logits(z)
    return logits.argmaxChannels().enumerated().map { sample, best in
      let others = (0..<logits.channels).map {
        exponential(Double(logits[sample, $0]) - Double(logits[sample, best]))
      }
      return 1 / others.reduce(0, +)
    }
  }

  /// F⁻¹(z_s, z̃_n): the logits of one code with the nuisance of another.
  func metamers(logitSource: Activation, nuisanceSource: Activation) -> Activation {
    decode(readOut.metamericCode(logitSource: logitSource, nuisanceSource: nuisanceSource))
  }

  /// F⁻¹(z_s, z_n + t·(z̃_n − z_n)), one t a sample.
  func metamers(logitSource: Activation, towards donor: Activation, at t: [Float]) -> Activation {
    decode(readOut.metamericCode(logitSource: logitSource, towards: donor, at: t))
  }
}
