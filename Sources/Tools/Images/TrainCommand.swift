import Datasets
import Flow
import Foundation
import Kernels
import ToolSupport

/// `Tools train`: a bijective classifier of images, or a ResNet to compare it with.
struct TrainCommand: Command {
  let name = "train"
  let summary = "train a bijective image classifier, with cross-entropy or independence cross-entropy, or a ResNet"
  let discussion = """
    Trains the convolutional fully invertible RevNet of the paper (three stages of 16 steps with 128 filters unless told \
    otherwise) on MNIST, on any folder of the same form, or on digits that the program draws itself. With --network \
    resnet it is an ordinary ResNet-20 for comparison, which has no inverse and knows --objective ce alone.

    Writes a checkpoint after every epoch; a run that was interrupted goes on with --resume and ends with the bytes of one \
    that was not. In the folder are then model.safetensors, which Python opens, state.safetensors and metrics.json.
    """
  let example = "swift run Tools train --stages 3 --steps 4 --filters 32 --limit 10000 --epochs 3 --output quick-ce"
  let arguments: [Argument] = []
  let options: [Option] =
    [ImageSource.option] + ImageModelConfiguration.options + TrainingConfiguration.options + [
      .choice(
        "memory", default: Memory.stored, metavar: "MODE",
        help: "keep activations for the backward pass, or rebuild them from the output"),
      .threads,
      .text("output", default: "run", metavar: "RUN", help: "folder for what the run writes"),
      .flag("resume", help: "go on with the run in --output, with the options that it was started with"),
    ]

  func run(_ options: Options, console: Console) throws {
    Parallel.threads = options.integer("threads")
    let folder = try OutputFolder(creating: options.text("output"))
    let state = folder.file(ImageTraining.stateFile)
    let resumes = options.flag("resume")
    let exists = FileManager.default.fileExists(atPath: state)
    if resumes && !exists { throw FileError("resume from", state, reason: "there is no such file") }
    if !resumes && exists {
      throw UsageError.refused(
        "\(folder.path) holds a run; --resume goes on with it, another --output begins a new one")
    }
    let training: TrainingConfiguration
    let model: ImageModelConfiguration
    let splits: ImageSplits
    if resumes {
      let file = try TensorFile(path: state)
      model = try ModelFile.configuration(file.metadata, path: state)
      training = try file.decode(TrainingConfiguration.self, "training")
      splits = try model.source.load()
    } else {
      let source = ImageSource(options, seed: options.unsigned("seed"))
      training = try TrainingConfiguration(options, source, console)
      splits = try source.load()
      model = try ImageModelConfiguration(options, images: splits.train, source: source)
      if model.architecture == .resNet, options.choice("memory", as: Memory.self) == .reversible {
        throw UsageError.refused("--memory reversible needs an inverse, which --network resnet does not have")
      }
      if model.architecture == .resNet, training.hasPenalty {
        throw UsageError.refused(
          "--gain-weight, --inverse-gain-weight and --logit-decay are for --network fi-revnet, not for resnet")
      }
    }
    if training.whitens == true, model.objective == .crossEntropy || model.logitScale == .learned {
      throw UsageError.refused("--whiten needs --objective ice and a --logit-scale that is a number")
    }
    console.error("data: \(model.source.summary)\n")
    let began = Progress.seconds()
    var (metrics, epochs) = try ImageTraining(
      model: model, training: training, splits: splits, shifted: try model.source.loadShifted(),
      memory: options.choice("memory", as: Memory.self),
      folder: folder, console: console
    ).run(resuming: resumes)
    for (name, value) in model.metadata { metrics["configuration.\(name)"] = .text(value) }
    metrics["configuration.training"] = .text(training.jsonText)
    metrics["data"] = .text(model.source.summary)
    metrics["command"] = .text((["swift run Tools"] + CommandLine.arguments.dropFirst()).joined(separator: " "))
    metrics["seconds"] = .number(Progress.seconds() - began)
    metrics.recordMachine()
    try folder.write(metrics.json(), to: "metrics.json")
    let last = epochs.last.map { Decimals.fixed(100 * $0.testError, places: 2) } ?? "n/a"
    try console.output("test error \(last) %; the model is \(folder.file(ModelFile.name)).\n")
  }
}
