#!/usr/bin/env python3
"""What the experiments of lazy training found, told and held against what others published, and the images of one of them.

    laziness.py scales FILE...    the relative change of the kernel at growing output scales, one result a file
    laziness.py widths FILE       gradient, Hessian and kappa at the start, of widths and seeds in one result
    laziness.py images FILE       64 of the images in an .npz as inputs, pixels standardized, with their one-hot targets
"""

import json
import math
import sys
import zipfile

# Relative changes of the kernel at the seven output scales and their slope without the first, as a notebook of the post's source has them.
SCALES = [10 ** (-2 + 5 * i / 6) for i in range(7)]
PUBLISHED = [108.5, 26.58, 2.632, 0.1010, 0.005575, 0.001013, 6.83e-5]
PUBLISHED_SLOPE = -1.3527


def runs(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    assert document["state"] == "succeeded", document["error"]
    return document["result"]["runs"]


def slope(xs, ys):
    """Of the line through the logarithms."""
    xs, ys = [math.log(x) for x in xs], [math.log(y) for y in ys]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def quantile(share, values):
    return sorted(values)[round(share * (len(values) - 1))]


def spread(values):
    low, middle, high = (quantile(share, values) for share in (0.05, 0.5, 0.95))
    return f"{middle:.4g} [{low:.4g}, {high:.4g}]"


def within(value, low, high, what):
    assert low <= value <= high, f"{what} is {value}, not from {low} to {high}"


def scales(paths):
    changes = [[run["kernel_drift"]["relative"][-1] for run in runs(path)] for path in paths]
    for scale, found, published in zip(SCALES, changes, PUBLISHED, strict=True):
        print(f"scale {scale:.4g}: {spread(found)}, published {published}")
        within(published, min(found) / 2, 2 * max(found), f"the published change at scale {scale}")
    medians = [quantile(0.5, found) for found in changes]
    assert medians == sorted(medians, reverse=True), medians
    rest, last = slope(SCALES[1:], medians[1:]), slope(SCALES[3:], medians[3:])
    print(f"slope without the first scale {rest:.3f}, published {PUBLISHED_SLOPE}; of the last four {last:.3f}")
    within(rest, PUBLISHED_SLOPE - 0.15, PUBLISHED_SLOPE + 0.15, "the slope without the first scale")
    # 1/scale where networks are lazy, somewhat steeper for the kinks of rectifiers.
    within(last, -1.5, -0.85, "the slope of the last four")


def widths(paths):
    """Of half_sum at one row: |f - y| is the root of twice the first loss, and lambda_max the gradient's squared norm."""
    of_seed = {}
    for run in runs(paths[0]):
        squared, residual = run["lambda_max"], math.sqrt(2 * run["loss"][0])
        hessian = run["kappa"] * squared / residual
        of_seed.setdefault(run["seed"], []).append((run["width"], math.sqrt(squared), hessian, hessian / squared))
    assert len(of_seed) == 200 and all(len(found) == 10 for found in of_seed.values())
    # A norm of order √m, one of order 1, and their ratio, of order 1/m, as published from one draw.
    laws = [("gradient", 0.5, 0.470, 0.05), ("Hessian", 0.0, 0.001, 0.03), ("kappa", -1.0, -0.949, 0.05)]
    for place, (name, theory, published, tolerance) in enumerate(laws, 1):
        single = [slope([row[0] for row in found], [row[place] for row in found]) for found in of_seed.values()]
        print(f"slope of {name}: {spread(single)}, published {published}")
        within(quantile(0.5, single), theory - tolerance, theory + tolerance, f"the slope of {name}")
        within(published, min(single), max(single), f"the published slope of {name}")
    # The Hessian's norm tends to the largest |tanh'|, which is 1.
    widest = max(row[0] for row in of_seed[0])
    norms = [row[2] for found in of_seed.values() for row in found if row[0] == widest]
    within(quantile(0.5, norms), 0.99, 1.01, "the Hessian's norm at the largest width")


def images(paths):
    with zipfile.ZipFile(paths[0]) as file:
        # Unsigned bytes after the header of an array [rows, columns].
        pixels, labels = (file.read(f"{name}.npy")[-size:] for name, size in (("x", 2000 * 784), ("y", 2000)))
    rows = range(488, 1000, 8)
    x = [[pixels[784 * row + i] for i in range(784)] for row in rows]
    mean = sum(map(sum, x)) / (len(x) * 784)
    deviation = math.sqrt(sum((value - mean) ** 2 for row in x for value in row) / (len(x) * 784))
    y = [[(label == labels[row]) - 0.1 for label in range(10)] for row in rows]
    print(json.dumps({"x": [[(value - mean) / deviation for value in row] for row in x], "y": y}))


if __name__ == "__main__":
    command, *files = sys.argv[1:]
    {"scales": scales, "widths": widths, "images": images}[command](files)
