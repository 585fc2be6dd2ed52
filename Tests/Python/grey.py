"""The grey pixels of images as Pillow decodes them: a second implementation to check the decoders of JPEG and PNG against.

usage: grey.py decode FOLDER FILE...     writes FOLDER/0.npy, FOLDER/1.npy, ...: height x width bytes for each file
       grey.py variants FOLDER           writes files of many kinds there, and FILE.npy beside each

Needs numpy and Pillow; exits with 2, saying so, where one of them is missing.
"""
import io
import sys

try:
    import numpy as np
    from PIL import Image, ImageOps
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(2)


def grey(path):
    """The upright image in grey. Of 16-bit grey, which Pillow cuts off at 255 instead, the high byte is taken."""
    with Image.open(path) as image:
        if image.mode.startswith("I"):
            return (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        return np.asarray(ImageOps.exif_transpose(image).convert("L"))


def picture(width, height, channels, seed):
    """Slopes, edges and noise: all frequencies, and colours beyond the gamut."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    layers = []
    for _ in range(channels):
        a, b, c = random.uniform(-12, 12, 3)
        wave = 128 + a * x + b * y + 100 * np.sin((x * c + y * a) / 7)
        wave = np.where((x // 5 + y // 7) % 3 == 0, 255 - wave, wave)
        layers.append(np.clip(wave + random.normal(0, 20, wave.shape), 0, 255))
    return np.stack(layers, -1).astype(np.uint8)


def exif(orientation, little=True):
    order = "little" if little else "big"
    number = lambda value, width: value.to_bytes(width, order)
    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + bytes(2)
    # A field before it: the width of the image, which nothing depends on.
    other = number(0x0100, 2) + number(4, 2) + number(1, 4) + number(7, 4)
    header = (b"II*\0" if little else b"MM\0*") + number(8, 4)
    return b"Exif\0\0" + header + number(2, 2) + other + entry + number(0, 4)


def with_factors(data, factors):
    """A grey file that claims other sampling factors, which change nothing where there is one component."""
    data = bytearray(data)
    start = data.index(b"\xff\xc0")
    data[start + 11] = factors
    return bytes(data)


def colour_of_blocks(factors, units, trim):
    """A colour file of sampling factors that Pillow does not write: a grey file's blocks, in a new frame and scan."""
    blocks = units * sum(h * v for h, v in factors)
    file = io.BytesIO()
    pixels = picture(8 * blocks, 8, 1, blocks)[:, :, 0] // 2 + 64
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    data = file.getvalue()
    width = units * 8 * max(h for h, v in factors) - trim
    height = 8 * max(v for h, v in factors) - trim
    frame = b"\xff\xc0\0\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\3"
    for number, (h, v) in enumerate(factors, 1):
        frame += bytes([number, 16 * h + v, 0])
    scan = b"\xff\xda\0\x0c\3" + b"".join(bytes([number, 0]) for number in (1, 2, 3)) + b"\0\x3f\0"
    start, end = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    # The frame and scan of one component are 13 and 10 bytes long.
    return data[:start] + frame + data[start + 13 : end] + scan + data[end + 10 :]


def jpeg_variants(folder):
    sizes = [(1, 1), (2, 3), (3, 2), (5, 4), (8, 8), (16, 16), (17, 33), (64, 48), (97, 71)]
    for number, (width, height) in enumerate(sizes):
        colour = Image.fromarray(picture(width, height, 3, number))
        for name, image in (("colour", colour), ("grey", colour.convert("L"))):
            for subsampling in ("4:4:4", "4:2:2", "4:2:0") if name == "colour" else ("4:4:4",):
                for quality in (3, 50, 92, 100):
                    for progressive in (False, True):
                        for restart in ({}, {"restart_marker_blocks": 3}, {"restart_marker_rows": 1}):
                            words = (name, width, height, subsampling.replace(":", ""), quality, progressive, *restart)
                            path = f"{folder}/{'-'.join(map(str, words))}.jpg"
                            image.save(path, subsampling=subsampling, quality=quality, progressive=progressive, **restart)
                            yield path
        # RGB, which Adobe's segment tells.
        for progressive in (False, True):
            path = f"{folder}/rgb-{width}-{height}-{progressive}.jpg"
            colour.save(path, quality=80, keep_rgb=True, progressive=progressive)
            yield path
    for optimize in (False, True):
        path = f"{folder}/tables-{optimize}.jpg"
        # Steps of more than 8 bits.
        tables = [[2] * 32 + [300] * 32, [5] * 60 + [1000] * 4]
        Image.fromarray(picture(50, 40, 3, 20)).save(path, qtables=tables, optimize=optimize)
        yield path
    for orientation in range(0, 10):
        for little in (False, True):
            path = f"{folder}/orientation-{orientation}-{little}.jpg"
            Image.fromarray(picture(21, 13, 3, 30)).save(path, exif=exif(orientation, little))
            yield path
    file = io.BytesIO()
    Image.fromarray(picture(37, 29, 1, 40)[:, :, 0]).save(file, "JPEG")
    for factors in (0x22, 0x41, 0x14, 0x21):
        path = f"{folder}/factors-{factors}.jpg"
        with open(path, "wb") as output:
            output.write(with_factors(file.getvalue(), factors))
        yield path
    one = (1, 1)
    kinds = [
        [(4, 1), one, one], [(1, 2), one, one], [(1, 4), one, one], [(4, 2), one, one], [(3, 1), one, one],
        [(1, 3), one, one], [(2, 2), (2, 1), (1, 2)], [(2, 2), (1, 2), (2, 1)], [(4, 1), (2, 1), one], [one, (2, 2), (2, 1)]]
    for number, factors in enumerate(kinds):
        for units in (1, 3):
            for trim in (0, 5, 7):
                path = f"{folder}/factors-{number}-{units}-{trim}.jpg"
                with open(path, "wb") as output:
                    output.write(colour_of_blocks(factors, units, trim))
                yield path


def png_variants(folder):
    for number, (width, height) in enumerate([(1, 1), (3, 5), (8, 8), (33, 17)]):
        colour = Image.fromarray(picture(width, height, 3, 50 + number))
        alpha = Image.fromarray(picture(width, height, 4, 60 + number), "RGBA")
        images = {
            "1": colour.convert("1"), "L": colour.convert("L"), "LA": alpha.convert("LA"), "RGB": colour, "RGBA": alpha}
        for bits in (1, 2, 4, 8):
            images[f"P{bits}"] = colour.quantize(2 ** bits)
        deep = picture(width, height, 2, 70 + number).astype(np.uint16)
        images["I;16"] = Image.fromarray(deep[:, :, 0] * 256 + deep[:, :, 1])
        for name, image in images.items():
            path = f"{folder}/{name}-{width}-{height}.png"
            bits = {"bits": int(name[1:])} if name[0] == "P" else {}
            image.save(path, **bits)
            yield path


if sys.argv[1] == "decode":
    folder, paths = sys.argv[2], sys.argv[3:]
    for number, path in enumerate(paths):
        np.save(f"{folder}/{number}.npy", grey(path))
else:
    folder = sys.argv[2]
    for path in (*jpeg_variants(folder), *png_variants(folder)):
        np.save(f"{path}.npy", grey(path))
