"""Writes Sources/CTangentSIMD/polynomials.h: the two polynomials of the half chord.

With w = sin^2(theta/2), 0 <= theta <= pi/2:
    theta = 2 sqrt(w) P(w),                       P(w) = asin(sqrt(w)) / sqrt(w)
    sin(theta) - theta cos(theta) = w^(3/2) Q(w)
Each is interpolated at Chebyshev nodes of [0, 1/2] in 60 digits, its constant term pinned to the exact limit
(P(0) = 1, Q(0) = 8/3), rounded to the target precision, and checked on a fine grid; the achieved error is
written beside the coefficients.

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


def emit(name, exact, degree, single):
    coefficients = [rounded(c, single) for c in fit(exact, degree)]
    worst = mp.nstr(error(exact, coefficients), 2)
    suffix, kind = ("f", "float") if single else ("", "double")
    print(f"\n// {name}: degree {degree}, largest relative error on [0, 1/2] {worst} (rounded coefficients, exact arithmetic).")
    print(f"static const {kind} {name}[] = {{")
    for c in coefficients:
        print(f"    {c.hex()}{suffix},")
    print("};")


print("// Written by Scripts/half_chord_polynomials.py; the mathematics is there. Coefficients of w^0, w^1, ...")
print("#pragma once")
emit("arc_f64", p_exact, 18, False)
emit("lune_f64", q_exact, 18, False)
emit("arc_f32", p_exact, 7, True)
emit("lune_f32", q_exact, 7, True)
