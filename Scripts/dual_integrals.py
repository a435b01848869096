"""Writes Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json: E[phi(u) phi(v)] and E[phi'(u) phi'(v)] by integration.

The expectations are integrated from the functions themselves, without any closed form, with 50 digits: by the trapezoidal rule
where phi is analytic, in polar coordinates where its only kink is at 0, else by Gauss-Legendre panels that end at the kinks. Each
is refined until two resolutions agree to 1e-30 of sqrt(E phi(u)^2 E phi(v)^2); a refinement raises the error to the power sqrt 2
(the rules converge exponentially in their number of points), so the finer one is good to 40 digits, which are written as strings.
(u, v) are Gaussian with variances p, q and covariance c; the 20 points include equal, parallel, opposite, independent and zero
arguments.

Usage: python3 Scripts/dual_integrals.py > Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json
Needs python-flint; takes about half an hour on two cores.
"""
import functools
import json
import multiprocessing
import sys
from fractions import Fraction

from flint import arb, ctx

ctx.dps = 50
AGREEMENT = arb("1e-30")
SMALLEST = arb("1e-40")
# Beyond it the density has less than 1e-62; the products of `exp` and of the powers leave more than 1e-40 of nothing there.
EDGE = 17
PI = arb.pi()
ZERO, ONE, HALF = arb(0), arb(1), arb(1) / 2
ROOT2 = arb(2).sqrt()

POINTS = [
    (1.0, 1.0, 0.3), (1.0, 1.0, -0.3), (0.5, 2.0, 0.7), (0.5, 2.0, -0.6), (2.0, 0.25, 0.125), (3.0, 0.5, -0.75),
    (1.5, 1.5, 1.25), (1.5, 1.25, -1.0), (0.01, 0.02, 0.005), (0.0625, 2.0, 0.25), (4.0, 3.0, 1.0),
    (1.0, 1.0, 1.0), (0.25, 0.25, 0.25), (4.0, 4.0, 4.0), (1.0, 4.0, 2.0), (0.25, 1.0, -0.5), (2.0, 2.0, -2.0),
    (1.0, 2.0, 0.0), (0.0, 1.5, 0.0), (0.0, 0.0, 0.0),
]


# The functions: x -> (phi(x), phi'(x)).

def two_sided(negative, positive):
    return lambda x: positive(x) if x >= 0 else negative(x)


def line(slope):
    return lambda x: (slope * x, slope)


def erf(a, b, c):
    slope = 2 * a * b / PI.sqrt()

    def f(x):
        y = b * x
        return a * y.erf() + c, slope * (-y * y).exp()
    return f


def gelu(x):
    normal, density = (1 + (x / ROOT2).erf()) / 2, (-x * x / 2).exp() / (2 * PI).sqrt()
    return x * normal, normal + x * density


def sine(a, b, c):
    return lambda x: (a * (b * x + c).sin(), a * b * (b * x + c).cos())


def exponential(a, b):
    def f(x):
        value = a * (b * x).exp()
        return value, b * value
    return f


def gaussian(a, b):
    def f(x):
        value = a * (b * x * x).exp()
        return value, 2 * b * x * value
    return f


def gabor(x):
    damping, sin, cos = (-x * x).exp(), x.sin(), x.cos()
    return damping * sin, damping * (cos - 2 * x * sin)


def polynomial(coefficients):
    def f(x):
        value, slope = ZERO, ZERO
        for c in reversed(coefficients):
            value, slope = value * x + c, slope * x + value
        return value, slope
    return f


def rectified_monomial(degree):
    return two_sided(lambda x: (ZERO, ZERO), polynomial([ZERO] * degree + [ONE]))


def tanh(x):
    value = x.tanh()
    return value, 1 - value * value


def logistic(x):
    return 1 / (1 + (-x).exp())


def softplus(x):
    return (1 + x.exp()).log() if x < 0 else x + (1 + (-x).exp()).log()


def sigmoid(x):
    value = logistic(x)
    return value, value * (1 - value)


def silu(x):
    gate = logistic(x)
    return x * gate, gate * (1 + x * (1 - gate))


def mish(x):
    gate = softplus(x).tanh()
    return x * gate, gate + x * (1 - gate * gate) * logistic(x)


def elu(alpha, scale):
    return two_sided(lambda x: (scale * alpha * x.expm1(), scale * alpha * x.exp()), lambda x: (scale * x, scale))


def hard_tanh(x):
    return (x, ONE) if abs(x) < 1 else (ONE if x > 0 else -ONE, ZERO)


def number(text):
    return arb(text)


