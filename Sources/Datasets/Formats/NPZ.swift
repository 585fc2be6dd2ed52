/// NumPy's `.npz` format: a ZIP archive of `.npy` files.
public enum NPZ {
  /// Encodes arrays under distinct names, by which `numpy.load` finds them. The same arrays give the same bytes.
  ///
  /// - Throws: if an array or the archive is larger than ZIP's 4 GiB.
  public static func encode(_ arrays: [(name: String, array: NPY)]) throws(FormatError) -> [UInt8] {
    var archive = ZipWriter()
    for (name, array) in arrays { try archive.add(name: name + ".npy", contents: array.encode()) }
    return archive.finish()
  }

  /// Encodes arrays whose payloads, of unsigned bytes, are compressed already. Cost: a pass over them.
  ///
  /// - Throws: as the other.
  public static func encode(
    _ arrays: [(name: String, shape: [Int], payload: DeflatedBytes)]
  ) throws(FormatError) -> [UInt8] {
    var archive = ZipWriter()
    for (name, shape, payload) in arrays {
      precondition(
        payload.bytes.count == shape.reduce(1, *), "\(payload.bytes.count) bytes for an array of shape \(shape)")
      try archive.add(name: name + ".npy", head: NPY.header(element: .uint8, shape: shape), body: payload)
    }
    return archive.finish()
  }
}
