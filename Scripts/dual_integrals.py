"""Writes Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json: E[phi(u) phi(v)] and E[phi'(u) phi'(v)] to 40 digits.

The expectations are integrated from the functions themselves, without any closed form of theirs, in ball arithmetic of 190 bits:
- phi analytic: the trapezoidal rule in two independent normal variables, which converges geometrically;
- phi with its only kink at 0: polar coordinates, Gauss-Legendre panels between the lines u = 0 and v = 0;
- hard_tanh: Gauss-Legendre panels that end at the kinks, one variable within the other.
Where the two variables are parallel or independent the integrals are over one variable. Every value is computed at two
resolutions, and the script stops where they differ by more than 1e-40 of the larger of 1 and sqrt(E phi(u)^2 E phi(v)^2).
(u, v) are Gaussian with variances p, q and covariance c; the 20 points include equal, parallel, opposite, independent and zero
arguments. The numbers are written as text of 40 digits.

Usage: python3 Scripts/dual_integrals.py > Tests/InfiniteNetworksTests/Fixtures/dual_integrals.json
(a quarter of an hour; needs python-flint)
"""
import functools
import json
import multiprocessing
import sys

from flint import arb, ctx

ctx.prec = 190
TOLERANCE = arb(10) ** -40
PI = arb.pi()
EDGE = 18  # The density beyond it is below 1e-70; what phi adds is at most e^(x^2/16) here.

POINTS = [
    (1.0, 1.0, 0.3), (1.0, 1.0, -0.3), (0.5, 2.0, 0.7), (0.5, 2.0, -0.6), (2.0, 0.25, 0.125), (3.0, 0.5, -0.75),
    (1.5, 1.5, 1.25), (1.5, 1.25, -1.0), (0.01, 0.02, 0.005), (0.0625, 2.0, 0.25), (4.0, 3.0, 1.0),
    (1.0, 1.0, 1.0), (0.25, 0.25, 0.25), (4.0, 4.0, 4.0), (1.0, 4.0, 2.0), (0.25, 1.0, -0.5), (2.0, 2.0, -2.0),
    (1.0, 2.0, 0.0), (0.0, 1.5, 0.0), (0.0, 0.0, 0.0),
]


class Function:
    """phi on either side of its kink at 0 (one and the same if there is none), or between kinks at -1 and 1."""

    def __init__(self, above, below=None, middle=None):
        self.above, self.below, self.middle = above, below or above, middle
        self.kind = "line" if middle else "half" if below else "smooth"

    def at(self, x, side):
        """side: -1 below, 1 above, 0 between the kinks of hard_tanh."""
        return self.middle(x) if side == 0 else self.above(x) if side > 0 else self.below(x)


def smooth(f):
    return Function(f)


def constant(c):
    return lambda x: arb(c)


def normal(x):
    return (1 + (x / arb(2).sqrt()).erf()) / 2


def density(x):
    return (-x * x / 2).exp() / (2 * PI).sqrt()


def logistic(x):
    return 1 / (1 + (-x).exp())


def softplus(x):
    return (1 + x.exp()).log()


def mish_slope(x):
    t = softplus(x).tanh()
    return t + x * (1 - t * t) * logistic(x)


def tanh_slope(x):
    t = x.tanh()
    return 1 - t * t


def elu(alpha, scale=1):
    alpha, scale = arb(alpha), arb(scale)
    return (Function(lambda x: scale * x, lambda x: scale * alpha * (x.exp() - 1)),
            Function(constant(scale), lambda x: scale * alpha * x.exp()))


def polynomial(coefficients):
    slopes = [k * c for k, c in enumerate(coefficients)][1:] or [0]
    evaluate = lambda terms: smooth(lambda x: functools.reduce(lambda sum, c: sum * x + c, reversed(terms), arb(0)))
    return evaluate(coefficients), evaluate(slopes)


def sinusoid(a, b, c):
    return smooth(lambda x: a * (b * x + c).sin()), smooth(lambda x: a * b * (b * x + c).cos())


def scaled_erf(a, b, c):
    return (smooth(lambda x: a * (b * x).erf() + c),
            smooth(lambda x: a * b * 2 / PI.sqrt() * (-(b * x) ** 2).exp()))


def slopes(a, b):
    """a min(x, 0) + b max(x, 0)."""
    return Function(lambda x: b * x, lambda x: a * x), Function(constant(b), constant(a))


def rectified(d):
    return (Function(lambda x: x ** d, constant(0)),
            Function((lambda x: d * x ** (d - 1)) if d else constant(0), constant(0)))


def bell(a, b):
    return smooth(lambda x: a * (b * x * x).exp()), smooth(lambda x: 2 * a * b * x * (b * x * x).exp())