SIGMOID_LIKE = 1 / number("2.4020563531719796")
# Document, function, its kinks.
FUNCTIONS = [
    ({"type": "relu"}, two_sided(line(ZERO), line(ONE)), [0]),
    ({"type": "ab_relu", "a": -0.25, "b": 1.5}, two_sided(line(arb(-0.25)), line(arb(1.5))), [0]),
    ({"type": "abs"}, two_sided(line(-ONE), line(ONE)), [0]),
    ({"type": "sign"}, lambda x: (ONE if x > 0 else -ONE if x < 0 else ZERO, ZERO), [0]),
    ({"type": "erf", "a": 1.5, "b": 0.75, "c": 0.25}, erf(arb(1.5), arb(0.75), arb(0.25)), []),
    ({"type": "sigmoid_like"}, erf(HALF, SIGMOID_LIKE, HALF), []),
    ({"type": "gelu"}, gelu, []),
    ({"type": "sin", "a": 1.25, "b": 0.75, "c": 0.5}, sine(arb(1.25), arb(0.75), HALF), []),
    ({"type": "cos", "a": 1.25, "b": 0.75, "c": 0.5}, sine(arb(1.25), arb(0.75), HALF + PI / 2), []),
    ({"type": "rbf", "gamma": 1.5}, sine(ROOT2, arb(3).sqrt(), PI / 4), []),
    ({"type": "exp", "a": 0.5, "b": 0.75}, exponential(HALF, arb(0.75)), []),
    ({"type": "gaussian", "a": 1.5, "b": -1.0}, gaussian(arb(1.5), -ONE), []),
    ({"type": "gaussian", "a": 1.0, "b": 0.015625}, gaussian(ONE, ONE / 64), []),
    ({"type": "gabor"}, gabor, []),
    *[({"type": "monomial", "degree": d}, polynomial([ZERO] * d + [ONE]), []) for d in (0, 1, 2, 3, 4, 5)],
    *[({"type": "rectified_monomial", "degree": d}, rectified_monomial(d), [0]) for d in (0, 1, 2, 3, 5)],
    ({"type": "polynomial", "coefficients": [0.5, -1.0, 0.25, 0.125]},
     polynomial([HALF, -ONE, ONE / 4, ONE / 8]), []),
    ({"type": "hermite", "degree": 3}, polynomial([c / arb(6).sqrt() for c in (0, -3, 0, 1)]), []),
    ({"type": "hermite", "degree": 4}, polynomial([c / arb(24).sqrt() for c in (3, 0, -6, 0, 1)]), []),
    ({"type": "tanh"}, tanh, []),
    ({"type": "sigmoid"}, sigmoid, []),
    ({"type": "softplus"}, lambda x: (softplus(x), logistic(x)), []),
    ({"type": "silu"}, silu, []),
    ({"type": "mish"}, mish, []),
    ({"type": "elu", "alpha": 0.75}, elu(arb(0.75), ONE), [0]),
    ({"type": "selu"}, elu(number("1.6732632423543772848170429916717"), number("1.0507009873554804934193349852946")), [0]),
    ({"type": "hard_tanh"}, hard_tanh, [-1, 1]),
]


# Rules: lists of nodes and weights.

@functools.cache
def legendre(n):
    return [tuple(a.mid() for a in arb.legendre_p_root(n, k, weight=True)) for k in range(n)]


def panels(ends, n):
    return [(low + (high - low) * (1 + x) / 2, (high - low) / 2 * w) for low, high in zip(ends, ends[1:]) for x, w in legendre(n)]


def with_density(rule):
    return [(x, w * (-x * x / 2).exp() / (2 * PI).sqrt()) for x, w in rule]


@functools.cache
def plain_panel(low, n):
    """[low, low + 1] under the normal density."""
    return with_density(panels([arb(low), arb(low + 1)], n))


def kinked_line(kinks, n):
    """The line under the normal density, in panels of length 1 that end at the kinks too."""
    rule = []
    for low in range(-EDGE, EDGE):
        inside = sorted((k for k in kinks if low < k < low + 1), key=float)
        rule += with_density(panels([arb(low), *inside, arb(low + 1)], n)) if inside else plain_panel(low, n)
    return rule


def smooth_line(step):
    count = int(EDGE / step)
    return with_density([(arb(step) * k, arb(step)) for k in range(-count, count + 1)])


def line_rules(kinks):
    """Finer and finer."""
    if kinks:
        return (kinked_line(kinks, n) for n in (16, 22, 30, 42, 60))
    return (smooth_line(0.5 / 2 ** (k / 2)) for k in range(16))


# Integrals: pairs, of phi and of phi'.

def line_sum(rule, f, g):
    value, slope = ZERO, ZERO
    for x, w in rule:
        (a, da), (b, db) = f(x), g(x)
        value, slope = value + w * a * b, slope + w * da * db
    return value, slope


