"""ResNet-20 on 28x28 pixels in PyTorch: what the benchmark's cases "step resnet" and "forward resnet" do.

    python resnet_step.py [--threads 2] [--format nhwc|nchw] [--repetitions 15]

Needs torch. One basic block is 3x3 -> batch norm -> rectifier -> 3x3 -> batch norm, plus the input or its strided 1x1
convolution with a batch norm, and a rectifier; three stages of 16, 32 and 64 filters. A step is loss, gradients and
Adamax at batch 64. Prints one JSON line a case. Give the allocator GLIBC_TUNABLES (see ../README.md) for a fair race.
"""

import argparse
import json
import os
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--format", choices=["nhwc", "nchw"], default="nhwc")
parser.add_argument("--filters", type=int, default=16)
parser.add_argument("--blocks", type=int, default=3)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--repetitions", type=int, default=15)
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(arguments.threads)

import torch
from torch import nn
from torch.nn import functional

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
LAYOUT = torch.channels_last if arguments.format == "nhwc" else torch.contiguous_format


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.first_norm(self.first(x)), inplace=True)
        return functional.relu(self.second_norm(self.second(y)) + self.shortcut(x), inplace=True)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        filters = arguments.filters
        layers = [nn.Conv2d(1, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        inputs = filters
        for stage in range(3):
            for block in range(arguments.blocks):
                layers.append(Block(inputs, filters << stage, 2 if stage > 0 and block == 0 else 1))
                inputs = filters << stage
        self.body = nn.Sequential(*layers)
        self.read_out = nn.Linear(inputs, 10)

    def forward(self, x):
        return self.read_out(self.body(x).mean((2, 3)))


network = ResNet().to(memory_format=LAYOUT)
optimiser = torch.optim.Adamax(network.parameters(), lr=1e-6)
x = torch.randn(arguments.batch, 1, 28, 28).to(memory_format=LAYOUT)
labels = torch.randint(0, 10, (arguments.batch,))


def step():
    network.train()
    optimiser.zero_grad(set_to_none=True)
    functional.cross_entropy(network(x), labels).backward()
    optimiser.step()


def forward():
    network.eval()
    with torch.no_grad():
        network(x)


for name, call in [("step resnet", step), ("forward resnet", forward)]:
    for _ in range(3):
        call()
    seconds = []
    for _ in range(arguments.repetitions):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds)
    print(
        json.dumps({
            "name": name, "seconds_median": round(median, 5), "seconds_minimum": round(min(seconds), 5),
            "images_per_second": round(arguments.batch / median, 1), "threads": arguments.threads,
            "format": arguments.format, "parameters": sum(p.numel() for p in network.parameters()),
            "torch": torch.__version__,
        }))
