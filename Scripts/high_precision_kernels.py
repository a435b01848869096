"""Writes Tests/InfiniteNetworksTests/Fixtures/high_precision.json: kernels in 50-digit arithmetic.

The textbook recursion in covariances, which loses half of any precision's digits where two rows nearly coincide, has
digits enough here: 25 remain. Inputs, weights and biases are the binary numbers the program reads. Each case has one set
of rows: a row x, rows at relative distances 1, 1e-3 and 1e-7 (1e-6 in float32) from it, 3x, -x, and a row of its own.

Usage: python3 Scripts/high_precision_kernels.py > Tests/InfiniteNetworksTests/Fixtures/high_precision.json   (needs mpmath)
"""
import json
import math
import random
import struct

import mpmath as mp

mp.mp.dps = 50


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def rows(rounding, smallest):
    generator = random.Random(20)
    draw = lambda: [generator.gauss(0, 1) for _ in range(12)]
    x = [rounding(v) for v in draw()]
    size = math.sqrt(sum(v * v for v in x))
    result = [x]
    for distance in (1.0, 1e-3, smallest):
        direction = draw()
        length = math.sqrt(sum(v * v for v in direction))
        result.append([rounding(a + distance * size * b / length) for a, b in zip(x, direction)])
    result.append([rounding(3 * v) for v in x])
    result.append([-v for v in x])
    result.append([rounding(v) for v in draw()])
    return result


def relu(p, q, c):
    angle = mp.atan2(mp.sqrt(max(p * q - c * c, 0)), c)
    slope = (mp.pi - angle) / (2 * mp.pi)
    return mp.sqrt(max(p * q - c * c, 0)) / (2 * mp.pi) + slope * c, slope


def erf(p, q, c):
    d = (1 + 2 * p) * (1 + 2 * q)
    root = mp.sqrt(d - 4 * c * c)
    return 2 / mp.pi * mp.atan2(2 * c, root), 4 / (mp.pi * root)


def gelu(p, q, c):
    d = (1 + p) * (1 + q)
    delta = mp.sqrt(d - c * c)
    turn = mp.mpf(1) / 4 + mp.atan2(c, delta) / (2 * mp.pi)
    kappa = c * turn + (c * c + p * q * delta ** 2) / (2 * mp.pi * d * delta)
    return kappa, turn + c / (2 * mp.pi * delta) * (1 / delta ** 2 + (1 - p * q) / d + 1)


FUNCTIONS = {"relu": [relu], "erf": [erf], "gelu": [gelu], "erf, relu": [erf, relu], "relu, gelu": [relu, gelu]}


def kernels(x, y, functions, depth, weight, bias):
    """depth hidden layers, which take the functions in turn, and a last dense one, ntk parameterisation."""
    w, b = mp.mpf(weight) ** 2, mp.mpf(bias) ** 2
    dot = lambda u, v: mp.fsum(mp.mpf(s) * mp.mpf(t) for s, t in zip(u, v)) / len(u)
    p, q, c, theta = dot(x, x), dot(y, y), dot(x, y), mp.mpf(0)
    for layer in range(depth + 1):
        p, q, c = w * p + b, w * q + b, w * c + b
        theta = c + w * theta
        if layer < depth:
            function = functions[layer % len(functions)]
            kappa, slope = function(p, q, c)
            p, q, c, theta = function(p, p, p)[0], function(q, q, q)[0], kappa, theta * slope
    return float(c), float(theta)


def case(precision, function, depth, scale=1.0, bias=0.1):
    rounding, smallest = (single, 1e-6) if precision == "float32" else (float, 1e-7)
    x = [[rounding(scale * v) for v in row] for row in rows(rounding, smallest)]
    weight, bias = rounding(math.sqrt(2)), rounding(bias)
    pairs = [[kernels(u, v, FUNCTIONS[function], depth, weight, bias) for v in x] for u in x]
    return {
        "precision": precision, "nonlinearity": function, "depth": depth, "weight_std": weight, "bias_std": bias, "x": x,
        "nngp": [[k for k, _ in row] for row in pairs], "ntk": [[t for _, t in row] for row in pairs],
    }


cases = [case(precision, "relu", depth) for precision in ("float64", "float32") for depth in (3, 30)]
cases += [case(precision, f, 3) for precision in ("float64", "float32") for f in ("erf", "gelu")]
cases += [case("float64", f, 2, scale) for f in ("erf", "gelu") for scale in (1e-3, 1e4)]
cases += [case("float64", f, 4, scale, bias) for f in ("erf, relu", "relu, gelu") for scale in (1.0, 1e-2) for bias in (0.0, 0.1)]
print(json.dumps({"digits": mp.mp.dps, "cases": cases}))
