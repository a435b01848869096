// The inner loops of the kernels, in C for function multiversioning.
//
// A loop works on a strip: one row i of the first input against `count` rows j of the second. Its state is
//
//   fold[j]     the signed half chord. With v = sin^2(theta/2) = (1 - cos theta)/2 the squared distance over 4 of the
//               two normalised pre-activations, fold is v where v <= 1/2 and -(1 - v) where v > 1/2 (exactly opposite
//               rows: -0.0). The sign says "nearer to the opposite", the size keeps its relative precision at both ends.
//   tangent[j]  T = NTK / (s_i s_j), s the standard deviations of the pre-activations; NULL where no NTK is wanted.
//
// A step reads its own constants, the coefficients of row i (row[k]) and those of the columns (columns[k * stride + j]).
#pragma once
#include <stddef.h>
#include "finite_networks.h"
#include "packed_products.h"
#include "plane_engine.h"

// The level of x86-64 that the processor and its system support: 4 with AVX-512, 3 with AVX2 and FMA, else 1; 0 on others.
int tangent_vector_level(void);

// For the turns of a loop that waits for another thread: leaves the core to its other thread for a moment.
static inline void tangent_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

typedef void tangent_step_f64(const double *constants, const double *row, const double *columns, size_t stride,
                              size_t count, double *fold, double *tangent);
typedef void tangent_step_f32(const float *constants, const float *row, const float *columns, size_t stride,
                              size_t count, float *fold, float *tangent);

#define TANGENT_STEP(name) \
    extern tangent_step_f64 name##_f64; \
    extern tangent_step_f32 name##_f32;

// Dense layers; coefficients alpha = W s/s', beta = b/s' and for `standard` also sqrt(fan_in) s/s' and [b > 0]/s'.
TANGENT_STEP(tangent_dense_ntk)
TANGENT_STEP(tangent_dense_standard)
TANGENT_STEP(tangent_dense_frozen)
// a min(x, 0) + b max(x, 0); constants k = (a-b)^2/(a^2+b^2), k/(2 pi), k/pi; no coefficients.
TANGENT_STEP(tangent_rectifier)
// a erf(b x) + c; constant 1 if c = 0; coefficients in error_function.inc.h.
TANGENT_STEP(tangent_error_function)
// x Phi(x); no constants; coefficients in gelu.inc.h.
TANGENT_STEP(tangent_gelu)
// sign(x); neither constants nor coefficients.
TANGENT_STEP(tangent_sign)
// a sin(b x + c), cos, rbf; described in sinusoid.inc.h.
TANGENT_STEP(tangent_sinusoid)
// a e^{b x}, coefficient |b| s; s_i s_j e^{gamma (cos theta + shift)}, constant gamma.
TANGENT_STEP(tangent_exponential)
TANGENT_STEP(tangent_normalized_exponential)
// a e^{b x^2} and e^{-x^2} sin x; described in gaussian.inc.h and gabor.inc.h.
TANGENT_STEP(tangent_gaussian)
TANGENT_STEP(tangent_gabor)
// Hermite series; constant: how many coefficients; coefficients: normalised to a sum of squares 1.
TANGENT_STEP(tangent_series)
// max(x, 0)^d, d >= 2; constants in rectified_monomial.inc.h.
TANGENT_STEP(tangent_rectified_monomial)
// 1 where x >= 0; coefficient 1, or 0 for a row of zero variance.
TANGENT_STEP(tangent_heaviside)
// tanh, sigmoid, softplus, silu, mish and elu by quadrature, and min(1, max(-1, x)); described in polar_quadrature.inc.h and
// clipped_line.inc.h.
TANGENT_STEP(tangent_polar)
TANGENT_STEP(tangent_clipped_line)
// The latter without an integral; described in clipped_series.inc.h.
TANGENT_STEP(tangent_clipped_series)
// The same smooth ones from tables; described in tabulated.inc.h.
TANGENT_STEP(tangent_tabulated)
// Constant: the keep rate; for pairs of different examples.
TANGENT_STEP(tangent_dropout)

#define TANGENT_STRIPS(real, suffix) \
    /* The unit vector of a row (zeros for a zero row) and |x|/sqrt(count); an index below count: the first element that \
       is not finite. */ \
    size_t tangent_normalise_##suffix(const real *x, size_t count, real *unit, double *deviation); \
    /* fold from the cosines of a Gram row; returns the smallest |fold|. */ \
    real tangent_fold_cosines_##suffix(const real *cosines, size_t count, real *fold); \
    /* |u - v|^2/4 and |u + v|^2/4 of unit vectors, from their difference and sum. */ \
    real tangent_near_chord_##suffix(const real *u, const real *v, size_t count); \
    real tangent_far_chord_##suffix(const real *u, const real *v, size_t count); \
    /* s_i s_j cos theta, and s_i s_j T. */ \
    void tangent_covariance_##suffix(real row, const real *columns, size_t count, const real *fold, real *out); \
    void tangent_scaled_##suffix(real row, const real *columns, size_t count, const real *tangent, real *out); \
    /* Cosine (0 beside a row of zero deviation), angle in radians and distance of two rows' pre-activations. */ \
    void tangent_cosine_##suffix(real row, const real *columns, size_t count, const real *fold, real *out); \
    void tangent_angle_##suffix(real row, const real *columns, size_t count, const real *fold, real *out); \
    void tangent_distance_##suffix(real row, const real *columns, size_t count, const real *fold, real *out); \
    /* The half chord of a kernel known by its scaled values T_ij and the diagonals T_ii, T_jj. */ \
    void tangent_fold_scaled_##suffix(real row, const real *columns, size_t count, const real *tangent, real *fold); \
    /* Parallel branches; described in joins.inc.h. */ \
    void tangent_join_term_##suffix(real share, const real *shares, size_t count, const real *fold, const real *tangent, \
                                    real *near, real *far, real *tangent_sum); \
    void tangent_join_end_##suffix(const real *near, const real *far, size_t count, real *fold); \
    void tangent_join_product_##suffix(const real *fold_b, const real *tangent_b, size_t count, real *fold, real *tangent); \
    /* Writes the transpose of a rows x columns block. */ \
    void tangent_transpose_##suffix(const real *source, size_t source_stride, size_t rows, size_t columns, \
                                    real *target, size_t target_stride); \
    /* Writes a rows x columns block as it is. */ \
    void tangent_place_##suffix(const real *source, size_t source_stride, size_t rows, size_t columns, \
                                real *target, size_t target_stride); \
    /* Copies the upper triangle of a square block onto its lower one. */ \
    void tangent_mirror_##suffix(real *block, size_t stride, size_t count);

TANGENT_STRIPS(double, f64)
TANGENT_STRIPS(float, f32)

#undef TANGENT_STEP
#undef TANGENT_STRIPS
