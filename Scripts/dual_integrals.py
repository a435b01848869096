"""Writes Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json: E[phi(u) phi(v)] and E[phi'(u) phi'(v)] by integration.

The expectations are integrated from the functions themselves, in 40-digit arithmetic, without any closed form, by
Gauss-Legendre panels that end at the kinks: in polar coordinates where the only kink is at 0, else in u and v. Every value is computed with two resolutions, and the script stops where they differ by more than 1e-13 of
sqrt(E phi(u)^2 E phi(v)^2). (u, v) are Gaussian with variances p, q and covariance c; the 20 points include equal, parallel,
opposite, independent and zero arguments.

Usage: python3 Scripts/dual_integrals.py > Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json   (needs mpmath)
"""
import json
import sys

import mpmath as mp

mp.mp.dps = 40
EDGE = mp.mpf(14)

POINTS = [
    (1.0, 1.0, 0.3), (1.0, 1.0, -0.3), (0.5, 2.0, 0.7), (0.5, 2.0, -0.6), (2.0, 0.25, 0.125), (3.0, 0.5, -0.75),
    (1.5, 1.5, 1.25), (1.5, 1.25, -1.0), (0.01, 0.02, 0.005), (0.0625, 2.0, 0.25), (4.0, 3.0, 1.0),
    (1.0, 1.0, 1.0), (0.25, 0.25, 0.25), (4.0, 4.0, 4.0), (1.0, 4.0, 2.0), (0.25, 1.0, -0.5), (2.0, 2.0, -2.0),
    (1.0, 2.0, 0.0), (0.0, 1.5, 0.0), (0.0, 0.0, 0.0),
]


def step(x):
    return mp.mpf(1) if x >= 0 else mp.mpf(0)


def density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(-abs(x))) + max(x, 0)


def mish_slope(x):
    t = mp.tanh(softplus(x))
    return t + x * (1 - t * t) * logistic(x)


SELU_ALPHA = mp.mpf("1.6732632423543772848170429916717")
SELU_SCALE = mp.mpf("1.0507009873554804934193349852946")


def elu(alpha, scale=1):
    return (lambda x: scale * (x if x >= 0 else alpha * mp.expm1(x)),
            lambda x: scale * (mp.mpf(1) if x >= 0 else alpha * mp.exp(x)))


def polynomial(coefficients):
    return (lambda x: mp.polyval(coefficients[::-1], x),
            lambda x: mp.polyval([k * c for k, c in enumerate(coefficients)][:0:-1] or [0], x))


def sinusoid(a, b, c):
    return lambda x: a * mp.sin(b * x + c), lambda x: a * b * mp.cos(b * x + c)


