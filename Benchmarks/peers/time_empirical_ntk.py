#!/usr/bin/env python3
"""Milliseconds that neural-tangents takes for the empirical NTK of Benchmarks/empirical: time_empirical_ntk.py [ROWS] (128).

784-1024-1024-1024-10 ReLU in float32, traced over outputs, with structured derivatives (its fastest implementation here).
The environment is that of time_neural_tangents.py.
"""

import statistics
import sys
import time

import jax
import neural_tangents as nt
import numpy as np
from neural_tangents import stax

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 128


def main():
    layers = []
    for _ in range(3):
        layers += [stax.Dense(1024, W_std=1.4, b_std=0.1), stax.Relu()]
    initialise, apply, _ = stax.serial(*layers, stax.Dense(10, W_std=1.4, b_std=0.1))
    _, parameters = initialise(jax.random.PRNGKey(0), (-1, 784))
    x = np.random.default_rng(1).standard_normal((ROWS, 784)).astype(np.float32)
    kernel = nt.empirical_ntk_fn(
        apply, vmap_axes=0, implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES
    )
    compute = jax.jit(lambda a, p: kernel(a, None, p))
    jax.block_until_ready(compute(x, parameters))
    seconds = []
    for _ in range(11):
        start = time.perf_counter()
        jax.block_until_ready(compute(x, parameters))
        seconds.append(time.perf_counter() - start)
    print(
        f"neural-tangents, n = {ROWS}: {1000 * statistics.median(seconds):.1f} ms (best {1000 * min(seconds):.1f} ms)"
    )


main()
