#!/usr/bin/env python3
"""Seconds that neural-tangents takes for the kernels of `kernel-benchmark nonlinearities`: n = 2000, d = 64, three hidden layers,
NNGP and NTK in float64. Environment as in time_neural_tangents.py; names as arguments pick some.
"""

import sys

import numpy as np
from jax import config

config.update("jax_enable_x64", True)
import jax  # noqa: E402
from neural_tangents import stax  # noqa: E402
from timing import median_milliseconds  # noqa: E402

FUNCTIONS = {
    "relu": stax.Relu,
    "sign": stax.Sign,
    "erf": stax.Erf,
    "gelu": stax.Gelu,
    "sin": stax.Sin,
    "cos": stax.Cos,
    "rbf": stax.Rbf,
    "exp": lambda: stax.Exp(0.5, 0.5),
    "gaussian": lambda: stax.Gaussian(1, -1),
    "exp_normalized": lambda: stax.ExpNormalized(1, -1),
    "gabor": stax.Gabor,
    "monomial 3": lambda: stax.Monomial(3),
    "rectified_monomial 2": lambda: stax.RectifiedMonomial(2),
    "polynomial of degree 3": lambda: stax.Polynomial([0.1, 1, 0.2, -0.1]),
    "hermite 3": lambda: stax.Hermite(3),
    "tanh": lambda: stax.ElementwiseNumerical(jax.numpy.tanh, deg=25),
}


def main(name):
    layers = []
    for _ in range(3):
        layers += [stax.Dense(512, W_std=1.1, b_std=0.1), FUNCTIONS[name]()]
    kernel = stax.serial(*layers, stax.Dense(1, W_std=1.1, b_std=0.1))[2]
    x = np.random.default_rng(1).uniform(-1, 1, (2000, 64))
    compute = jax.jit(lambda a: kernel(a, None, ("nngp", "ntk")))
    milliseconds = median_milliseconds(compute, x, rounds=3)
    print(f"| {name} | {milliseconds:.1f} |", flush=True)


for name in sys.argv[1:] or FUNCTIONS:
    main(name)
