import MicroKernels

extension Activation {
  /// Space to depth: every 2×2 pixels become one, whose channel 4·c + 2·dy + dx is channel c of pixel (dy, dx) of the
  /// four (Dinh, Sohl-Dickstein, Bengio 2017, section 3.6, in the order of PyTorch's `pixel_unshuffle`).
  ///
  /// (height, width, channels) → (height/2, width/2, 4·channels); height and width must be even. Cost: one copy.
  public func squeezed() -> Activation {
    precondition(height % 2 == 0 && width % 2 == 0, "squeeze: expected even height and width, found \(shape)")
    let result = Activation(uninitialized: samples, height: height / 2, width: width / 2, channels: 4 * channels)
    let source = Unchecked(pointer)
    let destination = Unchecked(result.storage.pointer)
    forEachQuarter(of: result) { input, output, channels in
      for channel in 0..<channels { destination.value[output + 4 * channel] = source.value[input + channel] }
    }
    return result
  }

  /// Depth to space, the inverse of `squeezed`: (height, width, channels) → (2·height, 2·width, channels/4); the number
  /// of channels must be a multiple of 4. Cost: one copy.
  public func unsqueezed() -> Activation {
    precondition(channels % 4 == 0, "unsqueeze: expected a multiple of 4 channels, found \(shape)")
    let result = Activation(uninitialized: samples, height: 2 * height, width: 2 * width, channels: channels / 4)
    let source = Unchecked(pointer)
    let destination = Unchecked(result.storage.pointer)
    result.forEachQuarter(of: self) { output, input, channels in
      for channel in 0..<channels { destination.value[output + channel] = source.value[input + 4 * channel] }
    }
    return result
  }

  /// For every pixel of this image: the place of its first channel here, that of the same value in `squeezed`, and the
  /// number of channels here. Tasks have rows of `squeezed` of their own, and with them rows of this image.
  private func forEachQuarter(
    of squeezed: Activation, _ body: (_ place: Int, _ squeezedPlace: Int, _ channels: Int) -> Void
  ) {
    let rows = squeezed.blocks * squeezed.height
    Parallel.forRanges(rows, grain: max(1, 2048 / max(squeezed.width * squeezed.channels, 1))) { rows in
      for row in rows {
        for column in 0..<squeezed.width {
          for quarter in 0..<4 {
            let pixel = (2 * row + quarter / 2) * width + 2 * column + quarter % 2
            body(pixel * channels, (row * squeezed.width + column) * squeezed.channels + quarter, channels)
          }
        }
      }
    }
  }
}
