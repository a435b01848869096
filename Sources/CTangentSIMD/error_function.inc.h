// phi(x) = a erf(b x) + c (Williams 1997). With z = sqrt(2) |b| s, r = z/hypot(1, z), q = 1/hypot(1, z) and
// A(x) = asin(x), x_ij = r_i r_j cos theta:
//   kernel K'_ij = (2 a^2/pi) A(x_ij) + c^2,   kappa-dot_ij = (4 a^2 b^2/pi) q_i q_j / sqrt(1 - x_ij^2)
//   v' = 1/2 [ (a^2/pi) ((A_ii - A_ij) + (A_jj - A_ij)) - (s'_i - s'_j)^2/2 ] / (s'_i s'_j).
// Coefficients of a row: r, q, 1 - r, sqrt(1 - r^4), |a| r/s', s', |a|/s', 1/sqrt(s'), 2 |a b| s q/(sqrt(pi) s').
// Where both variances are far below 1 erf is nearly linear, and of two parallel rows of different size v' is what remains
// of a cancellation: about 1e-16 absolute, which a later kinked nonlinearity sees as an angle of at most 1e-8.
// The quotients are taken row by row so that no product of two small deviations underflows.
#include "arcsine.inc.h"

MULTIVERSIONED
void NAME(tangent_error_function)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride,
                                  size_t count, REAL *restrict fold, REAL *restrict tangent) {
    const REAL inverse_pi = (REAL)0.318309886183790671537767526745028724;
    // With c = 0 phi is odd: the opposite of a row is carried to the opposite of its image, exactly.
    const bool odd = constants[0] != 0;
    const REAL r = row[0], q = row[1], c = row[2], root = row[3], r_ratio = row[4], s = row[5];
    const REAL s_inverse = row[6], s_root = row[7], slope = row[8];
    // Two vectors at once: one alone waits for its own chain of products.
#pragma clang loop interleave_count(2)
    for (size_t j = 0; j < count; j++) {
        const REAL r_j = columns[j], q_j = columns[stride + j], c_j = columns[2 * stride + j];
        const REAL root_j = columns[3 * stride + j], r_ratio_j = columns[4 * stride + j];
        const REAL s_j = columns[5 * stride + j], s_inverse_j = columns[6 * stride + j];
        const REAL s_root_j = columns[7 * stride + j], slope_j = columns[8 * stride + j];
        REAL small = FABS(fold[j]);
        NAME(chord) v = NAME(unfold)(odd ? small : fold[j]);
        NAME(arcsine) pair = NAME(arcsine_of)(r, q, c, r_j, q_j, c_j, v);
        REAL angle = NAME(angle_per_rise)(r * (pair.step + 2 * r_j * v.near), root + pair.root);
        REAL angle_j = NAME(angle_per_rise)(r_j * (2 * r * v.near - pair.step), root_j + pair.root);
        REAL arcs = r_ratio * (pair.step * s_inverse_j + 2 * r_ratio_j * v.near) * angle
                  + r_ratio_j * (2 * r_ratio * v.near - pair.step * s_inverse) * angle_j;
        REAL stretch = (s - s_j) * s_root * s_root_j;
        REAL near = (inverse_pi * arcs - stretch * stretch / 2) / 2;
        near = near > 0 ? near : 0;
        fold[j] = odd ? COPYSIGN(near, fold[j]) : NAME(folded)(near, 1 - near);
        if (tangent) tangent[j] *= slope * slope_j * pair.inverse;
    }
}
