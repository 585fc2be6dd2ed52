"""shiftMNIST in NumPy and Pillow: the job of `Tools build-shiftmnist`, to be timed beside it.

    python build_shiftmnist.py --mnist DIR --textures DIR --output DIR

Needs numpy and pillow. Writes the same kinds of files: gzipped IDX, compressed npz, provenance, SHA-256 sums and a
preview, both variants. The random choices are NumPy's, so that the images differ; the formulas are the same. It is
written as one would for speed: compositing is vectorised, and what releases the interpreter's lock (decoding, zlib,
SHA-256) runs on --threads threads.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("--mnist", required=True)
parser.add_argument("--textures", required=True)
parser.add_argument("--output", required=True)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--level", type=int, default=6, help="zlib's level")
arguments = parser.parse_args()
pool = ThreadPoolExecutor(arguments.threads)
began = time.perf_counter()


def note(text):
    print(f"{time.perf_counter() - began:6.2f} s  {text}", flush=True)


def read_idx(name, header):
    with gzip.open(f"{arguments.mnist}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def read_split(stem):
    labels = read_idx(f"{stem}-labels-idx1-ubyte", 8)
    return read_idx(f"{stem}-images-idx3-ubyte", 16).reshape(len(labels), 28, 28), labels


def grey(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def patches(labels, textures, names, sources, generator):
    """A patch for each label, and what was drawn for it."""
    result = np.empty((len(labels), 28, 28), np.uint8)
    numbers = generator.random((len(labels), 4))
    rows = []
    for index, label in enumerate(labels):
        pick, across, down, mirror = numbers[index]
        choice = sources[label]
        image = choice[int(pick * len(choice))]
        pixels = textures[label][image]
        x = int(across * (pixels.shape[1] - 27))
        y = int(down * (pixels.shape[0] - 27))
        patch = pixels[y : y + 28, x : x + 28]
        result[index] = patch[:, ::-1] if mirror < 0.5 else patch
        rows.append(("", names[label], names[label] + "/" + str(image), x, y, int(mirror < 0.5)))
    return result, rows


def composite(digits, patch, low=0, high=170):
    result = np.empty_like(digits)
    levels = np.rint(low + np.arange(256) * ((high - low) / 255)).astype(np.uint16)
    for start in range(0, len(digits), 4096):
        d = digits[start : start + 4096].astype(np.uint16)
        p = levels[patch[start : start + 4096]]
        product = (255 - d) * p
        # The nearest integer to product / 255.
        result[start : start + 4096] = d + (product + 127) // 255
    return result


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def packed(array):
    return gzip.compress(idx(array), arguments.level, mtime=0)


def archive(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def preview(sets):
    sheet = np.full((10 * 90, 12 * 90), 255, np.uint8)
    for column, (images, labels) in enumerate(sets):
        for label in range(10):
            for example, index in enumerate(np.flatnonzero(labels == label)[:4]):
                x = 90 * (4 * column + example)
                sheet[90 * label : 90 * label + 84, x : x + 84] = np.kron(images[index], np.ones((3, 3), np.uint8))
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG")
    return file.getvalue()


def provenance(parts):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        "split,index,label,source_index,code_row,texture,texture_file,crop_x,crop_y,mirrored".split(","))
    for split, labels, rows in parts:
        writer.writerows((split, i, label, i, *row) for i, (label, row) in enumerate(zip(labels.tolist(), rows)))
    return text.getvalue().encode()


def write(variant, sets, rows):
    folder = f"{arguments.output}/{variant}"
    os.makedirs(folder, exist_ok=True)
    (train, train_labels), (test, test_labels), (shifted, shifted_labels) = sets
    work = {
        "shiftmnist.npz": lambda: archive(dict(
            x_train=train, y_train=train_labels, x_test=test, y_test=test_labels, x_shifted=shifted,
            y_shifted=shifted_labels)),
        "preview.png": lambda: preview(sets),
        "provenance.csv": lambda: provenance(
            (name, labels, part) for name, (_, labels), part in zip(("train", "test", "shifted"), sets, rows)),
    }
    for stem, (images, labels) in zip(("train", "t10k", "shifted"), sets):
        work[f"{stem}-images-idx3-ubyte.gz"] = lambda images=images: packed(images)
        work[f"{stem}-labels-idx1-ubyte.gz"] = lambda labels=labels: packed(labels)

    def make(item):
        name, encode = item
        contents = encode()
        with open(f"{folder}/{name}", "wb") as file:
            file.write(contents)
            os.fsync(file.fileno())
        return name, hashlib.sha256(contents).hexdigest()

    sums = dict(pool.map(make, work.items()))
    with open(f"{folder}/manifest.json", "w") as file:
        json.dump({"seed": arguments.seed, "files": sums}, file)
    note(f"{variant} is written")


train, train_labels = read_split("train")
test, test_labels = read_split("t10k")
note("MNIST is read")

rows = {label: (4 + 2 * label, "", "", "", "", "") for label in range(10)}
coded = []
for images, labels in ((train, train_labels), (test, test_labels)):
    images = images.copy()
    images[np.arange(len(labels)), 4 + 2 * labels.astype(int), 0] = 255
    coded.append((images, labels))
nothing = ("", "", "", "", "", "")
write(
    "binary", [*coded, (test, test_labels)],
    [[rows[label] for label in train_labels], [rows[label] for label in test_labels], [nothing] * len(test_labels)])

names = sorted(name for name in os.listdir(arguments.textures))[:10]
files = [[f"{arguments.textures}/{name}/{file}" for file in sorted(os.listdir(f"{arguments.textures}/{name}"))]
         for name in names]
textures = [list(pool.map(grey, paths)) for paths in files]
note("textures are decoded")

generator = np.random.default_rng(arguments.seed)
orders = [generator.permutation(len(images)) for images in textures]
train_sources = [order[: len(order) * 3 // 4] for order in orders]
test_sources = [order[len(order) * 3 // 4 :] for order in orders]
sets, drawn = [], []
for digits, labels, types, sources in (
    (train, train_labels, train_labels, train_sources), (test, test_labels, test_labels, test_sources),
    (test, test_labels, generator.integers(0, 10, len(test_labels)), test_sources)):
    patch, choice = patches(types, textures, names, sources, generator)
    sets.append((composite(digits, patch), labels))
    drawn.append(choice)
note("texture is built")
write("texture", sets, drawn)
note("done")
