import Testing
import ToolSupport

@Suite struct ContactSheetTests {
  private static let image = (0..<6).map { UInt8($0 * 40 + 10) }

  @Test func imagesStandInRowsAndColumns() {
    var sheet = ContactSheet(imageWidth: 3, imageHeight: 2, cells: [[Self.image, nil], [nil, Self.image]])
    sheet.scale = 4
    let canvas = sheet.render()
    // A margin of 14 around cells of 12 × 8, 6 apart.
    #expect(canvas.width == 14 + 12 + 6 + 12 + 14)
    #expect(canvas.height == 14 + 8 + 6 + 8 + 14)
    for (left, top) in [(14, 14), (32, 28)] {
      for y in 0..<8 {
        for x in 0..<12 {
          #expect(canvas.color(x: left + x, y: top + y) == Color(grey: Self.image[y / 4 * 3 + x / 4]))
        }
      }
    }
    #expect(canvas.color(x: 38, y: 18) == .white)
  }

  @Test func labelsMakeRoomForThemselves() {
    let bare = ContactSheet(imageWidth: 3, imageHeight: 2, cells: [[Self.image], [Self.image]])
    let plain = bare.render()
    var labelled = bare
    labelled.rowLabels = ["a long label of a row", "second", "no such row"]
    #expect(labelled.render().width >= plain.width + TextStyle(size: 13).textWidth("a long label of a row"))
    var headed = bare
    headed.columnLabels = ["one two"]
    // Too narrow for both words: two lines.
    #expect(headed.render().height == plain.height + 36)
    var titled = bare
    titled.title = "A title that is wider than its table"
    #expect(titled.render().width > TextStyle(size: 16, bold: true).textWidth(titled.title))
  }

  @Test func nothingTouchesTheEdge() {
    var sheet = ContactSheet(imageWidth: 3, imageHeight: 2, cells: [[Self.image, Self.image]])
    sheet.title = "Title"
    sheet.rowLabels = ["row"]
    sheet.columnLabels = ["uncommonly", "overlonghead"]
    let canvas = sheet.render()
    for x in 0..<canvas.width {
      #expect(canvas.color(x: x, y: 0) == .white && canvas.color(x: x, y: canvas.height - 1) == .white)
    }
    for y in 0..<canvas.height {
      #expect(canvas.color(x: 0, y: y) == .white && canvas.color(x: canvas.width - 1, y: y) == .white)
    }
  }

  @Test func emptySheetIsACanvasToo() {
    #expect(ContactSheet(imageWidth: 1, imageHeight: 1, cells: []).render().inkBounds == nil)
    #expect(ContactSheet(imageWidth: 1, imageHeight: 1, cells: [[], [nil]]).render().inkBounds == nil)
  }
}
