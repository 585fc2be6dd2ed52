import Foundation
import Testing

@testable import Datasets

@Suite struct ProvenanceTests {
  private let splits = randomSplits(train: 700, test: 300)

  /// The lines of a file without quotes, as fields; the header is checked.
  private func lines(_ csv: [UInt8]) throws -> [[String]] {
    let text = String(decoding: csv, as: UTF8.self)
    #expect(text.hasSuffix("\n") && !text.contains("\r"))
    let lines = text.split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(
      lines.first?.joined(separator: ",")
        == "split,index,label,source_index,code_row,texture,texture_file,crop_x,crop_y,mirrored")
    #expect(lines.allSatisfy { $0.count == 10 })
    return Array(lines.dropFirst())
  }

  @Test func binaryImagesAreRebuiltFromItAndTheSource() throws {
    let set = try BinaryShift(column: 6, firstRow: 1, rowStep: 2).apply(to: splits)
    let lines = try lines(Provenance.csv(set))
    #expect(lines.count == 2000)
    var rebuilt: [String: [UInt8]] = [:]
    for line in lines {
      let source = line[0] == "train" || line[0] == "unshortcut" ? splits.train : splits.test
      let index = try #require(Int(line[3]))
      var image = Array(source.image(index))
      if !line[4].isEmpty { image[28 * (try #require(Int(line[4]))) + 6] = 255 }
      #expect(line[2] == String(source.labels[index]) && line[5...].allSatisfy(\.isEmpty))
      #expect(line[4].isEmpty == (line[0] == "shifted" || line[0] == "unshortcut"))
      #expect(line[1] == String(rebuilt[line[0], default: []].count / 784))
      rebuilt[line[0], default: []] += image
    }
    for part in ShiftMNIST.Part.allCases { #expect(rebuilt[part.rawValue] == set[part].images.pixels) }
  }

  @Test func textureImagesAreRebuiltFromItTheSourceAndTheTextures() throws {
    let sources = randomTextures(10, height: 56, width: 60)
    let preparation = TexturePreparation(scale: 2, contrast: .stretch)
    let types = sources.map { $0.prepared(preparation) }
    let shift = TextureShift(types: types, low: 10, high: 200, sourceCount: 3, split: .patches, seed: 4)
    let set = try shift.apply(to: splits)
    let lines = try lines(Provenance.csv(set, types: types))
    // What somebody has who was given the textures, the manifest's parameters and the lines.
    let images = Dictionary(
      uniqueKeysWithValues: sources.flatMap(\.images).map { ($0.name, preparation.apply(to: $0.raster)) })
    var rebuilt: [String: [UInt8]] = [:]
    for line in lines {
      let source = line[0] == "train" || line[0] == "unshortcut" ? splits.train : splits.test
      let digit = source.image(try #require(Int(line[3])))
      let raster = try #require(images[line[6]])
      #expect(line[6].hasPrefix(line[5] + "/") && line[4].isEmpty)
      let (x, y, mirrored) = (try #require(Int(line[7])), try #require(Int(line[8])), line[9] == "1")
      for (place, value) in digit.enumerated() {
        let column = mirrored ? 27 - place % 28 : place % 28
        let texture = raster.pixels[(y + place / 28) * raster.width + x + column]
        rebuilt[line[0], default: []].append(laid(value, over: texture, low: 10, high: 200))
      }
    }
    for part in ShiftMNIST.Part.allCases { #expect(rebuilt[part.rawValue] == set[part].images.pixels) }
  }

  @Test func namesThatHoldCommasAreQuoted() throws {
    let raster = Raster(width: 28, height: 28, channels: 1, pixels: [UInt8](repeating: 0, count: 784))
    let images = ["a,b", "say \"a\""].map { TextureImage(name: $0, raster: raster, digest: "") }
    let types = [TextureType(name: "line\nbreak", images: images)]
    let set = try TextureShift(types: types, seed: 1).apply(to: randomSplits(train: 40, test: 1, classes: 1))
    let text = String(decoding: Provenance.csv(set, types: types), as: UTF8.self)
    // One of the two is for training.
    let name = try TextureSources(types[0], seed: 1).train == [0] ? "\"a,b\"" : "\"say \"\"a\"\"\""
    #expect(text.contains("train,0,0,0,,\"line\nbreak\",\(name),0,0,"))
    let read = try Provenance.textures(Array(text.utf8), of: .train, names: ["other", "line\nbreak"])
    #expect(read == [UInt8](repeating: 1, count: 40))
  }

  @Test func texturesAreReadAgain() throws {
    // Names with all that is quoted.
    let types = randomTextures(10).enumerated().map { index, type in
      TextureType(name: ["a,b", "\"", "say \"a\",\n", ""][index % 4] + String(index), images: type.images)
    }
    let set = try TextureShift(types: types, seed: 4).apply(to: splits)
    let csv = Provenance.csv(set, types: types)
    for part in ShiftMNIST.Part.allCases {
      let expected = set[part].additions.map { addition in
        if case .texture(let patch) = addition { UInt8(patch.type) } else { UInt8.max }
      }
      #expect(try Provenance.textures(csv, of: part, names: types.map(\.name)) == expected)
    }
    #expect(throws: FormatError.self) { try Provenance.textures(csv, of: .train, names: ["a,b0"]) }
    #expect(throws: FormatError.self) { try Provenance.textures([1, 2], of: .train, names: []) }
    let cut = Array("\(Provenance.header)\ntrain,0,0\n".utf8)
    let error = #expect(throws: FormatError.self) { try Provenance.textures(cut, of: .train, names: []) }
    #expect(error?.description.contains("expected a line of 10 fields, found 3") == true)
  }
}
