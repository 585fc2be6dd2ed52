import ToolSupport

extension ContactSheet {
  /// A whole factor at which an image has some 84 pixels, and is twice its size at least up to 64.
  var readableScale: Int { max(1, imageWidth <= 64 ? 2 : 1, 84 / max(imageWidth, imageHeight)) }
}
