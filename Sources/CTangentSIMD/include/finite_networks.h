// The loops of training that BLAS has no name for, in C for function multiversioning. All matrices are row-major and
// contiguous.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define TANGENT_FINITE_NETWORKS(real, suffix) \
    /* z[r][j] += scale bias[j]. */ \
    void tangent_add_bias_##suffix(real *z, const real *bias, real scale, size_t rows, size_t columns); \
    /* The same (bias NULL: nothing added), then a min(z, 0) + b max(z, 0), in place. */ \
    void tangent_add_bias_rectify_##suffix(real *z, const real *bias, real scale, size_t rows, size_t columns, real a, real b); \
    /* delta *= (out > 0 ? b : a). */ \
    void tangent_rectifier_slope_##suffix(real *delta, const real *out, real a, real b, size_t count); \
    /* target = factor * source, and target += factor * source, elementwise. */ \
    void tangent_multiply_##suffix(const real *source, const real *factor, real *target, bool adds, size_t count); \
    /* sums[j] = scale * sum over r of delta[r][j], added to what is there if `adds`. */ \
    void tangent_column_sums_##suffix(const real *delta, size_t rows, size_t columns, real scale, bool adds, real *sums); \
    /* One step of gradient descent on `count` weights: v = momentum v + g, w -= rate v (velocity NULL: v = g). \
       Returns the sum of (w - start)^2. */ \
    double tangent_descend_##suffix(real *w, const real *g, real *velocity, const real *start, real rate, real momentum, \
                                    size_t count); \
    /* One step of Adam: rate and epsilon already hold the bias corrections (Kingma and Ba 2015, end of section 2). */ \
    double tangent_descend_adam_##suffix(real *w, const real *g, real *first, real *second, const real *start, real rate, \
                                         real beta1, real beta2, real epsilon, size_t count); \
    /* Sum of (w - start)^2; start NULL: of w^2. */ \
    double tangent_squared_distance_##suffix(const real *w, const real *start, size_t count); \
    /* Few examples: z = scale x w for x [rows, inputs], w [inputs, outputs]; w is read once. */ \
    void tangent_few_forward_##suffix(const real *x, const real *w, real scale, size_t rows, size_t inputs, size_t outputs, \
                                      real *z); \
    /* Few examples, going back through z = scale x w in one reading of w: x_delta[r][i] = scale sum_j w[i][j] delta[r][j] \
       (NULL: not wanted; added to what is there if `adds`), then w[i][j] -= rate scale sum_r x[r][i] delta[r][j], and \
       returns the sum of (w - start)^2. */ \
    double tangent_few_descend_##suffix(const real *x, const real *delta, real *w, const real *start, real scale, real rate, \
                                        size_t rows, size_t inputs, size_t outputs, real *x_delta, bool adds);

TANGENT_FINITE_NETWORKS(double, f64)
TANGENT_FINITE_NETWORKS(float, f32)

#undef TANGENT_FINITE_NETWORKS