SIX, TWENTY_FOUR = arb(6).sqrt(), arb(24).sqrt()
HALF, FOURTH, EIGHTH = arb(1) / 2, arb(1) / 4, arb(1) / 8
# Document, phi, phi'. The derivative of a step is 0, as training sees it.
FUNCTIONS = [
    ({"type": "relu"}, *slopes(0, 1)),
    ({"type": "ab_relu", "a": -0.25, "b": 1.5}, *slopes(-FOURTH, 3 * HALF)),
    ({"type": "abs"}, *slopes(-1, 1)),
    ({"type": "sign"}, Function(constant(1), constant(-1)), Function(constant(0), constant(0))),
    ({"type": "erf", "a": 1.5, "b": 0.75, "c": 0.25}, *scaled_erf(3 * HALF, 3 * FOURTH, FOURTH)),
    ({"type": "sigmoid_like"}, *scaled_erf(HALF, 1 / arb(2.4020563531719796), HALF)),
    ({"type": "gelu"}, smooth(lambda x: x * normal(x)), smooth(lambda x: normal(x) + x * density(x))),
    ({"type": "sin", "a": 1.25, "b": 0.75, "c": 0.5}, *sinusoid(5 * FOURTH, 3 * FOURTH, HALF)),
    ({"type": "cos", "a": 1.25, "b": 0.75, "c": 0.5}, *sinusoid(5 * FOURTH, 3 * FOURTH, HALF + PI / 2)),
    ({"type": "rbf", "gamma": 1.5}, *sinusoid(arb(2).sqrt(), arb(3).sqrt(), PI / 4)),
    ({"type": "exp", "a": 0.5, "b": 0.75}, smooth(lambda x: (3 * x / 4).exp() / 2), smooth(lambda x: 3 * (3 * x / 4).exp() / 8)),
    ({"type": "gaussian", "a": 1.5, "b": -1.0}, *bell(3 * HALF, -1)),
    ({"type": "gaussian", "a": 1.0, "b": 0.015625}, *bell(1, arb(1) / 64)),
    ({"type": "gabor"}, smooth(lambda x: (-x * x).exp() * x.sin()),
     smooth(lambda x: (-x * x).exp() * (x.cos() - 2 * x * x.sin()))),
    *[({"type": "monomial", "degree": d}, *polynomial([0] * d + [1])) for d in (0, 1, 2, 3, 4, 5)],
    *[({"type": "rectified_monomial", "degree": d}, *rectified(d)) for d in (0, 1, 2, 3, 5)],
    ({"type": "polynomial", "coefficients": [0.5, -1.0, 0.25, 0.125]}, *polynomial([HALF, -1, FOURTH, EIGHTH])),
    ({"type": "hermite", "degree": 3}, smooth(lambda x: (x ** 3 - 3 * x) / SIX), smooth(lambda x: (3 * x * x - 3) / SIX)),
    ({"type": "hermite", "degree": 4}, smooth(lambda x: (x ** 4 - 6 * x * x + 3) / TWENTY_FOUR),
     smooth(lambda x: (4 * x ** 3 - 12 * x) / TWENTY_FOUR)),
    ({"type": "tanh"}, smooth(lambda x: x.tanh()), smooth(tanh_slope)),
    ({"type": "sigmoid"}, smooth(logistic), smooth(lambda x: logistic(x) * logistic(-x))),
    ({"type": "softplus"}, smooth(softplus), smooth(logistic)),
    ({"type": "silu"}, smooth(lambda x: x * logistic(x)), smooth(lambda x: logistic(x) * (1 + x * logistic(-x)))),
    ({"type": "mish"}, smooth(lambda x: x * softplus(x).tanh()), smooth(mish_slope)),
    ({"type": "elu", "alpha": 0.75}, *elu(3 * FOURTH)),
    ({"type": "selu"}, *elu("1.6732632423543772848170429916717", "1.0507009873554804934193349852946")),
    ({"type": "hard_tanh"}, Function(constant(1), constant(-1), lambda x: x),
     Function(constant(0), constant(0), constant(1))),
]


@functools.cache
def legendre(n):
    """Nodes and weights on [-1, 1]."""
    return [arb.legendre_p_root(n, k, weight=True) for k in range(n)]


def panels(ends, n):
    for low, high in zip(ends, ends[1:]):
        middle, half = (low + high) / 2, (high - low) / 2
        for x, w in legendre(n):
            yield middle + half * x, half * w


def sum_of(terms):
    return sum(terms, arb(0))


def uniform(low, high, count):
    low, high = arb(low), arb(high)
    return [low + (high - low) * k / count for k in range(count + 1)]


def trapezoid(f, s, t, rho, rest, n):
    """n: points a unit."""
    reach = EDGE * n
    mass = [(-(arb(k) / n) ** 2 / 2).exp() for k in range(reach + 1)]
    total = arb(0)
    for i in range(-reach, reach + 1):
        x = arb(i) / n
        room = int((reach * reach - i * i) ** 0.5)
        inner = sum_of(mass[abs(j)] * f.above(t * (rho * x + rest * (arb(j) / n))) for j in range(-room, room + 1))
        total += mass[abs(i)] * f.above(s * x) * inner
    return total / (2 * PI * n * n)


