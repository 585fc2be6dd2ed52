/// How every image of a shiftMNIST was made, as comma-separated values (RFC 4180, lines ended by LF).
///
/// A line for each image of the sets, in order. With the parameters of the manifest, the source's images and the
/// textures, it is enough to make every image again, bit for bit. Places are those in images prepared as the manifest
/// says (``TexturePreparation``). A column that does not apply is empty.
public enum Provenance {
  /// The names of the columns.
  public static let header =
    "split,index,label,source_index,code_row,texture,texture_file,crop_x,crop_y,mirrored"

  /// The file. Cost: linear in the number of images.
  ///
  /// - Parameter types: the textures that the patches' indices mean.
  public static func csv(_ set: ShiftMNIST, types: [TextureType] = []) -> [UInt8] {
    let names = types.map { (type: field($0.name), files: $0.images.map { field($0.name) }) }
    var bytes = Array("\(header)\n".utf8)
    bytes.reserveCapacity(128 * (set.train.images.count + set.test.images.count))
    for part in ShiftMNIST.Part.allCases {
      let split = Array(part.rawValue.utf8)
      for (index, addition) in set[part].additions.enumerated() {
        bytes += split
        // The source's index is the image's own: the sets keep the source's order.
        append(index, Int(set[part].images.labels[index]), index, to: &bytes)
        switch addition {
        case .nothing: bytes += Array(",,,,,,".utf8)
        case .code(let row):
          append(row, to: &bytes)
          bytes += Array(",,,,,".utf8)
        case .texture(let patch):
          bytes += [comma, comma]
          bytes += names[patch.type].type
          bytes.append(comma)
          bytes += names[patch.type].files[patch.image]
          append(patch.x, patch.y, patch.isMirrored ? 1 : 0, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
      }
    }
    return bytes
  }

  private static let comma = UInt8(ascii: ",")

  /// Numbers of at least 0, each after a comma.
  private static func append(_ numbers: Int..., to bytes: inout [UInt8]) {
    for number in numbers {
      bytes.append(comma)
      var power = 1
      while number / power >= 10 { power *= 10 }
      while power > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(number / power % 10))
        power /= 10
      }
    }
  }

  /// Text between quotes, where it holds what would end it.
  private static func field(_ text: String) -> [UInt8] {
    let needsQuotes = text.utf8.contains { [comma, UInt8(ascii: "\""), 10, 13].contains($0) }
    return Array((needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text).utf8)
  }
}
