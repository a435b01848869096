#!/usr/bin/env python3
"""A jitted training step of 784-m-m-10 ReLU on 1000 rows in float32 with JAX: time_jax_training.py [WIDTH ...] (1000 100)."""

import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

ROWS, FEATURES, CLASSES, ROUNDS = 1000, 784, 10, 5


def network(parameters, x):
    for index, (weight, bias) in enumerate(parameters):
        x = 1.4 / np.sqrt(weight.shape[0]) * x @ weight + 0.1 * bias
        if index + 1 < len(parameters):
            x = jax.nn.relu(x)
    return x


def seconds_a_step(width):
    random = np.random.default_rng(0)
    dims = [FEATURES, width, width, CLASSES]
    parameters = [
        (jnp.asarray(random.standard_normal((a, b)), jnp.float32), jnp.asarray(random.standard_normal(b), jnp.float32))
        for a, b in zip(dims, dims[1:])
    ]
    x = jnp.asarray(random.uniform(-1, 1, (ROWS, FEATURES)), jnp.float32)
    y = jnp.asarray(random.uniform(-1, 1, (ROWS, CLASSES)), jnp.float32)

    @jax.jit
    def step(parameters):
        gradient = jax.grad(lambda p: jnp.mean(jnp.sum((network(p, x) - y) ** 2, axis=1)) / 2)(parameters)
        return jax.tree_util.tree_map(lambda w, g: w - 0.01 * g, parameters, gradient)

    parameters = jax.block_until_ready(step(parameters))
    steps = 20 if width >= 500 else 200
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(steps):
            parameters = step(parameters)
        jax.block_until_ready(parameters)
        times.append((time.perf_counter() - start) / steps)
    return statistics.median(times)


for width in [int(argument) for argument in sys.argv[1:]] or [1000, 100]:
    print(f"JAX {jax.__version__}, 784-{width}-{width}-10: {seconds_a_step(width) * 1e3:.2f} ms a step")
