import Testing

@testable import Datasets

@Suite struct JPEGTests {
  @Test(arguments: KnownJPEG.all) func pixelsAreTheKnownOnes(_ known: KnownJPEG) throws {
    let image = Raster(width: known.width, height: known.height, channels: 1, pixels: known.pixels)
    #expect(try JPEG.decodeGrey(known.file) == image)
    #expect(try StillImage.decodeGrey(known.file, limit: known.width * known.height) == image)
  }

  /// The offset of the first marker of a code.
  private func offset(of marker: UInt8, in file: [UInt8], after start: Int = 0) throws -> Int {
    try #require((start..<file.count - 1).first { file[$0] == 0xFF && file[$0 + 1] == marker })
  }

  private func error(_ file: [UInt8], limit: Int = 1 << 26) throws -> FormatError {
    let error = try #require(throws: FormatError.self) { try JPEG.decodeGrey(file, limit: limit) }
    #expect(error.format == "JPEG")
    return error
  }

  @Test func everythingButTheEndMarkerIsNeeded() throws {
    for known in KnownJPEG.all {
      let image = try JPEG.decodeGrey(known.file)
      #expect(try JPEG.decodeGrey(known.file.dropLast(2) + []) == image)
      // What follows the end marker is not looked at.
      #expect(try JPEG.decodeGrey(known.file + [1, 2, 3]) == image)
      for count in 0..<known.file.count - 2 {
        #expect(throws: FormatError.self, "\(known.name), \(count) bytes") {
          try JPEG.decodeGrey(Array(known.file.prefix(count)))
        }
      }
    }
  }

  @Test func fillBytesAndUnknownSegmentsAreSkipped() throws {
    for known in KnownJPEG.all {
      var file = known.file
      let segments: [UInt8] = [0xFF, 0xFF, 0xFF, 0xE9, 0, 4, 1, 2, 0xFF, 0xFE, 0, 2]
      file.insert(contentsOf: segments, at: 2)
      for marker in [JPEGMarker.quantisationTables, JPEGMarker.startOfScan] {
        file.insert(contentsOf: [0xFF, 0xFF], at: try offset(of: marker, in: file))
      }
      #expect(try JPEG.decodeGrey(file).pixels == known.pixels)
    }
  }

  @Test func restartMarkersMustBeInOrder() throws {
    let file = KnownJPEG.restarting.file
    let first = try offset(of: 0xD0, in: file)
    var wrong = file
    wrong[first + 1] = 0xD3
    #expect(try error(wrong).expected == "restart marker 0")
    #expect(try error(wrong).offset == first)
    wrong.removeSubrange(first..<first + 2)
    #expect(try error(wrong).expected == "restart marker 0")
    // A fill byte ahead of one is allowed.
    var filled = file
    filled.insert(0xFF, at: first)
    #expect(try JPEG.decodeGrey(filled).pixels == KnownJPEG.restarting.pixels)
  }

  @Test func eachRefusalSaysWhatItIs() throws {
    let file = KnownJPEG.grey.file
    let frame = try offset(of: 0xC0, in: file)
    let refused: [(marker: UInt8, found: String)] = [
      (0xC3, "lossless"), (0xC5, "hierarchical"), (0xC9, "arithmetic"), (0xCA, "arithmetic"), (0xCB, "lossless"),
    ]
    for (marker, found) in refused {
      var other = file
      other[frame + 1] = marker
      #expect(try error(other).found.contains(found))
      #expect(try error(other).offset == frame)
    }
    // Precision, height, width, components, and the component's factors and table.
    let fields: [(place: Int, value: [UInt8], expected: String, found: String)] = [
      (4, [12], "8 bits", "12 bits"), (5, [0, 0], "a height", "DNL"), (7, [0, 0], "a width", "0"),
      (9, [4], "3 (colour)", "CMYK"), (9, [2], "3 (colour)", "2"), (11, [0x51], "1 to 4", "5 and 1"),
      (11, [0x10], "1 to 4", "1 and 0"), (12, [4], "0 to 3", "4"), (12, [2], "table 2", "none"),
    ]
    for field in fields {
      var other = file
      other.replaceSubrange(frame + field.place..<frame + field.place + field.value.count, with: field.value)
      let error = try error(other)
      #expect(error.expected.contains(field.expected) && error.found.contains(field.found), "\(error)")
    }
  }

  @Test func tablesAndSegmentsAreChecked() throws {
    let file = KnownJPEG.grey.file
    let (steps, codes) = (try offset(of: 0xDB, in: file), try offset(of: 0xC4, in: file))
    let scan = try offset(of: 0xDA, in: file)
    let fields: [(place: Int, value: [UInt8], expected: String)] = [
      (steps + 4, [0x20], "a table 0 to 3 of 8 or 16 bits"), (steps + 4, [0x10], "the segment's end"),
      (steps + 2, [0, 1], "a length of at least 2"), (steps + 2, [0xFF, 0xFF], "65533 bytes of segment"),
      (codes + 4, [0x20], "a table 0 to 3 for DC or AC"), (codes + 5, [3], "a Huffman code"),
      (codes + 4, [1], "the Huffman tables of a scan"), (codes + 5, [255, 255], "at most 256 codes"),
      (scan + 4, [2], "1 to 1 components"), (scan + 5, [9], "the frame's components"),
      (scan + 6, [0x40], "tables 0 to 3"),
      (scan + 7, [1], "all bits of coefficients 0 to 63"), (scan + 1, [0xDC], "a marker that may stand here"),
      (scan, [0], "a marker, which begins with 0xff"), (0, [0], "the start marker"),
    ]
    for field in fields {
      var other = file
      other.replaceSubrange(field.place..<field.place + field.value.count, with: field.value)
      let error = try error(other)
      #expect(error.expected.contains(field.expected), "\(error) for \(field.expected)")
    }
  }

  @Test func dimensionsAreCheckedFirst() throws {
    #expect(try error(KnownJPEG.grey.file, limit: 71).found == "9 × 8")
    var file = KnownJPEG.grey.file
    let frame = try offset(of: 0xC0, in: file)
    file.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(try error(file).found == "65535 × 65535")
    // Within the limit, but with fewer bits than blocks: refused before their coefficients are allocated.
    #expect(try error(file, limit: .max).expected.contains("a bit for each of 67108864 blocks"))
  }

  @Test func scansBringNothingTwice() throws {
    for known in [KnownJPEG.grey, KnownJPEG.progressive] {
      let scan = try offset(of: JPEGMarker.startOfScan, in: known.file)
      let end = try offset(of: known.file == KnownJPEG.grey.file ? 0xD9 : 0xC4, in: known.file, after: scan)
      var file = known.file
      file.insert(contentsOf: known.file[scan..<end], at: end)
      #expect(try error(file).found.contains("of coefficient 0 of component 0"))
    }
  }

  /// A progressive file of one block, all zero, of which each scan brings a bit of a coefficient.
  @Test func componentsHaveAtMost64Scans() throws {
    let counts = [1] + [UInt8](repeating: 0, count: 15)
    var file: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    file += [0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]
    // The code 0 is a difference of 0, and the end of a block.
    file += [0xFF, 0xC4, 0, 20, 0x00] + counts + [0] + [0xFF, 0xC4, 0, 20, 0x10] + counts + [0]
    file += [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x7F]
    for scan in 0..<63 {
      let (index, bit) = (UInt8(1 + scan / 14), UInt8(13 - scan % 14))
      file += [0xFF, 0xDA, 0, 8, 1, 1, 0, index, index, bit == 13 ? 13 : (bit + 1) << 4 | bit, 0x7F]
    }
    #expect(try JPEG.decodeGrey(file + [0xFF, 0xD9]).pixels == [UInt8](repeating: 128, count: 64))
    file += [0xFF, 0xDA, 0, 8, 1, 1, 0, 63, 63, 0, 0x7F, 0xFF, 0xD9]
    #expect(try error(file).expected == "at most 64 scans of component 0")
  }

  @Test func componentsMayHaveScansOfTheirOwn() throws {
    // Three grey files of one size are the components of one.
    let grey = KnownJPEG.grey.file
    let (frame, scan) = (try offset(of: 0xC0, in: grey), try offset(of: 0xDA, in: grey))
    let tables = try offset(of: 0xDB, in: grey)
    var file: [UInt8] = [0xFF, 0xD8] + grey[tables..<frame] + [0xFF, 0xC0, 0, 17] + grey[frame + 4..<frame + 9]
    file += [3, 82, 0x11, 0, 71, 0x11, 0, 66, 0x11, 0] + grey[frame + 13..<scan]
    for identifier in "RGB".utf8 {
      file += [0xFF, 0xDA, 0, 8, 1, identifier, 0, 0, 63, 0] + grey[scan + 10..<grey.count - 2]
    }
    // All three colours are the same, hence grey; the weights add up to one.
    #expect(try JPEG.decodeGrey(file).pixels == KnownJPEG.grey.pixels)
    // Without the last scan there is no blue.
    file.removeLast(grey.count - 2 - scan)
    #expect(try error(file + [0xFF, 0xD9]).found == "components without one")
  }

  @Test func damagedMetadataAreIgnored() throws {
    let known = KnownJPEG.turned
    let upright = try JPEG.decodeGrey(known.file)
    let start = try #require((0..<known.file.count).first { known.file[$0...].starts(with: Array("Exif".utf8)) })
    // The segment's name, the order of bytes, the directory's place, and its number of entries.
    for (place, value) in [(0, 0), (6, 0x58), (10, 0xFF), (14, 0)] as [(Int, UInt8)] {
      var file = known.file
      file[start + place] = value
      let image = try JPEG.decodeGrey(file)
      #expect((image.width, image.height) == (upright.height, upright.width))
    }
  }
}
