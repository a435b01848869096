"""Writes Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json: E[phi(u) phi(v)] and E[phi'(u) phi'(v)] by integration.

The expectations are integrated from the functions themselves, without any closed form, in 80-bit floating point (19 digits), by
composite Gauss-Legendre panels that end at the kinks: in polar coordinates where the only kink is at 0, else in u and v. Every
value is computed with two resolutions, and the script stops where they differ by more than 3e-15 of
sqrt(E phi(u)^2 E phi(v)^2). (u, v) are Gaussian with variances p, q and covariance c; the 20 points include equal, parallel,
opposite, independent and zero arguments.

Usage: python3 Scripts/dual_integrals.py > Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json   (needs numpy, mpmath; x86)
"""
import functools
import json
import math
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 30
F = np.longdouble
EDGE = F(14)
PI = F(str(mp.pi))

POINTS = [
    (1.0, 1.0, 0.3), (1.0, 1.0, -0.3), (0.5, 2.0, 0.7), (0.5, 2.0, -0.6), (2.0, 0.25, 0.125), (3.0, 0.5, -0.75),
    (1.5, 1.5, 1.25), (1.5, 1.25, -1.0), (0.01, 0.02, 0.005), (0.0625, 2.0, 0.25), (4.0, 3.0, 1.0),
    (1.0, 1.0, 1.0), (0.25, 0.25, 0.25), (4.0, 4.0, 4.0), (1.0, 4.0, 2.0), (0.25, 1.0, -0.5), (2.0, 2.0, -2.0),
    (1.0, 2.0, 0.0), (0.0, 1.5, 0.0), (0.0, 0.0, 0.0),
]



@functools.cache
def legendre(n):
    """Nodes and weights on [-1, 1]."""
    nodes, weights = [], []
    for i in range(n):
        x = mp.cos(mp.pi * (i + mp.mpf(3) / 4) / (n + mp.mpf(1) / 2))
        for _ in range(6):
            p, q = mp.mpf(1), x
            for k in range(2, n + 1):
                p, q = q, ((2 * k - 1) * x * q - (k - 1) * p) / k
            slope = n * (x * q - p) / (x * x - 1)
            x -= q / slope
        nodes.append(F(str(x)))
        weights.append(F(str(2 / ((1 - x * x) * slope * slope))))
    return np.array(nodes), np.array(weights)


def panels(ends, n):
    x, w = legendre(n)
    ends = np.array([F(e) for e in ends])
    middle, half = (ends[1:] + ends[:-1]) / 2, (ends[1:] - ends[:-1]) / 2
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def erf(x):
    """In 64 bit, good to 1e-16, which the sums average out."""
    return np.array([math.erf(v) for v in x], dtype=F)


def step(x):
    return np.where(x >= 0, F(1), F(0))


def normal(x):
    return (1 + erf(x / np.sqrt(F(2)))) / 2


def density(x):
    return np.exp(-x * x / 2) / np.sqrt(2 * PI)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log1p(np.exp(-abs(x))) + np.maximum(x, 0)


def mish_slope(x):
    t = np.tanh(softplus(x))
    return t + x * (1 - t * t) * logistic(x)


SELU_ALPHA = F("1.6732632423543772848170429916717")
SELU_SCALE = F("1.0507009873554804934193349852946")


def elu(alpha, scale=F(1)):
    return (lambda x: scale * np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0))),
            lambda x: scale * np.where(x >= 0, F(1), alpha * np.exp(np.minimum(x, 0))))


def polynomial(coefficients):
    slopes = [k * c for k, c in enumerate(coefficients)][1:] or [0]
    evaluate = lambda terms: lambda x: functools.reduce(lambda sum, c: sum * x + F(c), reversed(terms), np.zeros_like(x))
    return evaluate(coefficients), evaluate(slopes)


def sinusoid(a, b, c):
    return lambda x: F(a) * np.sin(F(b) * x + F(c)), lambda x: F(a) * F(b) * np.cos(F(b) * x + F(c))


