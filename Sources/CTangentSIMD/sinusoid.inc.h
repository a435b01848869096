// phi(x) = a sin(b x + c). With z = |b| s, C = cos 2c, the squared distances over 2 g = b^2 e/2 of u and v and h = b^2 d/2
// of u and -v, and m = 1 - e^-g, n = 1 - e^-h, E_i = e^{-2 z_i^2}:
//   kappa/a^2 = (e^-g - C e^-h)/2
//   squared distance of the images over a^2 = m (1 + C - C n) - C (sqrt(E_i) - sqrt(E_j))^2/2,
// which vanishes with the pair's own; from E_i E_j = e^{-2(g + h)}.
// Where C = 0, as of rbf, h is not needed. Constants: C, 1 + C, 1 where phi is odd. Coefficients: z, e^{-z^2}, s'/|a|, |a|/s'.
#include "exponential.inc.h"

INLINED void NAME(sinusoid_of)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                               bool withFar, REAL *restrict fold, REAL *restrict tangent) {
    const REAL c = constants[0], one_plus_c = constants[1];
    const bool odd = constants[2] != 0;
    const REAL z = row[0], root = row[1], s = row[2], inverse = row[3];
    // Two vectors at once: one alone waits for its own chain of products.
#pragma clang loop interleave_count(2)
    for (size_t j = 0; j < count; j++) {
        const REAL z_j = columns[j], root_j = columns[stride + j];
        const REAL s_j = columns[2 * stride + j], inverse_j = columns[3 * stride + j];
        REAL small = FABS(fold[j]);
        NAME(chord) v = NAME(unfold)(odd ? small : fold[j]);
        REAL step = z - z_j, product = 2 * z * z_j, least = step * step / 2, stretch = s - s_j;
        NAME(exponential) g = NAME(exponential_of)(-(least + product * v.near));
        REAL square = -g.minus_one - stretch * stretch, slope = g.value;
        if (withFar) {
            NAME(exponential) h = NAME(exponential_of)(-(least + product * v.far));
            REAL m = -g.minus_one, n = -h.minus_one, difference = root - root_j;
            square = m * (one_plus_c - c * n) - c * difference * difference / 2 - stretch * stretch;
            slope = g.value + c * h.value;
        }
        REAL near = square * inverse * inverse_j / 4;
        near = near > 0 ? near : 0;
        // The opposite of a row: g and h change places, and an odd function's derivative is even.
        if (tangent) tangent[j] *= slope / 2 * (z * inverse) * (z_j * inverse_j);
        fold[j] = odd ? COPYSIGN(near < (REAL)0.5 ? near : (REAL)0.5, fold[j]) : NAME(folded)(near, 1 - near);
    }
}

MULTIVERSIONED
void NAME(tangent_sinusoid)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                            REAL *restrict fold, REAL *restrict tangent) {
    if (constants[0] != 0) {
        NAME(sinusoid_of)(constants, row, columns, stride, count, true, fold, tangent);
    } else {
        NAME(sinusoid_of)(constants, row, columns, stride, count, false, fold, tangent);
    }
}
