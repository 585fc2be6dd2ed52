import Datasets
import Testing

@Suite struct RasterTests {
  @Test func holdsItsPixels() {
    var image = Raster(width: 2, height: 1, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
    image.pixels[3] = 9
    #expect(image.pixels == [1, 2, 3, 9, 5, 6])
    #expect(image != Raster(width: 1, height: 2, channels: 3, pixels: image.pixels))
  }

  @Test func aWrongNumberOfSamplesTraps() async {
    await #expect(processExitsWith: .failure) { _ = Raster(width: 2, height: 2, channels: 1, pixels: [0, 0, 0]) }
    await #expect(processExitsWith: .failure) { _ = Raster(width: 1, height: 1, channels: 2, pixels: [0, 0]) }
  }
}