SIGMOID_LIKE = 1 / mp.mpf(2.4020563531719796)
# Document, phi, phi', kinks (None: smooth). The derivative of a step is 0, as training sees it.
FUNCTIONS = [
    ({"type": "relu"}, lambda x: max(x, 0), step, [0]),
    ({"type": "ab_relu", "a": -0.25, "b": 1.5}, lambda x: x * (1.5 if x >= 0 else -0.25),
     lambda x: mp.mpf(1.5 if x >= 0 else -0.25), [0]),
    ({"type": "abs"}, abs, mp.sign, [0]),
    ({"type": "sign"}, mp.sign, lambda x: mp.mpf(0), [0]),
    ({"type": "erf", "a": 1.5, "b": 0.75, "c": 0.25}, lambda x: 1.5 * mp.erf(0.75 * x) + 0.25,
     lambda x: 1.5 * 0.75 * 2 / mp.sqrt(mp.pi) * mp.exp(-(0.75 * x) ** 2), None),
    ({"type": "sigmoid_like"}, lambda x: (mp.erf(x * SIGMOID_LIKE) + 1) / 2,
     lambda x: SIGMOID_LIKE / mp.sqrt(mp.pi) * mp.exp(-(x * SIGMOID_LIKE) ** 2), None),
    ({"type": "gelu"}, lambda x: x * mp.ncdf(x), lambda x: mp.ncdf(x) + x * density(x), None),
    ({"type": "sin", "a": 1.25, "b": 0.75, "c": 0.5}, *sinusoid(1.25, 0.75, 0.5), None),
    ({"type": "cos", "a": 1.25, "b": 0.75, "c": 0.5}, *sinusoid(1.25, 0.75, 0.5 + mp.pi / 2), None),
    ({"type": "rbf", "gamma": 1.5}, *sinusoid(mp.sqrt(2), mp.sqrt(3), mp.pi / 4), None),
    ({"type": "exp", "a": 0.5, "b": 0.75}, lambda x: 0.5 * mp.exp(0.75 * x), lambda x: 0.375 * mp.exp(0.75 * x), None),
    ({"type": "gaussian", "a": 1.5, "b": -1.0}, lambda x: 1.5 * mp.exp(-x * x), lambda x: -3 * x * mp.exp(-x * x), None),
    ({"type": "gaussian", "a": 1.0, "b": 0.015625}, lambda x: mp.exp(x * x / 64), lambda x: x / 32 * mp.exp(x * x / 64), None),
    ({"type": "gabor"}, lambda x: mp.exp(-x * x) * mp.sin(x),
     lambda x: mp.exp(-x * x) * (mp.cos(x) - 2 * x * mp.sin(x)), None),
    *[({"type": "monomial", "degree": d}, *polynomial([mp.mpf(0)] * d + [mp.mpf(1)]), None) for d in (0, 1, 2, 3, 4, 5)],
    *[({"type": "rectified_monomial", "degree": d}, lambda x, d=d: step(x) * x ** d,
       lambda x, d=d: step(x) * d * x ** (d - 1) if d else mp.mpf(0), [0]) for d in (0, 1, 2, 3, 5)],
    ({"type": "polynomial", "coefficients": [0.5, -1.0, 0.25, 0.125]},
     *polynomial([mp.mpf(c) for c in (0.5, -1.0, 0.25, 0.125)]), None),
    ({"type": "hermite", "degree": 3}, *[(lambda x: (x ** 3 - 3 * x) / mp.sqrt(6)), (lambda x: (3 * x * x - 3) / mp.sqrt(6))], None),
    ({"type": "hermite", "degree": 4}, lambda x: (x ** 4 - 6 * x * x + 3) / mp.sqrt(24),
     lambda x: (4 * x ** 3 - 12 * x) / mp.sqrt(24), None),
    ({"type": "tanh"}, mp.tanh, lambda x: 1 - mp.tanh(x) ** 2, None),
    ({"type": "sigmoid"}, logistic, lambda x: logistic(x) * logistic(-x), None),
    ({"type": "softplus"}, softplus, logistic, None),
    ({"type": "silu"}, lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x)), None),
    ({"type": "mish"}, lambda x: x * mp.tanh(softplus(x)), mish_slope, None),
    ({"type": "elu", "alpha": 0.75}, *elu(mp.mpf(0.75)), [0]),
    ({"type": "selu"}, *elu(SELU_ALPHA, SELU_SCALE), [0]),
    ({"type": "hard_tanh"}, lambda x: min(1, max(-1, x)), lambda x: mp.mpf(1 if abs(x) < 1 else 0), [-1, 1]),
]

LEGENDRE = {}


def legendre(n):
    if n not in LEGENDRE:
        roots = []
        for i in range(n):
            x = mp.cos(mp.pi * (i + mp.mpf(3) / 4) / (n + mp.mpf(1) / 2))
            for _ in range(8):
                p, q = mp.mpf(1), x
                for k in range(2, n + 1):
                    p, q = q, ((2 * k - 1) * x * q - (k - 1) * p) / k
                slope = n * (x * q - p) / (x * x - 1)
                x -= q / slope
            roots.append((x, 2 / ((1 - x * x) * slope * slope)))
        LEGENDRE[n] = roots
    return LEGENDRE[n]


