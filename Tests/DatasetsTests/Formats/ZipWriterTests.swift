import Testing

@testable import Datasets

@Suite struct ZipWriterTests {
  /// Reads an archive from its end, as unpackers do, and verifies what the directory and the entries say twice.
  private func entries(_ file: [UInt8]) throws -> [(name: String, bytes: [UInt8])] {
    var end = ByteReader(file, format: "ZIP", offset: file.count - 22)
    #expect(try end.bigEndian(UInt32.self, "mark") == 0x504B_0506)
    #expect(try end.littleEndian(UInt32.self, "disks") == 0)
    let count = try end.littleEndian(UInt16.self, "count")
    #expect(try end.littleEndian(UInt16.self, "count") == count)
    let size = Int(try end.littleEndian(UInt32.self, "size"))
    let start = Int(try end.littleEndian(UInt32.self, "start"))
    #expect(start + size == file.count - 22)
    #expect(try end.littleEndian(UInt16.self, "comment") == 0)

    var directory = ByteReader(file, format: "ZIP", offset: start)
    var entries: [(name: String, bytes: [UInt8])] = []
    for _ in 0..<count {
      #expect(try directory.bigEndian(UInt32.self, "mark") == 0x504B_0102)
      #expect(try directory.littleEndian(UInt16.self, "version") == 20)
      let common = try directory.take(26, "fields")
      var fields = ByteReader(Array(common), format: "ZIP")
      #expect(try fields.littleEndian(UInt16.self, "version") == 20)
      let isUTF8 = try fields.littleEndian(UInt16.self, "flags") == 0x800
      #expect(try fields.littleEndian(UInt16.self, "method") == 8)
      #expect(try fields.littleEndian(UInt32.self, "1980-01-01 00:00") == 0x0021_0000)
      let crc = try fields.littleEndian(UInt32.self, "CRC")
      let packed = Int(try fields.littleEndian(UInt32.self, "size"))
      let unpacked = Int(try fields.littleEndian(UInt32.self, "size"))
      let nameLength = Int(try fields.littleEndian(UInt16.self, "name length"))
      #expect(Array(try directory.take(10, "zeros")) == [UInt8](repeating: 0, count: 10))
      let offset = Int(try directory.littleEndian(UInt32.self, "offset"))
      let name = Array(try directory.take(nameLength, "name"))
      #expect(isUTF8 == name.contains { $0 >= 0x80 })

      var local = ByteReader(file, format: "ZIP", offset: offset)
      #expect(try local.bigEndian(UInt32.self, "mark") == 0x504B_0304)
      #expect(try local.take(26, "fields") == common)
      #expect(Array(try local.take(nameLength, "name")) == name)
      let result = try Inflate.decompress(file, from: local.offset, limit: unpacked)
      #expect(result.consumed == packed && result.bytes.count == unpacked)
      #expect(crc32(result.bytes) == crc)
      entries.append((String(decoding: name, as: UTF8.self), result.bytes))
    }
    #expect(directory.offset == file.count - 22)
    return entries
  }

  @Test func entriesComeBack() throws {
    var archive = ZipWriter()
    #expect(try entries(archive.finish()).isEmpty)
    for (name, bytes) in compressorInputs.prefix(6) { try archive.add(name: name + "é.bin", contents: bytes) }
    try archive.add(name: "plain", contents: [1, 2])
    let found = try entries(archive.finish())
    #expect(found.map(\.name) == compressorInputs.prefix(6).map { $0.name + "é.bin" } + ["plain"])
    #expect(found.map(\.bytes) == compressorInputs.prefix(6).map(\.bytes) + [[1, 2]])
  }

  @Test func whatIsCompressedAlreadyComesBack() throws {
    var archive = ZipWriter()
    for (name, bytes) in compressorInputs.prefix(6) {
      try archive.add(name: name, head: [1, 2, 3], body: DeflatedBytes(bytes))
    }
    #expect(try entries(archive.finish()).map(\.bytes) == compressorInputs.prefix(6).map { [1, 2, 3] + $0.bytes })
  }

  @Test func theSizeIsLimited() throws {
    var generator = SplitMix64(seed: 50)
    let noise = generator.bytes(100)
    var archive = ZipWriter(sizeLimit: 250)
    try archive.add(name: "a", contents: noise)
    let before = archive.finish()
    #expect(throws: FormatError.self) { try archive.add(name: "b", contents: noise) }
    #expect(throws: FormatError.self) { try archive.add(name: "c", contents: [UInt8](repeating: 0, count: 251)) }
    // What does not fit leaves no trace.
    #expect(archive.finish() == before)
  }
}
