#!/usr/bin/env python3
"""Writes models as safetensors files and computes their outputs with channels first, as PyTorch does, by plain loops.

    safetensors.py write MODEL|bad|large FILE    one of the models below, a file whose last tensor is cut, or one in float64 with a
                                           number beyond float32
    safetensors.py rows MODEL              inputs as this service takes them, channels last
    safetensors.py check MODEL FILE        compares outputs in a result document with the model's own

MODEL is mlp, cnn or residual.
"""

import json
import math
import random
import struct
import sys

MLP = [("0.weight", (5, 3)), ("0.bias", (5,)), ("2.weight", (2, 5)), ("2.bias", (2,))]
CNN = [("0.weight", (3, 2, 2, 3)), ("0.bias", (3,)), ("3.weight", (2, 3 * 3 * 2)), ("3.bias", (2,))]
# A convolution, flattened, and beside it a linear layer of the flattened input; both joined, then a linear layer.
RESIDUAL = [
    ("0.0.0.weight", (3, 2, 2, 3)), ("0.0.0.bias", (3,)), ("0.1.1.weight", (4, 32)), ("0.1.1.bias", (4,)),
    ("2.weight", (2, 3 * 3 * 2 + 4)), ("2.bias", (2,)),
]
MODELS = {"mlp": MLP, "cnn": CNN, "residual": RESIDUAL}
IMAGE = (2, 4, 4)  # channels, height, width


def numbers(seed, count):
    generator = random.Random(seed)
    return [struct.unpack("<f", struct.pack("<f", generator.uniform(-1, 1)))[0] for _ in range(count)]


def tensors(model):
    return {name: (shape, numbers(name, math.prod(shape))) for name, shape in MODELS[model]}


def write(model, path):
    header, data = {}, b""
    for name, (shape, values) in sorted(tensors("mlp" if model in ("bad", "large") else model).items()):
        if model == "large":
            values[-1] = -1e39
        packed = struct.pack(f"<{len(values)}{'d' if model == 'large' else 'f'}", *values)
        header[name] = {"dtype": "F64" if model == "large" else "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + (data[:-4] if model == "bad" else data))


def inputs(model):
    """Channels first."""
    return [numbers(f"x{row}", 3 if model == "mlp" else math.prod(IMAGE)) for row in range(4)]


def rows(model):
    if model == "mlp":
        return inputs(model)
    c, h, w = IMAGE
    return [[[[x[(k * h + i) * w + j] for k in range(c)] for j in range(w)] for i in range(h)] for x in inputs(model)]


def linear(x, weight, bias):
    (outputs, width), values = weight
    return [bias[1][o] + sum(values[o * width + i] * x[i] for i in range(width)) for o in range(outputs)]


def convolve(x, weight, bias):
    (outputs, channels, kh, kw), values = weight
    _, h, w = IMAGE
    return [
        bias[1][o] + sum(
            values[((o * channels + c) * kh + a) * kw + b] * x[(c * h + i + a) * w + j + b]
            for c in range(channels) for a in range(kh) for b in range(kw))
        for o in range(outputs) for i in range(h - kh + 1) for j in range(w - kw + 1)
    ]


def outputs(model, x):
    t = tensors(model)
    if model == "residual":
        branches = convolve(x, t["0.0.0.weight"], t["0.0.0.bias"]) + linear(x, t["0.1.1.weight"], t["0.1.1.bias"])
        return linear([math.tanh(z) for z in branches], t["2.weight"], t["2.bias"])
    first = (linear if model == "mlp" else convolve)(x, t["0.weight"], t["0.bias"])
    last = "2" if model == "mlp" else "3"
    return linear([math.tanh(z) for z in first], t[f"{last}.weight"], t[f"{last}.bias"])


def check(model, path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    found = document["result"]["arrays"]["outputs"]["values"]
    for x, row in zip(inputs(model), found, strict=True):
        for expected, value in zip(outputs(model, x), row, strict=True):
            assert abs(expected - value) <= 1e-13 * (1 + abs(expected)), f"{value} is not {expected}"


if __name__ == "__main__":
    command, name, *rest = sys.argv[1:]
    if command == "rows":
        print(json.dumps(rows(name)))
    else:
        {"write": write, "check": check}[command](name, *rest)
