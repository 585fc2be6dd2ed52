import Datasets
import Foundation
import Kernels
import ToolSupport

/// `Tools build-shiftmnist`: the data set of section 4 and figure 8 of the paper.
struct BuildShiftMNISTCommand: Command {
  let name = "build-shiftmnist"
  let summary = "build shiftMNIST: digits with a shortcut to the class that fails at test time (figure 8)"
  let discussion = """
    Builds both variants of shiftMNIST out of MNIST, of any folder of the same form, or of digits that the program draws \
    itself. Binary: one white pixel at the left border tells the label of training and test images; the shifted test has \
    none. Texture: the texture behind the digit tells the label; in the shifted test it is random. Training and test \
    patches come from different texture images, unless --texture-split patches is given.

    Each variant is a folder: train-* and t10k-* (the i.i.d. test) are what other commands take as --data, shifted-* is \
    the adversarial test, unshortcut-* the training images made as that test is (no pixel, or a random texture out of \
    training sources), all in MNIST's format; shiftmnist.npz holds the same, compressed, as x_train, y_train, x_test, \
    y_test, x_shifted, y_shifted, x_unshortcut, y_unshortcut. provenance.csv says how every image was made, \
    manifest.json with what, preview.png shows some. The same options give the same bytes on any machine and any number of threads. Files appear when all are \
    complete.

    An image is digit + (1 − digit/255)·patch, rounded; patches are cut out of the grey texture images at a random place, \
    mirrored at random, and scaled from [0, 255] to [--texture-low, --texture-high]. In a folder of textures the first \
    folders by name with enough usable images belong to the labels 0, 1, …; two are enough, unless --texture-sources \
    asks for more.

    A small patch of a photograph says little of its texture, and models read the digit instead. They take DTD's textures \
    as a shortcut with --texture-scale 4 --texture-contrast stretch --texture-high 255 --texture-sources 1 \
    --texture-split patches.
    """
  let example = "swift run Tools build-shiftmnist --mnist mnist --textures dtd/images --output shiftmnist"
  let arguments: [Argument] = []
  let options = ShiftMNISTConfiguration.options

  func run(_ options: Options, console: Console) throws {
    Parallel.threads = options.integer("threads")
    let configuration = try ShiftMNISTConfiguration(options)
    try ShiftMNISTBuild(configuration: configuration, console: console).run()
  }
}