def smooth_plane(step, f, s, t, rho, rest):
    value, slope, rule = ZERO, ZERO, smooth_line(step)
    for x, w in rule:
        (a, da), shift = f(s * x), rho * x
        bound = EDGE ** 2 - x * x
        inner, inner_slope = ZERO, ZERO
        for y, v in rule:
            if y * y < bound:
                b, db = f(t * (shift + rest * y))
                inner, inner_slope = inner + v * b, inner_slope + v * db
        value, slope = value + w * a * inner, slope + w * da * inner_slope
    return value, slope


def polar(n, f, s, t, rho, rest):
    """Over the sectors between the lines u = 0 and v = 0, opposite ones together."""
    radial = [(r, w * r * (-r * r / 2).exp()) for r, w in panels([arb(2 * k) for k in range(EDGE // 2 + 1)], n)]
    theta = arb.atan2(rest, rho)
    value, slope = ZERO, ZERO
    for low, high in ((theta - PI / 2, PI / 2), (PI / 2, theta + PI / 2)):
        for psi, weight in panels([low, (low + high) / 2, high], n):
            a, b = s * psi.cos(), t * (psi - theta).cos()
            for sign in (1, -1):
                part = line_sum(radial, lambda r: f(sign * a * r), lambda r: f(sign * b * r))
                value, slope = value + weight * part[0], slope + weight * part[1]
    return value / (2 * PI), slope / (2 * PI)


def nested(n, f, kinks, s, t, rho, rest):
    value, slope = ZERO, ZERO
    for x, w in kinked_line([k / s for k in kinks], n):
        a, da = f(s * x)
        inner, inner_slope = ZERO, ZERO
        for y, v in kinked_line([(k / t - rho * x) / rest for k in kinks], n):
            b, db = f(t * (rho * x + rest * y))
            inner, inner_slope = inner + v * b, inner_slope + v * db
        value, slope = value + w * a * inner, slope + w * da * inner_slope
    return value, slope


def resolutions(f, kinks, p, q, c):
    s, t = arb(p).sqrt(), arb(q).sqrt()
    if p == 0 or q == 0:
        lone = s if p > 0 else t
        return (line_sum(rule, lambda x: f(ZERO), lambda x: f(lone * x)) for rule in line_rules(scaled(kinks, lone)))
    if Fraction(p) * Fraction(q) == Fraction(c) ** 2:
        side = 1 if c > 0 else -1
        ends = scaled(kinks, s) + [k for k in scaled(kinks, side * t) if k not in scaled(kinks, s)]
        return (line_sum(rule, lambda x: f(s * x), lambda x: f(side * t * x)) for rule in line_rules(ends))
    rho, rest = arb(c) / (s * t), (arb(p) * arb(q) - arb(c) ** 2).sqrt() / (s * t)
    if not kinks:
        return (smooth_plane(0.5 / 2 ** (k / 2), f, s, t, rho, rest) for k in range(16))
    if kinks == [0]:
        return (polar(n, f, s, t, rho, rest) for n in (16, 22, 30, 42, 60, 84))
    return (nested(n, f, kinks, s, t, rho, rest) for n in (14, 19, 26, 36))


def scaled(kinks, deviation):
    """Of x -> phi(deviation x). A kink at 0 lies between panels anyway, and marks the line as not smooth."""
    if deviation == 0:
        return []
    ends = []
    for k in kinks:
        end = arb(k) / deviation
        if not any(abs(end - other) < SMALLEST for other in ends):
            ends.append(end)
    return ends


def settled(f, kinks, p, q, c, sizes):
    last = None
    for balls in resolutions(f, kinks, p, q, c):
        values = tuple(ball.mid() for ball in balls)
        if last and all(abs(a - b) <= AGREEMENT * size for a, b, size in zip(values, last, sizes)):
            return values
        last = values
    sys.exit(f"{p} {q} {c}: {last} and {values}")


def case(index):
    document, f, kinks = FUNCTIONS[index]
    rows = []
    for p, q, c in POINTS:
        own, other = (settled(f, kinks, d, d, d, [1000, 1000]) for d in (p, q))
        sizes = [(a * b).mid().sqrt().mid() + SMALLEST for a, b in zip(own, other)]
        rows.append(settled(f, kinks, p, q, c, sizes))
    print(json.dumps(document), file=sys.stderr, flush=True)
    text = lambda value: "0" if abs(value) < SMALLEST else value.str(40, radius=False)
    return {"nonlinearity": document, "kappa": [text(k) for k, _ in rows], "kappa_dot": [text(d) for _, d in rows]}


if __name__ == "__main__":
    with multiprocessing.Pool(int(sys.argv[1]) if len(sys.argv) > 1 else 2) as pool:
        cases = pool.map(case, range(len(FUNCTIONS)), chunksize=1)
    print(json.dumps({"digits": 40, "points": POINTS, "cases": cases}, indent=1))