def panels(ends, counts, level):
    nodes = []
    for low, high in zip(ends, ends[1:]):
        middle, half = mp.mpf(low + high) / 2, mp.mpf(high - low) / 2
        nodes += [(middle + half * x, half * w) for x, w in legendre(counts[level])]
    return nodes


def rule(kinks, level, counts=(32, 40)):
    """Nodes and weights (with the normal density) on the line."""
    ends = sorted({e for e in [-EDGE, -6, -3, -1, 0, 1, 3, 6, EDGE] + [k for k in kinks if abs(k) < EDGE]})
    return [(x, w * density(x)) for x, w in panels(ends, counts, level)]


RADII = {}


def radii(level):
    if level not in RADII:
        RADII[level] = [(r, w * r * mp.exp(-r * r / 2)) for r, w in panels([mp.mpf(0), 4, EDGE], (24, 30), level)]
    return RADII[level]


def polar(f, s, t, rho, level):
    """Over the sectors between the lines u = 0 and v = 0, opposite ones together."""
    theta = mp.acos(rho)
    total = mp.mpf(0)
    for low, high in ((theta - mp.pi / 2, mp.pi / 2), (mp.pi / 2, theta + mp.pi / 2)):
        for psi, w in panels([low, high], (36, 44), level):
            a, b = s * mp.cos(psi), t * mp.cos(psi - theta)
            total += w * mp.fsum(v * (f(a * r) * f(b * r) + f(-a * r) * f(-b * r)) for r, v in radii(level))
    return total / (2 * mp.pi)


def expectation(f, kinks, p, q, c, level):
    s, t = mp.sqrt(mp.mpf(p)), mp.sqrt(mp.mpf(q))
    scaled = lambda d: [k / d for k in kinks or [0]]
    if p == 0 or q == 0:
        lone = mp.sqrt(mp.mpf(max(p, q)))
        if lone == 0:
            return f(mp.mpf(0)) ** 2
        return f(mp.mpf(0)) * mp.fsum(w * f(lone * x) for x, w in rule(scaled(lone), level))
    rho = mp.mpf(c) / (s * t)
    rest = mp.sqrt(max(0, 1 - rho * rho))
    if rest < mp.mpf(10) ** -15:
        side = mp.sign(rho)
        return mp.fsum(w * f(s * x) * f(side * t * x) for x, w in rule(scaled(s) + scaled(side * t), level))
    if kinks in (None, [0]):
        return polar(f, s, t, rho, level)
    total = []
    for x, w in rule(scaled(s), level, (16, 20)):
        value = f(s * x)
        if value == 0 or w < mp.mpf(10) ** -20:
            continue
        inner = rule([(k / t - rho * x) / rest for k in kinks], level, (16, 20))
        total.append(w * value * mp.fsum(v * f(t * (rho * x + rest * y)) for y, v in inner if v > mp.mpf(10) ** -20))
    return mp.fsum(total)


def checked(f, kinks, p, q, c, size):
    coarse, fine = (expectation(f, kinks, p, q, c, level) for level in (0, 1))
    if abs(fine - coarse) > mp.mpf(10) ** -13 * size:
        sys.exit(f"{p} {q} {c}: {mp.nstr(coarse, 25)} and {mp.nstr(fine, 25)}")
    return fine


cases = []
for document, phi, slope, kinks in FUNCTIONS:
    values = []
    for p, q, c in POINTS:
        row = []
        for f in (phi, slope):
            size = mp.sqrt(expectation(f, kinks, p, p, p, 1) * expectation(f, kinks, q, q, q, 1)) + mp.mpf(10) ** -8
            row.append(float(checked(f, kinks, p, q, c, size)))
        values.append(row)
    cases.append({"nonlinearity": document, "kappa": [k for k, _ in values], "kappa_dot": [d for _, d in values]})
    print(json.dumps(document), file=sys.stderr, flush=True)
print(json.dumps({"digits": mp.mp.dps, "points": POINTS, "cases": cases}))
