// Two kernels whose cosine is itself an exponential.
#include "exponential.inc.h"

// phi(x) = a e^{b x}: cos theta' = e^{-b^2 e/2}, e the squared distance; kappa-dot = b^2 kappa. Coefficient: |b| s.
MULTIVERSIONED
void NAME(tangent_exponential)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                               REAL *restrict fold, REAL *restrict tangent) {
    (void)constants, (void)stride;
    const REAL z = row[0];
    // Two vectors at once: one alone waits for its own chain of products.
#pragma clang loop interleave_count(2)
    for (size_t j = 0; j < count; j++) {
        REAL z_j = columns[j], step = z - z_j;
        NAME(exponential) g =
            NAME(exponential_of)(-(step * step / 2 + 2 * z * z_j * NAME(unfold)(fold[j]).near));
        if (tangent) tangent[j] *= z * z_j * g.value;
        fold[j] = (0 - g.minus_one) / 2;
    }
}

// kappa = s_i s_j e^{gamma (cos theta + shift)}: cos theta' = e^{-2 gamma v}. Constant: gamma.
MULTIVERSIONED
void NAME(tangent_normalized_exponential)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride,
                                          size_t count, REAL *restrict fold, REAL *restrict tangent) {
    (void)row, (void)columns, (void)stride;
    const REAL gamma = constants[0];
    // Two vectors at once: one alone waits for its own chain of products.
#pragma clang loop interleave_count(2)
    for (size_t j = 0; j < count; j++) {
        NAME(exponential) g = NAME(exponential_of)(-2 * gamma * NAME(unfold)(fold[j]).near);
        if (tangent) tangent[j] *= gamma * g.value;
        fold[j] = (0 - g.minus_one) / 2;
    }
}
