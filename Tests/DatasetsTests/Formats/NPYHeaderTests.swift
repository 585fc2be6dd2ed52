import Datasets
import Testing

@Suite struct NPYHeaderTests {
  /// A file with the header `text` and a payload of `size` zeros.
  private func file(_ text: String, size: Int = 24, version: UInt8 = 1) -> [UInt8] {
    let length = text.utf8.count
    let field = [UInt8(length & 255), UInt8(length >> 8)] + (version == 1 ? [] : [0, 0])
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + field + Array(text.utf8) + [UInt8](repeating: 0, count: size)
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}  \n",
    " { 'fortran_order' : False , 'descr' : '<f4' , 'shape' : ( 2 , 3 , ) } ",
  ]) func accepted(text: String) throws {
    for version: UInt8 in [1, 2] {
      let array = try NPY.decode(file(text, version: version))
      #expect(array.shape == [2, 3] && array.element == .float32)
    }
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "Fortran order"),
    ("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", "'>f4'"),
    ("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", "'<f2'"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", "\"[\""),
    ("{'descr': '<f4', 'fortran_order': False, }", "only some"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", "'descr'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}", "'x'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", "\")\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", "\",\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", "\"-\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", "the end of the header"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", "\"x\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "99999999999999999999"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", "4611686018427387904"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (7,)}", "24"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", "24"),
    ("{'descr': '<f\\x34', 'fortran_order': False, 'shape': (6,)}", "\"\\\""),
    ("{'descr': '<f4", "the end of the header"), ("", "the end of the header"),
  ]) func rejected(text: String, found: String) {
    let error = #expect(throws: FormatError.self) { try NPY.decode(file(text)) }
    #expect(error?.found.contains(found) == true, "\(error?.description ?? "")")
  }

  @Test func offsetsPointIntoTheFile() {
    let error = #expect(throws: FormatError.self) {
      try NPY.decode(file("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }"))
    }
    // Ten bytes before the header, and 34 before "True".
    #expect(error?.offset == 10 + 34)
  }
}
