/// Two rows of a product with a matrix that is read once, as it lies: C += A·B.
///
/// C's rows must stay in the first-level cache: they are read and written once every eight rows of B. Strides in elements.
@frozen
public struct RowPairWork {
  /// Rows of B.
  public var depth: Int
  /// Elements of every row of B and C.
  public var columns: Int
  /// A's first element.
  public var a: UnsafePointer<Float>
  /// Distance between A's two rows; zero for one row, which is then computed twice.
  public var aRow: Int
  /// Distance between A's consecutive k.
  public var aDepth: Int
  /// B's first element.
  public var b: UnsafePointer<Float>
  /// Distance between B's rows.
  public var bRow: Int
  /// C's first element.
  public var c: UnsafeMutablePointer<Float>
  /// Distance between C's two rows; zero for one row.
  public var cRow: Int

  /// A description with every field given.
  @inlinable @inline(__always)
  public init(
    depth: Int, columns: Int, a: UnsafePointer<Float>, aRow: Int, aDepth: Int, b: UnsafePointer<Float>, bRow: Int,
    c: UnsafeMutablePointer<Float>, cRow: Int
  ) {
    self.depth = depth
    self.columns = columns
    self.a = a
    self.aRow = aRow
    self.aDepth = aDepth
    self.b = b
    self.bRow = bRow
    self.c = c
    self.cRow = cRow
  }
}

/// See `RowPairWork`. Every element is one chain of multiply-adds in ascending order, from what C holds. Cost: one pass over B, with
/// eight rows of it under way at a time.
@inlinable @inline(__always)
public func rowPairProduct(_ work: borrowing RowPairWork, fused: Bool) {
  let vectors = work.columns / 16
  var k = 0
  while k &+ 8 <= work.depth {
    addEightRows(
      vectors, work.a + k &* work.aDepth, work.aRow, work.aDepth, work.b + k &* work.bRow, work.bRow, work.c, work.cRow,
      fused: fused)
    k &+= 8
  }
  while k < work.depth {
    let upper = Vector(repeating: work.a[k &* work.aDepth])
    let lower = Vector(repeating: work.a[work.aRow &+ k &* work.aDepth])
    for index in 0..<vectors {
      let c = work.c + 16 &* index
      let x = UnsafeRawPointer(work.b + (k &* work.bRow &+ 16 &* index)).loadUnaligned(as: Vector.self)
      let first = multiplyAdd(loadSum(c), upper, x, fused: fused)
      let second = multiplyAdd(loadSum(c + work.cRow), lower, x, fused: fused)
      storeSum(first, c)
      storeSum(second, c + work.cRow)
    }
    k &+= 1
  }
  for k in 0..<work.depth {
    let upper = work.a[k &* work.aDepth]
    let lower = work.a[work.aRow &+ k &* work.aDepth]
    for column in (16 &* vectors)..<work.columns {
      let x = work.b[k &* work.bRow &+ column]
      let c = work.c + column
      let first = fused ? c[0].addingProduct(upper, x) : c[0] + upper * x
      let second = fused ? c[work.cRow].addingProduct(lower, x) : c[work.cRow] + lower * x
      c[0] = first
      c[work.cRow] = second
    }
  }
}

/// Eight products to every element of two rows: ten loads and two stores for sixteen multiply-adds.
@inlinable @inline(__always)
func addEightRows(
  _ vectors: Int, _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>, _ bRow: Int,
  _ c: UnsafeMutablePointer<Float>, _ cRow: Int, fused: Bool
) {
  let u0 = Vector(repeating: a[0])
  let u1 = Vector(repeating: a[aDepth])
  let u2 = Vector(repeating: a[2 &* aDepth])
  let u3 = Vector(repeating: a[3 &* aDepth])
  let u4 = Vector(repeating: a[4 &* aDepth])
  let u5 = Vector(repeating: a[5 &* aDepth])
  let u6 = Vector(repeating: a[6 &* aDepth])
  let u7 = Vector(repeating: a[7 &* aDepth])
  let l0 = Vector(repeating: a[aRow])
  let l1 = Vector(repeating: a[aRow &+ aDepth])
  let l2 = Vector(repeating: a[aRow &+ 2 &* aDepth])
  let l3 = Vector(repeating: a[aRow &+ 3 &* aDepth])
  let l4 = Vector(repeating: a[aRow &+ 4 &* aDepth])
  let l5 = Vector(repeating: a[aRow &+ 5 &* aDepth])
  let l6 = Vector(repeating: a[aRow &+ 6 &* aDepth])
  let l7 = Vector(repeating: a[aRow &+ 7 &* aDepth])
  let row = 4 &* bRow
  for index in 0..<vectors {
    let from = UnsafeRawPointer(b + 16 &* index)
    let to = c + 16 &* index
    var upper = loadSum(to)
    var lower = loadSum(to + cRow)
    let x0 = from.loadUnaligned(as: Vector.self)
    upper = multiplyAdd(upper, u0, x0, fused: fused)
    lower = multiplyAdd(lower, l0, x0, fused: fused)
    let x1 = from.loadUnaligned(fromByteOffset: row, as: Vector.self)
    upper = multiplyAdd(upper, u1, x1, fused: fused)
    lower = multiplyAdd(lower, l1, x1, fused: fused)
    let x2 = from.loadUnaligned(fromByteOffset: 2 &* row, as: Vector.self)
    upper = multiplyAdd(upper, u2, x2, fused: fused)
    lower = multiplyAdd(lower, l2, x2, fused: fused)
    let x3 = from.loadUnaligned(fromByteOffset: 3 &* row, as: Vector.self)
    upper = multiplyAdd(upper, u3, x3, fused: fused)
    lower = multiplyAdd(lower, l3, x3, fused: fused)
    let x4 = from.loadUnaligned(fromByteOffset: 4 &* row, as: Vector.self)
    upper = multiplyAdd(upper, u4, x4, fused: fused)
    lower = multiplyAdd(lower, l4, x4, fused: fused)
    let x5 = from.loadUnaligned(fromByteOffset: 5 &* row, as: Vector.self)
    upper = multiplyAdd(upper, u5, x5, fused: fused)
    lower = multiplyAdd(lower, l5, x5, fused: fused)
    let x6 = from.loadUnaligned(fromByteOffset: 6 &* row, as: Vector.self)
    upper = multiplyAdd(upper, u6, x6, fused: fused)
    lower = multiplyAdd(lower, l6, x6, fused: fused)
    let x7 = from.loadUnaligned(fromByteOffset: 7 &* row, as: Vector.self)
    upper = multiplyAdd(upper, u7, x7, fused: fused)
    lower = multiplyAdd(lower, l7, x7, fused: fused)
    storeSum(upper, to)
    storeSum(lower, to + cRow)
  }
}
