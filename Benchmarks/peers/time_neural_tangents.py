#!/usr/bin/env python3
"""Seconds that neural-tangents takes for the kernel of Benchmarks/kernels: n = 4000, d = 784, three hidden ReLU layers.

Needs an environment of its own, since it imports only beside an old JAX:
    python3 -m venv .venv-peer && .venv-peer/bin/pip install jax==0.4.23 jaxlib==0.4.23 'numpy<2' 'scipy<1.13' neural-tangents==0.6.5
"""

import sys

import numpy as np
from jax import config

config.update("jax_enable_x64", True)
import jax  # noqa: E402
from neural_tangents import stax  # noqa: E402
from timing import median_milliseconds  # noqa: E402


def main(dtype):
    layers = []
    for _ in range(3):
        layers += [stax.Dense(512, W_std=2**0.5, b_std=0.1), stax.Relu()]
    kernel = stax.serial(*layers, stax.Dense(1))[2]
    x = np.random.default_rng(1).standard_normal((4000, 784)).astype(dtype)
    compute = jax.jit(lambda a: kernel(a, None, ("nngp", "ntk")))
    milliseconds = median_milliseconds(compute, x, rounds=5)
    print(f"neural-tangents {np.dtype(dtype).name}: {milliseconds:.0f} ms")


for name in sys.argv[1:] or ["float64", "float32"]:
    main(name)
