"""Times of jitted functions."""

import time

import jax


def median_milliseconds(compute, x, rounds):
    """Of calls after the first, which compiles."""
    jax.block_until_ready(tuple(compute(x)))
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        jax.block_until_ready(tuple(compute(x)))
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times)[rounds // 2]
