import MicroKernels

/// A range of an activation's channels, read in place.
public struct ChannelView: Sendable {
  /// The activation that is viewed.
  public let activation: Activation
  let range: Range<Int>

  /// Channels in the view.
  public var channels: Int { range.count }
  /// Samples in the view.
  public var samples: Int { activation.samples }

  /// The viewed channels with nothing between them: the activation itself where they are all of it, else a copy.
  var contiguous: Activation { channels == activation.channels ? activation : Activation(concatenating: [self]) }
  var blocks: Int { activation.blocks }
  /// Pixels of the whole batch, padding lanes' blocks included.
  var pixels: Int { activation.blocks * activation.height * activation.width }
  /// Vectors from one pixel to the next.
  var stride: Int { activation.channels }
  var pointer: UnsafePointer<Vector> { activation.pointer + range.lowerBound }
}

extension Activation {
  /// All channels.
  public var view: ChannelView { ChannelView(activation: self, range: 0..<channels) }

  /// Some channels, without a copy.
  public func channels(_ range: Range<Int>) -> ChannelView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= channels,
      "channels: expected a range within 0..<\(channels), found \(range)")
    return ChannelView(activation: self, range: range)
  }

  /// The views' channels side by side. Shapes but for channels must agree. Cost: one copy.
  public init(concatenating parts: [ChannelView]) {
    precondition(!parts.isEmpty, "concatenating: expected at least one part")
    let first = parts[0].activation
    let total = parts.reduce(0) { $0 + $1.channels }
    self = first.uninitializedLike(channels: total)
    var offset = 0
    for part in parts {
      precondition(
        part.activation.samples == samples && part.activation.height == height && part.activation.width == width,
        "concatenating: expected parts like \(first.shape), found \(part.activation.shape)")
      write(part, at: offset)
      offset += part.channels
    }
  }

  /// Overwrites channels `offset ..< offset + view.channels`.
  mutating func write(_ view: ChannelView, at offset: Int) {
    let destination = mutablePointer() + offset
    let (stride, source, sourceStride, count) = (channels, view.pointer, view.stride, view.channels)
    Parallel.forRanges(view.pixels, grain: max(1, 1024 / max(count, 1))) { pixels in
      for pixel in pixels {
        // A loop, as the pixels of a flow's first stages have two or four channels, and a call takes longer than these.
        for channel in 0..<count { destination[pixel * stride + channel] = source[pixel * sourceStride + channel] }
      }
    }
  }
}

extension Activation {
  /// A copy whose channel c is this one's channel `order[c]`.
  public func permutingChannels(_ order: [Int]) -> Activation {
    for source in order {
      precondition((0..<channels).contains(source), "permuting: channel \(source) outside \(shape)")
    }
    let result = uninitializedLike(channels: order.count)
    let destination = result.storage.pointer
    for pixel in 0..<view.pixels {
      for (channel, source) in order.enumerated() {
        destination[pixel * order.count + channel] = pointer[pixel * channels + source]
      }
    }
    return result
  }
}
