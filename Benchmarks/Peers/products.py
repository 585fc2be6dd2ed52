"""Matrix products and convolutions beside NumPy, PyTorch, ONNX Runtime and, products alone, JAX: times the same shapes as a record of
`swift run Benchmarks --json` and writes the tables of Benchmarks/README.md.

    python products.py RECORD.json [--program .build/debug/Benchmarks] [--threads 2] [--json FILE] [--only TEXT]

Metamer's own time of a case is taken anew, just before and just after the others', and the mean of both counts: a machine's mood changes
within minutes. Every engine computes what it would in use: matrices row by row, images in the better of PyTorch's two layouts, batch 64, no bias.
JAX's products are jitted, and waited for; its threads are as many as processors that the process may use when XLA starts, which is set to
--threads for that moment, as XLA has no setting of its own for them.
ONNX Runtime takes the right factor of a product for a weight, which it packs once, before the clock runs; the column "packing" is the
same with a right factor that it is given at every call, as all others are.

Medians of at least 7 samples of at least 20 ms. Engines that are not installed are left out. Run it on the machine of the record, right
after it, with nothing else running.
"""

import argparse
import json
import math
import os
import re
import statistics
import time

from own_time import GOOD_MOOD, hand_over_seconds, own_result

parser = argparse.ArgumentParser()
parser.add_argument("record")
parser.add_argument("--program", default=".build/debug/Benchmarks")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--json", help="where to write the times")
parser.add_argument("--only", default="")
arguments = parser.parse_args()
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(arguments.threads)

import numpy as np

try:
    import torch

    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
except ImportError:
    torch = None
try:
    import onnxruntime
    from onnx import TensorProto, helper
except ImportError:
    onnxruntime = None
try:
    import jax

    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(processors)[: arguments.threads])
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_default_matmul_precision", "float32")
    jax.devices()
    os.sched_setaffinity(0, processors)
except ImportError:
    jax = None


PACKING = "ONNX Runtime, packing"


def own_seconds(case):
    """Metamer's median, now."""
    return own_result(arguments.program, case["name"], case["shape"], arguments.threads)[0]["seconds_median"]


def median_seconds(call):
    for _ in range(2):
        call()
    start = time.perf_counter()
    call()
    repetitions = max(1, math.ceil(0.02 / max(time.perf_counter() - start, 1e-7)))
    samples = []
    for _ in range(9):
        start = time.perf_counter()
        for _ in range(repetitions):
            call()
        samples.append((time.perf_counter() - start) / repetitions)
    return statistics.median(samples)


