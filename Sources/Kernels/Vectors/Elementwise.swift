import MicroKernels

/// a + b, channel by channel.
public func add(_ a: ChannelView, _ b: ChannelView) -> Activation { zip(a, b, InstructionSet.selected.add) }

/// a − b, channel by channel.
public func subtract(_ a: ChannelView, _ b: ChannelView) -> Activation { zip(a, b, InstructionSet.selected.subtract) }

/// The gradient through a rectifier: dy where its output y was positive, else 0.
public func rectifierGradient(_ y: Activation, outputGradient dy: Activation) -> Activation {
  rectifierGradient(y, outputGradient: dy.view)
}

/// The same for a gradient that is some channels of another.
public func rectifierGradient(_ y: Activation, outputGradient dy: ChannelView) -> Activation {
  zip(y.view, dy, InstructionSet.selected.rectifierGradient)
}

extension Activation {
  /// Adds `other` to every value.
  public mutating func add(_ other: Activation) {
    precondition(hasShape(of: other), "add: expected \(shape), found \(other.shape)")
    let result = Unchecked(mutablePointer())
    let (source, kernel) = (Unchecked(other.pointer), InstructionSet.selected.add)
    Parallel.forRanges(storage.count, grain: grain) { range in
      let own = result.value + range.lowerBound
      kernel(range.count, UnsafePointer(own), source.value + range.lowerBound, own)
    }
  }
}

/// eˣ of every element; within 2 ulp.
public func exp(_ x: Activation) -> Activation { map(x, InstructionSet.selected.exp) }

/// ln x of every element; within 2 ulp.
public func log(_ x: Activation) -> Activation { map(x, InstructionSet.selected.log) }

/// tanh x of every element; within 4 ulp.
public func tanh(_ x: Activation) -> Activation { map(x, InstructionSet.selected.tanh) }

/// 1 / (1 + e⁻ˣ) of every element; within 4 ulp.
public func sigmoid(_ x: Activation) -> Activation { map(x, InstructionSet.selected.sigmoid) }

/// Vectors that one task handles: 64 kB, a few microseconds, where sharing takes one.
private let grain = 1024

private func map(_ x: Activation, _ kernel: KernelTable.Map) -> Activation {
  let y = x.uninitializedLike()
  let source = x.pointer
  let destination = y.storage.pointer
  Parallel.forRanges(y.storage.count, grain: grain) { range in
    kernel(range.count, source + range.lowerBound, destination + range.lowerBound)
  }
  return y
}

private func zip(_ a: ChannelView, _ b: ChannelView, _ kernel: KernelTable.Zip) -> Activation {
  precondition(
    a.channels == b.channels && a.samples == b.samples && a.activation.height == b.activation.height
      && a.activation.width == b.activation.width,
    "elementwise: shapes differ: \(a.activation.shape) [\(a.range)] and \(b.activation.shape) [\(b.range)]")
  let y = a.activation.uninitializedLike(channels: a.channels)
  let destination = y.storage.pointer
  let isContiguous = a.stride == a.channels && b.stride == b.channels
  // Contiguous operands are one long row; others go pixel by pixel.
  let width = isContiguous ? a.channels * a.pixels : a.channels
  let rows = isContiguous ? 1 : a.pixels
  if rows == 1 {
    Parallel.forRanges(width, grain: grain) { range in
      kernel(range.count, a.pointer + range.lowerBound, b.pointer + range.lowerBound, destination + range.lowerBound)
    }
  } else {
    Parallel.forRanges(rows, grain: max(1, grain / max(width, 1))) { range in
      for row in range {
        kernel(width, a.pointer + row * a.stride, b.pointer + row * b.stride, destination + row * width)
      }
    }
  }
  return y
}