def polar(f, s, t, rho, rest, n):
    """Over the sectors between the lines u = 0 and v = 0, opposite ones together."""
    radii = [(r, w * r * (-r * r / 2).exp()) for r, w in panels(uniform(0, EDGE, 10), n)]
    theta = arb.atan2(rest, rho)
    total = arb(0)
    # In the first sector u > 0 > v, or the reverse across the origin; in the second the signs agree.
    for low, high, side in ((-PI / 2, theta - PI / 2, -1), (theta - PI / 2, PI / 2, 1)):
        for psi, weight in panels([low + (high - low) * k / 3 for k in range(4)], n):
            a, b = s * psi.cos(), t * (psi - theta).cos()
            total += weight * sum_of(
                m * (f.at(a * r, 1) * f.at(b * r, side) + f.at(-a * r, -1) * f.at(-b * r, -side)) for r, m in radii)
    return total / (2 * PI)


def pieces(kinks):
    """Panels about a unit wide that end at the kinks (in order), each with the side it lies on."""
    ends = [arb(-EDGE)] + kinks + [arb(EDGE)]
    for side, low, high in zip((-1, 0, 1), ends, ends[1:]):
        count = max(1, int(float((high - low).mid()) + 1))
        yield side, uniform(low, high, count)


def nested(f, s, t, rho, rest, n):
    total = arb(0)
    for side, ends in pieces([-1 / s, 1 / s]):
        for x, weight in panels(ends, n):
            outer = f.at(s * x, side)
            if outer == 0:
                continue
            middle = rho * x
            inner = sum_of(
                w * density(y) * f.at(t * (middle + rest * y), inner_side)
                for inner_side, inner_ends in pieces([(-1 / t - middle) / rest, (1 / t - middle) / rest])
                for y, w in panels(inner_ends, n))
            total += weight * density(x) * outer * inner
    return total


def side_of(x):
    return 1 if x > 0 else -1


def alone(product, kinks, n):
    """E of a function of one normal variable and the interval it lies in."""
    ends = sorted({arb(k) for k in range(-EDGE, EDGE + 1)} | {arb(k) for k in kinks}, key=lambda e: float(e.mid()))
    return sum_of(w * density(x) * product(x) for x, w in panels(ends, n))


def value(f, x):
    if f.kind == "line":
        return f.at(x, 0 if abs(float(x.mid())) < 1 else side_of(x))
    return f.at(x, side_of(x))


def expectation(f, p, q, c, fine):
    p, q, c = arb(p), arb(q), arb(c)
    s, t = p.sqrt(), q.sqrt()
    n = 56 if fine else 46
    kinks = lambda d: [-1 / d, 1 / d] if f.kind == "line" else []
    mean = lambda d: alone(lambda x: value(f, d * x), kinks(d), n)
    zero = f.at(arb(0), 0 if f.kind == "line" else 1)
    if p == 0 or q == 0:
        return zero * (mean(s) if p > 0 else mean(t) if q > 0 else zero)
    if c == 0:
        return mean(s) * mean(t)
    if c * c == p * q:
        turn = side_of(c)
        return alone(lambda x: value(f, s * x) * value(f, turn * t * x), sorted_kinks(kinks(s) + kinks(t)), n)
    rho = c / (s * t)
    rest = (p * q - c * c).sqrt() / (s * t)
    if f.kind == "smooth":
        return trapezoid(f, s, t, rho, rest, 24 if fine else 21)
    if f.kind == "half":
        return polar(f, s, t, rho, rest, n)
    return nested(f, s, t, rho, rest, 34 if fine else 28)


def sorted_kinks(kinks):
    """Each once."""
    distinct = {round(float(k.mid()), 12): k for k in kinks}
    return [distinct[k] for k in sorted(distinct)]


def one_dimensional(f, p):
    return expectation(f, p, p, p, False)


def case(entry):
    document, phi, slope = entry
    rows = []
    for f in (phi, slope):
        values = []
        for p, q, c in POINTS:
            size = (one_dimensional(f, p) * one_dimensional(f, q)).mid().sqrt()
            coarse, fine = expectation(f, p, q, c, False), expectation(f, p, q, c, True)
            bound = TOLERANCE * (size if size > 1 else 1)
            if not abs(fine - coarse) < bound:
                sys.exit(f"{document} {p} {q} {c}: {coarse.str(45)} and {fine.str(45)}")
            values.append(arb(fine.mid()).str(40, radius=False))
        rows.append(values)
    print(json.dumps(document), file=sys.stderr, flush=True)
    return {"nonlinearity": document, "kappa": rows[0], "kappa_dot": rows[1]}


if __name__ == "__main__":
    with multiprocessing.Pool(int(sys.argv[1]) if len(sys.argv) > 1 else 2) as pool:
        cases = pool.map(case, FUNCTIONS, chunksize=1)
    print(json.dumps({"digits": 40, "points": POINTS, "cases": cases}, indent=0))