def session(node, x, weight, shape, packs=False):
    """A call of a node whose weight is the model's, or, if it packs, one more operand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    options.log_severity_level = 3
    value = helper.make_tensor_value_info
    inputs = [value("x", TensorProto.FLOAT, x.shape)]
    constants = [helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.tobytes(), raw=True)]
    operands = {"x": x}
    if packs:
        inputs, constants = inputs + [value("w", TensorProto.FLOAT, weight.shape)], []
        operands["w"] = weight
    graph = helper.make_graph([node], "g", inputs, [value("y", TensorProto.FLOAT, shape)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    made = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: made.run(None, operands)


def matmul_times(letters, rows, depth, columns):
    random = np.random.default_rng(0)
    a = random.standard_normal((rows, depth) if letters[0] == "n" else (depth, rows), dtype=np.float32)
    b = random.standard_normal((depth, columns) if letters[1] == "n" else (columns, depth), dtype=np.float32)
    c = np.empty((rows, columns), np.float32)
    left, right = (a if letters[0] == "n" else a.T), (b if letters[1] == "n" else b.T)
    times = {"NumPy": median_seconds(lambda: np.matmul(left, right, out=c))}
    if torch:
        ta, tb, tc = torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(c)
        ta, tb = (ta if letters[0] == "n" else ta.t()), (tb if letters[1] == "n" else tb.t())
        times["PyTorch"] = median_seconds(lambda: torch.mm(ta, tb, out=tc))
    if onnxruntime:
        node = helper.make_node(
            "Gemm", ["x", "w"], ["y"], transA=int(letters[0] == "t"), transB=int(letters[1] == "t"))
        times["ONNX Runtime"] = median_seconds(session(node, a, b, (rows, columns)))
        times[PACKING] = median_seconds(session(node, a, b, (rows, columns), packs=True))
    if jax:
        ja, jb = jax.numpy.asarray(a), jax.numpy.asarray(b)
        product = jax.jit(
            lambda x, y: jax.numpy.dot(x if letters[0] == "n" else x.T, y if letters[1] == "n" else y.T))
        times["JAX"] = median_seconds(lambda: product(ja, jb).block_until_ready())
    return times


def convolution_times(product, kernel, stride, inputs, outputs, size):
    times = {}
    pad, output = kernel // 2, (size + stride - 1) // stride
    if torch:
        seconds = []
        for layout in (torch.contiguous_format, torch.channels_last):
            x = torch.randn(64, inputs, size, size).contiguous(memory_format=layout)
            weight = torch.randn(outputs, inputs, kernel, kernel).contiguous(memory_format=layout)
            dy = torch.randn(64, outputs, output, output).contiguous(memory_format=layout)
            settings = (None, [stride, stride], [pad, pad], [1, 1], False, [0, 0], 1)
            backward = torch.ops.aten.convolution_backward
            call = {
                "forward": lambda: torch.nn.functional.conv2d(x, weight, None, stride, pad),
                "input gradient": lambda: backward(dy, x, weight, *settings, [True, False, False]),
                "weight gradient": lambda: backward(dy, x, weight, *settings, [False, True, False]),
            }[product]
            seconds.append(median_seconds(call))
        times["PyTorch"] = min(seconds)
    if onnxruntime and product == "forward":
        x = np.random.standard_normal((64, inputs, size, size)).astype(np.float32)
        weight = np.random.standard_normal((outputs, inputs, kernel, kernel)).astype(np.float32)
        node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[pad] * 4, strides=[stride] * 2)
        times["ONNX Runtime"] = median_seconds(session(node, x, weight, (64, outputs, output, output)))
    return times


def times_of(name, shape):
    if name.startswith("matmul"):
        return matmul_times(name.split()[1], *map(int, shape.split("×")))
    found = re.fullmatch(r"(\d)×\d(?: / (\d))?, (\d+)→(\d+), (\d+)×\d+", shape)
    return convolution_times(name.removeprefix("convolution "), *(int(number or 1) for number in found.groups()))


def clock(seconds):
    return f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"


def main():
    record = json.load(open(arguments.record))
    cases = [
        result for result in record["results"]
        if result["threads"] == arguments.threads and result["name"].split()[0] in ("matmul", "convolution")
        and arguments.only in f"{result['name']} {result['shape']}"
    ]
    engines = ["NumPy"] + (["PyTorch"] if torch else []) + (["ONNX Runtime", PACKING] if onnxruntime else [])
    engines += ["JAX"] if jax else []
    rows, ratios = [], {"matmul": [], "convolution": []}
    print(f"| {arguments.threads} threads | Metamer | " + " | ".join(engines) + " | best / Metamer |")
    print("| --- | --- |" + " --- |" * (len(engines) + 1))
    for case in cases:
        mood = hand_over_seconds(arguments.program, arguments.threads)
        before = own_seconds(case)
        times = times_of(case["name"], case["shape"])
        if not times:
            continue
        own = (before + own_seconds(case)) / 2
        mood = max(mood, hand_over_seconds(arguments.program, arguments.threads))
        ratio = min(times.values()) / own
        ratios[case["name"].split()[0]].append((ratio, mood))
        rows.append({"name": case["name"], "shape": case["shape"], "threads": arguments.threads, "hand over": mood, "metamer": own, **times})
        cells = [clock(times[engine]) if engine in times else "–" for engine in engines]
        print(f"| {case['name']} {case['shape']} | {clock(own)} | " + " | ".join(cells) + f" | {ratio:.2f} × |", flush=True)
    for kind, values in ratios.items():
        for condition, some in (
            ("all", [ratio for ratio, _ in values]),
            ("in the good mood", [ratio for ratio, mood in values if mood < GOOD_MOOD]),
            ("in the bad mood", [ratio for ratio, mood in values if mood >= GOOD_MOOD]),
        ):
            if some:
                mean = math.exp(statistics.fmean(map(math.log, some)))
                behind = sum(ratio < 1 for ratio in some)
                print(f"\n{kind}, {condition}: geometric mean {mean:.2f} ×, behind in {behind} of {len(some)}, worst {min(some):.2f} ×")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file, indent=1, ensure_ascii=False)


main()
