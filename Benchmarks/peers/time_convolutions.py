#!/usr/bin/env python3
"""Seconds an entry that neural-tangents takes for the kernels of `spatial-benchmark`: 21 layers of 3x3 same ReLU convolutions on
32x32x3, NNGP and NTK in float32, pooled and flattened. Environment as in time_neural_tangents.py; a pooled entry takes seconds
and gigabytes, so there are few: usage time_convolutions.py [pooled images] [flattened images]   (2 16)
"""

import sys

import jax
import numpy as np
from neural_tangents import stax
from timing import median_milliseconds


def main(name, readout, images):
    layers = []
    for _ in range(21):
        layers += [stax.Conv(64, (3, 3), padding="SAME", W_std=2**0.5, b_std=0.1), stax.Relu()]
    kernel = stax.serial(*layers, readout(), stax.Dense(1))[2]
    x = np.random.default_rng(1).standard_normal((images, 32, 32, 3)).astype(np.float32)
    compute = jax.jit(lambda a: kernel(a, None, ("nngp", "ntk")))
    milliseconds = median_milliseconds(compute, x, rounds=3)
    print(f"{name}: {milliseconds / images**2:.3f} ms an entry of {images} x {images}", flush=True)


counts = [int(word) for word in sys.argv[1:]]
main("flattened", stax.Flatten, counts[1] if len(counts) > 1 else 16)
main("pooled", stax.GlobalAvgPool, counts[0] if counts else 2)
