"""Writes Sources/CTangentSIMD/polynomials.h: the two polynomials of the half chord.

With w = sin^2(theta/2), 0 <= theta <= pi/2:
    theta = 2 sqrt(w) P(w),                       P(w) = asin(sqrt(w)) / sqrt(w)
    sin(theta) - theta cos(theta) = w^(3/2) Q(w)
Each is interpolated at Chebyshev nodes of [0, 1/2] in 60 digits, its constant term pinned to the exact limit
(P(0) = 1, Q(0) = 8/3), rounded to the target precision, and checked on a fine grid; the achieved error is
written beside the coefficients.

In float32 the convolutional kernels of pairs that are not correlated negatively take shorter ones, by Remez's exchange: what
is levelled there is the error of the rectifier's results relative to themselves, E[phi' phi'] = (pi - theta)/pi and
E[phi phi] = (sin(theta) + (pi - theta) cos(theta))/pi, and not that of the polynomials, which weigh less the smaller theta is.

Usage: python3 Scripts/half_chord_polynomials.py > Sources/CTangentSIMD/polynomials.h   (needs mpmath)
"""
import struct

import mpmath as mp

mp.mp.dps = 60
END = mp.mpf(1) / 2


def p_exact(w):
    if w < mp.mpf(10) ** -40:
        return 1 + w / 6
    return mp.asin(mp.sqrt(w)) / mp.sqrt(w)


def q_exact(w):
    if w < mp.mpf(10) ** -15:
        return mp.mpf(8) / 3 + mp.mpf(4) * w / 5
    theta = 2 * mp.asin(mp.sqrt(w))
    return (mp.sin(theta) - theta * mp.cos(theta)) / w ** mp.mpf("1.5")


def fit(exact, degree):
    """exact(0) + w r(w), with r interpolated at the nodes that spread its error evenly."""
    constant = exact(mp.mpf(0))
    nodes = [END / 2 * (1 + mp.cos(mp.pi * (2 * k + 1) / (2 * degree))) for k in range(degree)]
    matrix = mp.matrix(degree, degree)
    values = mp.matrix(degree, 1)
    for i, w in enumerate(nodes):
        values[i] = (exact(w) - constant) / w
        for j in range(degree):
            matrix[i, j] = w ** j
    rest = mp.lu_solve(matrix, values)
    return [constant] + [rest[j] for j in range(degree)]


def exchange(exact, weight, degree):
    """The polynomial with the smallest largest |weight (polynomial - exact)| on [0, 1/2]."""
    grid = [END / 2 * (1 - mp.cos(mp.pi * k / 600)) for k in range(1, 601)]
    values, weights = [exact(w) for w in grid], [weight(w) for w in grid]
    count = degree + 2
    places = [round(k * (len(grid) - 1) / (count - 1)) for k in range(count)]
    for _ in range(12):
        matrix = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for i, place in enumerate(places):
            for j in range(degree + 1):
                matrix[i, j] = grid[place] ** j
            matrix[i, degree + 1] = (-1) ** i / weights[place]
            right[i] = values[place]
        coefficients = list(mp.lu_solve(matrix, right))[:-1]
        errors = [v * (mp.polyval(coefficients[::-1], w) - y) for w, y, v in zip(grid, values, weights)]
        # The largest error of each run of one sign.
        runs = []
        for k, e in enumerate(errors):
            if runs and (errors[runs[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[runs[-1]]):
                    runs[-1] = k
            else:
                runs.append(k)
        if len(runs) < count:
            break
        places = runs[:count] if abs(errors[runs[0]]) > abs(errors[runs[-1]]) else runs[-count:]
    return coefficients


def slope_weight(w):
    """Of the error of P in E[phi' phi'], relative."""
    return 2 * mp.sqrt(w) / (mp.pi - 2 * mp.asin(mp.sqrt(w)))


def kernel_weight(w):
    """Of the error of Q in E[phi phi], relative."""
    theta = 2 * mp.asin(mp.sqrt(w))
    return w ** mp.mpf("1.5") / (mp.sin(theta) + (mp.pi - theta) * mp.cos(theta))


def rounded(coefficient, single):
    value = float(coefficient)
    return struct.unpack("f", struct.pack("f", value))[0] if single else value


def error(exact, coefficients):
    worst = mp.mpf(0)
    for k in range(2001):
        w = END * k / 2000
        value = mp.mpf(0)
        for coefficient in reversed(coefficients):
            value = value * w + mp.mpf(coefficient)
        worst = max(worst, abs(value / exact(w) - 1))
    return worst


def write(name, coefficients, said, single):
    suffix, kind = ("f", "float") if single else ("", "double")
    print(f"\n// {name}: degree {len(coefficients) - 1}, largest relative error {said} (rounded coefficients, exact arithmetic).")
    print(f"static const {kind} {name}[] = {{")
    for c in coefficients:
        print(f"    {c.hex()}{suffix},")
    print("};")


def emit_near(name, exact, weight, degree, of):
    coefficients = [rounded(c, True) for c in exchange(exact, weight, degree)]
    grid = [END * k / 1000 for k in range(1, 1001)]
    worst = max(abs(weight(w) * (mp.polyval(coefficients[::-1], w) - exact(w))) for w in grid)
    write(name, coefficients, f"of {of} on [0, 1/2] {mp.nstr(worst, 2)}", True)


def emit(name, exact, degree, single):
    coefficients = [rounded(c, single) for c in fit(exact, degree)]
    worst = mp.nstr(error(exact, coefficients), 2)
    write(name, coefficients, f"on [0, 1/2] {worst}", single)


print("// Written by Scripts/half_chord_polynomials.py; the mathematics is there. Coefficients of w^0, w^1, ...")
print("#pragma once")
emit("arc_f64", p_exact, 18, False)
emit("lune_f64", q_exact, 18, False)
emit("arc_f32", p_exact, 7, True)
emit("lune_f32", q_exact, 7, True)
emit_near("near_arc_f32", p_exact, slope_weight, 7, "E[phi' phi']")
emit_near("near_lune_f32", q_exact, kernel_weight, 5, "E[phi phi]")
