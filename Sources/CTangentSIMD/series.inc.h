// Any phi by its Hermite coefficients, phi(s x) = s' sum_k a_k h_k(x) with h_k orthonormal and sum a_k^2 = 1 (Mehler):
//   cos theta' = sum_k a_ik a_jk rho^k,   kappa-dot s_i s_j/(s'_i s'_j) = sum_k k a_ik a_jk rho^{k-1}.
// With r = |rho| = 1 - 2w and, for w_k = a_ik a_jk, the gaps 1 - r^k = 2w (1 + ... + r^{k-1}):
//   near side: v' = |a_i - a_j|^2/4 + sum w_k (1 - r^k)/2
//   far side: the same for 1 - v' with the even a_jk negated.
// Both are sums of terms that vanish with the pair's own, by Horner over the sums of w_k from the top.
// Constants: the number of coefficients. Coefficients: a_0, a_1, ...

// A term of a pair's sums. sign: of rho; above: the sum of w_k beyond; gap: the Horner sum; slope: kappa-dot.
INLINED void NAME(series_term)(int k, REAL a, REAL b, REAL r, REAL sign, REAL *above, REAL *gap, REAL *slope, REAL *distance) {
    // A negative side flips the odd terms; for the far end it is the even ones that differ.
    REAL turned = k % 2 == 0 ? sign * b : b;
    REAL difference = a - turned, w = a * turned;
    *distance += difference * difference;
    *gap = *gap * r + *above;
    *above += w;
    // k w rho^{k-1}: for rho < 0 an odd k keeps its sign, an even one loses it, as `turned` has it.
    *slope = k > 0 ? *slope * r + (REAL)k * w : *slope;
}

INLINED REAL NAME(series_end)(REAL r, REAL sign, REAL gap, REAL distance) {
    REAL end = distance / 4 + (1 - r) * gap / 2;
    return sign < 0 ? NAME(folded)(1 - end, end) : NAME(folded)(end, 1 - end);
}

// A few terms, of a number that the compiler knows: the sums stay in registers.
INLINED void NAME(short_series)(const int terms, const bool withTangent, const REAL *row, const REAL *columns, size_t stride,
                                size_t count, REAL *restrict fold, REAL *restrict tangent) {
    for (size_t j = 0; j < count; j++) {
        REAL r = 1 - 2 * FABS(fold[j]), sign = COPYSIGN((REAL)1, fold[j]);
        REAL above = 0, gap = 0, slope = 0, distance = 0;
#pragma clang loop unroll(full)
        for (int k = terms - 1; k >= 0; k--) {
            NAME(series_term)(k, row[k], columns[(size_t)k * stride + j], r, sign, &above, &gap, &slope, &distance);
        }
        if (withTangent) tangent[j] *= slope;
        fold[j] = NAME(series_end)(r, sign, gap, distance);
    }
}

INLINED void NAME(long_series)(const int terms, const REAL *row, const REAL *columns, size_t stride, size_t count,
                               REAL *restrict fold, REAL *restrict tangent) {
    enum { block = 32 };
    for (size_t start = 0; start < count; start += block) {
        const size_t here = count - start < block ? count - start : block;
        REAL r[block], sign[block], above[block], gap[block], slope[block], distance[block];
        for (size_t j = 0; j < block; j++) {
            REAL value = j < here ? fold[start + j] : 0;
            r[j] = 1 - 2 * FABS(value);
            sign[j] = COPYSIGN((REAL)1, value);
            above[j] = gap[j] = slope[j] = distance[j] = 0;
        }
        for (int k = terms - 1; k >= 0; k--) {
            const REAL a = row[k], *b = columns + (size_t)k * stride + start;
            for (size_t j = 0; j < here; j++) {
                NAME(series_term)(k, a, b[j], r[j], sign[j], &above[j], &gap[j], &slope[j], &distance[j]);
            }
        }
        for (size_t j = 0; j < here; j++) {
            if (tangent) tangent[start + j] *= slope[j];
            fold[start + j] = NAME(series_end)(r[j], sign[j], gap[j], distance[j]);
        }
    }
}

MULTIVERSIONED
void NAME(tangent_series)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                          REAL *restrict fold, REAL *restrict tangent) {
    const int terms = (int)constants[0];
#define SHORT_SERIES(n)                                                                          \
    case n:                                                                                      \
        if (tangent) NAME(short_series)(n, true, row, columns, stride, count, fold, tangent);    \
        else NAME(short_series)(n, false, row, columns, stride, count, fold, tangent);           \
        break;
    switch (terms) {
        SHORT_SERIES(1)
        SHORT_SERIES(2)
        SHORT_SERIES(3)
        SHORT_SERIES(4)
        SHORT_SERIES(5)
        SHORT_SERIES(6)
    default: NAME(long_series)(terms, row, columns, stride, count, fold, tangent);
    }
#undef SHORT_SERIES
}
