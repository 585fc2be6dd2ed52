import Datasets
import Testing

@Suite struct FormatErrorTests {
  @Test func describesItselfInOneSentence() {
    let error = FormatError(format: "IDX", offset: 16, expected: "784 bytes", found: "12")
    #expect(error.description == "IDX, byte 16: expected 784 bytes, found 12.")
  }
}
