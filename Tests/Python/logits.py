"""The logits of a model file in PyTorch, from its tensors and metadata alone: a second implementation to check against.

usage: logits.py MODEL.safetensors IMAGES.npy LOGITS.npy

IMAGES holds padded images of [0, 1], samples x height x width; LOGITS is written, samples x classes. Needs numpy, torch and
safetensors; exits with 2, saying so, where one of them is missing.
"""
import sys

try:
    import numpy as np
    import torch
    import torch.nn.functional as functional
    from safetensors import safe_open
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(2)

path, images, output = sys.argv[1:]
with safe_open(path, framework="pt") as file:
    about = file.metadata()
    tensors = {name: file.get_tensor(name) for name in file.keys()}


def normalised(norm, x):
    return functional.batch_norm(
        x, tensors[norm + "mean"], tensors[norm + "variance"], tensors[norm + "scale"], tensors[norm + "shift"])


def convolved(layer, x, stride=1):
    weight = tensors[layer + "weight"].permute(0, 3, 1, 2)
    return functional.conv2d(x, weight, tensors.get(layer + "bias"), stride=stride, padding=weight.shape[2] // 2)


def coupling_function(prefix, x):
    for index in range(3):
        x = convolved(f"{prefix}convolutions.{index}.", x)
        norm = f"{prefix}norms.{index}."
        if norm + "mean" in tensors:
            x = normalised(norm, x)
        if index < 2:
            x = functional.relu(x)
    return x


def step(prefix, x):
    x = x + tensors[prefix + "actnorm.bias"][:, None, None]
    # A network that preserves volume has no scales.
    if prefix + "actnorm.logScale" in tensors:
        x = x * tensors[prefix + "actnorm.logScale"].exp()[:, None, None]
    x = functional.conv2d(x, tensors["weights." + prefix + "convolution"][:, :, None, None])
    half = x.shape[1] // 2
    first, second = x[:, :half], x[:, half:]
    found = coupling_function(prefix + "coupling.function.", first)
    if about["coupling"] == "affine":
        shift, raw = found.chunk(2, 1)
        second = second * torch.exp(2 * torch.tanh(raw / 2)) + shift
    else:
        second = second + found
    # The half just updated comes first.
    return torch.cat([second, first], 1)


def bijective(x):
    factors_out = about["factor_out"] == "true"
    stages = int(about["stages"])
    for stage in range(stages):
        x = functional.pixel_unshuffle(x, 2)
        for block in range(int(about["steps"])):
            x = step(f"stages.{stage}.blocks.{block}.", x)
        if factors_out and stage + 1 < stages:
            x = x[:, : x.shape[1] // 2]
    height, width = x.shape[2:]
    pixels = x.permute(0, 2, 3, 1).reshape(x.shape[0], height * width, -1)
    centre = height // 2 * width + width // 2
    code = torch.roll(pixels, -centre, 1).reshape(x.shape[0], -1)
    return logits(code[:, : int(about["classes"])])


def logits(semantic):
    if about["logit_scale"] != "learned":
        return semantic * float(about["logit_scale"])
    mean, variance, scale, shift = (tensors["logits." + name] for name in ["mean", "variance", "scale", "shift"])
    return (semantic - mean) / torch.sqrt(variance + 1e-5) * scale + shift


def basic_block(prefix, x, stride):
    y = functional.relu(normalised(prefix + "norms.0.", convolved(prefix + "convolutions.0.", x, stride)))
    y = normalised(prefix + "norms.1.", convolved(prefix + "convolutions.1.", y))
    if prefix + "projection.convolution.weight" in tensors:
        x = normalised(prefix + "projection.norm.", convolved(prefix + "projection.convolution.", x, stride))
    return functional.relu(x + y)


def residual(x):
    x = functional.relu(normalised("stemNorm.", convolved("stem.", x)))
    for stage in range(3):
        for block in range(int(about["blocks"])):
            x = basic_block(f"stages.{stage}.blocks.{block}.", x, 2 if stage > 0 and block == 0 else 1)
    return functional.linear(x.mean((2, 3)), tensors["readOut.weight"], tensors["readOut.bias"])


with torch.no_grad():
    x = torch.from_numpy(np.load(images))[:, None]
    np.save(output, (residual if about["model"] == "resnet" else bijective)(x).numpy())