SIGMOID_LIKE = 1 / F(2.4020563531719796)
# Document, phi, phi', kinks (None: smooth). The derivative of a step is 0, as training sees it.
FUNCTIONS = [
    ({"type": "relu"}, lambda x: np.maximum(x, 0), step, [0]),
    ({"type": "ab_relu", "a": -0.25, "b": 1.5}, lambda x: x * np.where(x >= 0, F(1.5), F(-0.25)),
     lambda x: np.where(x >= 0, F(1.5), F(-0.25)), [0]),
    ({"type": "abs"}, abs, np.sign, [0]),
    ({"type": "sign"}, np.sign, np.zeros_like, [0]),
    ({"type": "erf", "a": 1.5, "b": 0.75, "c": 0.25}, lambda x: 1.5 * erf(0.75 * x) + 0.25,
     lambda x: 1.5 * 0.75 * 2 / np.sqrt(PI) * np.exp(-(0.75 * x) ** 2), None),
    ({"type": "sigmoid_like"}, lambda x: (erf(x * SIGMOID_LIKE) + 1) / 2,
     lambda x: SIGMOID_LIKE / np.sqrt(PI) * np.exp(-(x * SIGMOID_LIKE) ** 2), None),
    ({"type": "gelu"}, lambda x: x * normal(x), lambda x: normal(x) + x * density(x), None),
    ({"type": "sin", "a": 1.25, "b": 0.75, "c": 0.5}, *sinusoid(1.25, 0.75, 0.5), None),
    ({"type": "cos", "a": 1.25, "b": 0.75, "c": 0.5}, *sinusoid(1.25, 0.75, F(0.5) + PI / 2), None),
    ({"type": "rbf", "gamma": 1.5}, *sinusoid(np.sqrt(F(2)), np.sqrt(F(3)), PI / 4), None),
    ({"type": "exp", "a": 0.5, "b": 0.75}, lambda x: 0.5 * np.exp(0.75 * x), lambda x: 0.375 * np.exp(0.75 * x), None),
    ({"type": "gaussian", "a": 1.5, "b": -1.0}, lambda x: 1.5 * np.exp(-x * x), lambda x: -3 * x * np.exp(-x * x), None),
    ({"type": "gaussian", "a": 1.0, "b": 0.015625}, lambda x: np.exp(x * x / 64), lambda x: x / 32 * np.exp(x * x / 64), None),
    ({"type": "gabor"}, lambda x: np.exp(-x * x) * np.sin(x),
     lambda x: np.exp(-x * x) * (np.cos(x) - 2 * x * np.sin(x)), None),
    *[({"type": "monomial", "degree": d}, *polynomial([0] * d + [1]), None) for d in (0, 1, 2, 3, 4, 5)],
    *[({"type": "rectified_monomial", "degree": d}, lambda x, d=d: step(x) * x ** d,
       lambda x, d=d: step(x) * d * x ** (d - 1) if d else np.zeros_like(x), [0]) for d in (0, 1, 2, 3, 5)],
    ({"type": "polynomial", "coefficients": [0.5, -1.0, 0.25, 0.125]},
     *polynomial([0.5, -1.0, 0.25, 0.125]), None),
    ({"type": "hermite", "degree": 3}, *[(lambda x: (x ** 3 - 3 * x) / np.sqrt(F(6))), (lambda x: (3 * x * x - 3) / np.sqrt(F(6)))], None),
    ({"type": "hermite", "degree": 4}, lambda x: (x ** 4 - 6 * x * x + 3) / np.sqrt(F(24)),
     lambda x: (4 * x ** 3 - 12 * x) / np.sqrt(F(24)), None),
    ({"type": "tanh"}, np.tanh, lambda x: 1 - np.tanh(x) ** 2, None),
    ({"type": "sigmoid"}, logistic, lambda x: logistic(x) * logistic(-x), None),
    ({"type": "softplus"}, softplus, logistic, None),
    ({"type": "silu"}, lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x)), None),
    ({"type": "mish"}, lambda x: x * np.tanh(softplus(x)), mish_slope, None),
    ({"type": "elu", "alpha": 0.75}, *elu(F(0.75)), [0]),
    ({"type": "selu"}, *elu(SELU_ALPHA, SELU_SCALE), [0]),
    ({"type": "hard_tanh"}, lambda x: np.clip(x, -1, 1), lambda x: np.where(abs(x) < 1, F(1), F(0)), [-1, 1]),
]


def rule(kinks, n):
    """Nodes and weights (with the normal density) on the line."""
    ends = sorted({F(e) for e in range(-14, 15)} | {F(0)} | {F(k) for k in kinks if abs(k) < EDGE})
    x, w = panels(ends, n)
    return x, w * density(x)


def polar(f, s, t, cosine, sine, n):
    """Over the sectors between the lines u = 0 and v = 0, opposite ones together."""
    r, w = panels(np.linspace(F(0), EDGE, 8), n)
    mass = w * r * np.exp(-r * r / 2)
    theta = np.arctan2(sine, cosine)
    total = F(0)
    for low, high in ((theta - PI / 2, PI / 2), (PI / 2, theta + PI / 2)):
        for psi, weight in zip(*panels(np.linspace(low, high, 6), n)):
            a, b = s * np.cos(psi) * r, t * np.cos(psi - theta) * r
            total += weight * np.sum(mass * (f(a) * f(b) + f(-a) * f(-b)))
    return total / (2 * PI)


def expectation(f, kinks, p, q, c, n):
    s, t = np.sqrt(F(p)), np.sqrt(F(q))
    scaled = lambda d: [k / d for k in kinks or [0]]
    zero = f(np.array([F(0)]))[0]
    if p == 0 or q == 0:
        lone = max(s, t)
        if lone == 0:
            return zero * zero
        x, w = rule(scaled(lone), n)
        return zero * np.sum(w * f(lone * x))
    rho = F(c) / (s * t)
    rest = np.sqrt(max(F(0), F(p) * F(q) - F(c) * F(c))) / (s * t)
    if rest == 0:
        side = np.sign(rho)
        x, w = rule(scaled(s) + scaled(side * t), n)
        return np.sum(w * f(s * x) * f(side * t * x))
    if kinks in (None, [0]):
        return polar(f, s, t, rho, rest, n)
    total = F(0)
    for x, w in zip(*rule(scaled(s), n)):
        y, v = rule([(k / t - rho * x) / rest for k in kinks], n)
        total += w * f(np.array([s * x]))[0] * np.sum(v * f(t * (rho * x + rest * y)))
    return total


def checked(f, kinks, p, q, c, size):
    coarse, fine = (expectation(f, kinks, p, q, c, n) for n in (24, 30))
    if abs(fine - coarse) > F("3e-15") * size:
        sys.exit(f"{p} {q} {c}: {coarse} and {fine}")
    return fine


cases = []
for document, phi, slope, kinks in FUNCTIONS:
    values = []
    for p, q, c in POINTS:
        row = []
        for f in (phi, slope):
            size = np.sqrt(expectation(f, kinks, p, p, p, 30) * expectation(f, kinks, q, q, q, 30)) + F(10) ** -8
            row.append(float(checked(f, kinks, p, q, c, size)))
        values.append(row)
    cases.append({"nonlinearity": document, "kappa": [k for k, _ in values], "kappa_dot": [d for _, d in values]})
    print(json.dumps(document), file=sys.stderr, flush=True)
print(json.dumps({"digits": 19, "points": POINTS, "cases": cases}))
