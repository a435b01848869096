// phi(x) = x Phi(x) (Tsuchida et al. 2021, arXiv 2002.08517). With r = s/hypot(1, s), q = 1/hypot(1, s), x = r_i r_j cos theta,
// C = sqrt(1 - x^2):
//   K'_ij/(s_i s_j) = cos theta (1/4 + asin(x)/(2 pi)) + F_ij/(2 pi),  F_ij = r_i r_j (C + (q_i q_j cos theta)^2/C)
//   kappa-dot = 1/4 + asin(x)/(2 pi) + x/(2 pi C) [ (q_i q_j/C)^2 + (q_i q_j)^2 + 1 - (r_i r_j)^2 ].
// With h_i = s'_i/s_i:  v' = 1/2 [ (K'_ii/s_i^2 + K'_jj/s_j^2)/2 - K'_ij/(s_i s_j) - (h_i - h_j)^2/2 ] / (h_i h_j),
// and the bracket is summed from differences that vanish with the pair's own.
// Coefficients of a row: r, q, 1 - r, C = sqrt(1 - r^4), 1/C, asin(r^2), h, 1/h.
#include "arcsine.inc.h"

// F_ii - F_ij for the row given first.
INLINED REAL NAME(gelu_lune)(REAL r, REAL q, REAL root, REAL inverse, REAL r_j, REAL q_j, REAL step, REAL rise,
                             NAME(arcsine) pair, NAME(chord) v) {
    // r^2 + x = r (step + 2 r_j (1 - v)), so that it vanishes with all its digits for opposite rows.
    REAL run = root + pair.root, per_run = 1 / run;
    REAL fall = rise * (r * (step + 2 * r_j * v.far)) * per_run;
    REAL u = r * q * q, u_j = r_j * q_j * q_j, u_step = step * (q * q - r_j * (r + r_j));
    REAL smooth = root * r * step - r * r_j * fall;
    return smooth + u * (u * fall * inverse + u_step + u_j * 4 * v.near * v.far) * pair.inverse;
}

MULTIVERSIONED
void NAME(tangent_gelu)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                        REAL *restrict fold, REAL *restrict tangent) {
    (void)constants;
    const REAL r = row[0], q = row[1], c = row[2], root = row[3], inverse = row[4], arc = row[5], h = row[6], h_inverse = row[7];
    const REAL inverse_2pi = (REAL)0.159154943091895335768883763372514362;
    // Two vectors at once: one alone waits for its own chain of products.
#pragma clang loop interleave_count(2)
    for (size_t j = 0; j < count; j++) {
        const REAL r_j = columns[j], q_j = columns[stride + j], c_j = columns[2 * stride + j];
        const REAL root_j = columns[3 * stride + j], inverse_j = columns[4 * stride + j];
        const REAL h_j = columns[6 * stride + j], h_inverse_j = columns[7 * stride + j];
        NAME(chord) v = NAME(unfold)(fold[j]);
        NAME(arcsine) pair = NAME(arcsine_of)(r, q, c, r_j, q_j, c_j, v);
        REAL rise = r * (pair.step + 2 * r_j * v.near), rise_j = r_j * (2 * r * v.near - pair.step);
        REAL turn = rise * NAME(angle_per_rise)(rise, root + pair.root);
        REAL turn_j = rise_j * NAME(angle_per_rise)(rise_j, root_j + pair.root);
        REAL angle = arc - turn;
        REAL lunes = NAME(gelu_lune)(r, q, root, inverse, r_j, q_j, pair.step, rise, pair, v)
                   + NAME(gelu_lune)(r_j, q_j, root_j, inverse_j, r, q, -pair.step, rise_j, pair, v);
        REAL apart = v.near / 2 + inverse_2pi / 2 * (turn + turn_j + 4 * angle * v.near + lunes);
        REAL scale = h_inverse * h_inverse_j, stretch = h - h_j;
        REAL near = (apart - stretch * stretch / 2) * scale / 2;
        fold[j] = NAME(folded)(near, 1 - near);
        if (tangent) {
            REAL flat = q * q_j * pair.inverse;
            REAL bracket = flat * flat + (q * q_j) * (q * q_j) + pair.excess * (1 + r * r_j);
            tangent[j] *= scale * ((REAL)0.25 + inverse_2pi * (angle + pair.x * pair.inverse * bracket));
        }
    }
}
