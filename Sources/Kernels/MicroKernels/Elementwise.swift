/// y = a + b.
@inlinable @inline(__always)
public func add(_ count: Int, _ a: UnsafePointer<Vector>, _ b: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>)
{
  for i in 0..<count { y[i] = a[i] + b[i] }
}

/// y = a − b.
@inlinable @inline(__always)
public func subtract(
  _ count: Int, _ a: UnsafePointer<Vector>, _ b: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>
) {
  for i in 0..<count { y[i] = a[i] - b[i] }
}

/// y = b where a > 0, else 0.
@inlinable @inline(__always)
public func rectifierGradient(
  _ count: Int, _ a: UnsafePointer<Vector>, _ b: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>
) {
  let zero = Vector(repeating: 0)
  for i in 0..<count { y[i] = zero.replacing(with: b[i], where: a[i] .> zero) }
}

/// y = eˣ.
@inlinable @inline(__always)
public func exp(_ count: Int, _ x: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>, fused: Bool) {
  for i in 0..<count { y[i] = exponential(x[i], fused: fused) }
}

/// y = ln x.
@inlinable @inline(__always)
public func log(_ count: Int, _ x: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>, fused: Bool) {
  for i in 0..<count { y[i] = naturalLogarithm(x[i], fused: fused) }
}

/// y = tanh x.
@inlinable @inline(__always)
public func tanh(_ count: Int, _ x: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>, fused: Bool) {
  for i in 0..<count { y[i] = hyperbolicTangent(x[i], fused: fused) }
}

/// y = 1 / (1 + e⁻ˣ).
@inlinable @inline(__always)
public func sigmoid(_ count: Int, _ x: UnsafePointer<Vector>, _ y: UnsafeMutablePointer<Vector>, fused: Bool) {
  for i in 0..<count { y[i] = logistic(x[i], fused: fused) }
}

/// Reads vectors for nothing but that they are in the cache then, and returns what keeps the compiler from leaving it out: their sum.
///
/// A loop that does arithmetic has few loads under way, and waits at every page of 4 kB until the processor's own read-ahead has begun
/// again; this one has hundreds under way.
@inlinable @inline(__always)
public func readAhead(_ count: Int, _ x: UnsafePointer<Vector>) -> Vector {
  var a = Vector(repeating: 0)
  var b = a
  var c = a
  var d = a
  var index = 0
  while index &+ 4 <= count {
    a += x[index]
    b += x[index &+ 1]
    c += x[index &+ 2]
    d += x[index &+ 3]
    index &+= 4
  }
  return (a + b) + (c + d)
}
