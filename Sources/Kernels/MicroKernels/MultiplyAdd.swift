/// sum + a·b, rounded once if `fused`, which is a constant of the instruction set that the kernel is compiled for.
///
/// Without hardware for it `addingProduct` would be sixteen calls of `fmaf`, hundreds of times slower than two
/// instructions.
@inlinable @inline(__always)
public func multiplyAdd(_ sum: Vector, _ a: Vector, _ b: Vector, fused: Bool) -> Vector {
  fused ? sum.addingProduct(a, b) : sum + a * b
}

/// The same for a broadcast scalar.
@inlinable @inline(__always)
public func multiplyAdd(_ sum: Vector, _ a: Float, _ b: Vector, fused: Bool) -> Vector {
  multiplyAdd(sum, Vector(repeating: a), b, fused: fused)
}
