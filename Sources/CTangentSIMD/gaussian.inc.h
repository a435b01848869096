// phi(x) = a e^{b x^2}. With r^2 = 2|b| p/(1 - 2bp), q^2 = 1 - r^2, root = sqrt(1 - r^4) and x = r_i r_j cos theta:
//   cos theta' = sqrt(root_i root_j/(1 - x^2)),   kappa-dot = (2b)^2 c/(determinant) kappa
//   1 - cos^2 theta' = [(root_i - root_j)^2 + (r_i^2 - r_j^2)^2 + 8 (r_i r_j)^2 v (1 - v)] / (2 (1 - x^2))
// An even function: theta and pi - theta have the same image. Coefficients: r, q, 1 - r, root, 1 - root.
#include "arcsine.inc.h"

MULTIVERSIONED
void NAME(tangent_gaussian)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                            REAL *restrict fold, REAL *restrict tangent) {
    (void)constants;
    const REAL r = row[0], q = row[1], c = row[2], root = row[3], d = row[4];
    // Two vectors at once: one alone waits for its own chain of products.
#pragma clang loop interleave_count(2)
    for (size_t j = 0; j < count; j++) {
        const REAL r_j = columns[j], q_j = columns[stride + j], c_j = columns[2 * stride + j];
        const REAL root_j = columns[3 * stride + j], d_j = columns[4 * stride + j];
        NAME(chord) v = NAME(unfold)(fold[j]);
        NAME(arcsine) pair = NAME(arcsine_of)(r, q, c, r_j, q_j, c_j, v);
        REAL product = r * r_j, inverse = 1 / pair.square;
        REAL rise = pair.step * (r + r_j), turn = root + root_j < 1 ? root - root_j : d_j - d;
        REAL square = (turn * turn + rise * rise + 8 * product * product * v.near * v.far) / 2 * inverse;
        square = square < 1 ? square : 1;
        REAL left = 1 - square, cosine = left * NAME(inverse_root)(left);
        if (tangent) tangent[j] *= product * pair.x * inverse * cosine;
        fold[j] = square / (2 * (1 + cosine));
    }
}
