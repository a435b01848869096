// phi(x) = e^{-x^2} sin x. With r^2 = 2p/(1 + 2p), q^2 = 1 - r^2, root = sqrt(1 - r^4), x = r_i r_j cos theta, C = sqrt(1 - x^2),
// w = (q_i^2 + q_j^2)/(2 C^2), t = x q_i q_j/(2 C^2) (at most 1/4) and k^2 = e^-t sinh(t)/t at t = r^2/(2 + 2 r^2):
//   cos theta' = cos theta (root_i root_j/C^2)^{3/2} e^{-(1 - w)/2} (sinh(t)/t) / (k_i k_j)
//   kappa-dot s_i s_j/(s'_i s'_j) = the same with [(1 + 2 (x/C)^2) cosh t + (x/C)^2 (1 + w) sinh(t)/t] for cos theta sinh(t)/t.
// Of two rows that nearly coincide v' has about 1e-16 absolute (2e-8 as an angle); equal rows are set to 0. An odd function.
// Coefficients: r, q, 1 - r, sqrt(root), 1/k.
#include "arcsine.inc.h"
#include "exponential.inc.h"

MULTIVERSIONED
void NAME(tangent_gabor)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                         REAL *restrict fold, REAL *restrict tangent) {
    (void)constants;
    const REAL r = row[0], q = row[1], c = row[2], half_root = row[3], inverse = row[4];
    for (size_t j = 0; j < count; j++) {
        const REAL r_j = columns[j], q_j = columns[stride + j], c_j = columns[2 * stride + j];
        const REAL half_root_j = columns[3 * stride + j], inverse_j = columns[4 * stride + j];
        REAL small = FABS(fold[j]);
        NAME(arcsine) pair = NAME(arcsine_of)(r, q, c, r_j, q_j, c_j, NAME(unfold)(small));
        REAL flat = pair.inverse, steep = pair.x * flat, square = steep * steep;
        REAL w = (q * flat * q * flat + q_j * flat * q_j * flat) / 2;
        REAL t = steep * (q * q_j * flat) / 2, y = t * t;
        REAL ratio = 1 + y / 6 * (1 + y / 20 * (1 + y / 42 * (1 + y / 72 * (1 + y / 110))));
        REAL cosh = 1 + y / 2 * (1 + y / 12 * (1 + y / 30 * (1 + y / 56 * (1 + y / 90 * (1 + y / 132)))));
        REAL gain = half_root * half_root_j * flat;
        REAL factor = gain * gain * gain * NAME(exponential_of)((w - 1) / 2).value * inverse * inverse_j;
        REAL near = (1 - (1 - 2 * small) * factor * ratio) / 2;
        bool vanishes = ((small == 0) & (r == r_j) & (q == q_j)) | (near < 0);
        near = vanishes ? 0 : near;
        if (tangent) tangent[j] *= factor * ((1 + 2 * square) * cosh + square * (1 + w) * ratio);
        fold[j] = COPYSIGN(near < (REAL)0.5 ? near : (REAL)0.5, fold[j]);
    }
}
