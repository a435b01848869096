// Functions without a closed form, smooth but for a kink at 0, by quadrature in polar coordinates (r, psi) of the plane of
// the two normalised pre-activations x = r cos psi, y = r cos(psi - theta). Between the lines x = 0 and y = 0 lie two pairs
// of opposite sectors, in each of which the integrand is smooth whatever theta is, so the Gauss-Legendre rules need not know
// the pair. What is summed is (phi(u)/s'_i -+ phi(v)/s'_j)^2/4, that is v' or 1 - v' itself, which vanishes with the pair's own.
// Constants: kind, parameter (alpha), how many angles and radii, then the angles' nodes in [-1, 1] and weights, the
// radii and their weights with the density r e^{-r^2/2}/(2 pi). Coefficients: s, 1/s', s/s'.
#include "exponential.inc.h"

#ifndef POLAR_KINDS
#define POLAR_KINDS
// The order is that of QuadratureFunction.Kind in Swift.
enum polar_kind { polar_tanh, polar_sigmoid, polar_softplus, polar_silu, polar_mish, polar_elu };
enum { polar_block = 32 };
#endif

// phi and phi' at z and at -z, z >= 0.
typedef struct {
    REAL above, below, slope_above, slope_below;
} NAME(polar_values);

// log(1 + e) for 0 <= e <= 1 by 2 artanh(e/(2 + e)), whose argument is at most 1/3: the last term is 3^-33/33.
INLINED REAL NAME(log_of_one_plus)(REAL e) {
    REAL w = e / (2 + e), square = w * w, sum = 0;
#pragma clang loop unroll(full)
    for (int k = 33; k >= 1; k -= 2) sum = sum * square + (REAL)1 / (REAL)k;
    return 2 * w * sum;
}

INLINED NAME(polar_values) NAME(polar_phi)(int kind, REAL alpha, REAL z) {
    const NAME(exponential) decay = NAME(exponential_of)(kind == polar_tanh ? -2 * z : -z);
    const REAL e = decay.value, g = 1 / (1 + e);
    switch (kind) {
    case polar_tanh: {
        REAL t = -decay.minus_one * g, slope = 4 * e * g * g;
        return (NAME(polar_values)){t, -t, slope, slope};
    }
    case polar_sigmoid: return (NAME(polar_values)){g, e * g, e * g * g, e * g * g};
    case polar_softplus: {
        REAL rest = NAME(log_of_one_plus)(e);
        return (NAME(polar_values)){z + rest, rest, g, e * g};
    }
    case polar_silu: {
        REAL bend = z * e * g * g;
        return (NAME(polar_values)){z * g, -z * e * g, g + bend, e * g - bend};
    }
    case polar_mish: {
        // tanh(softplus(x)) = ((1 + e^x)^2 - 1)/((1 + e^x)^2 + 1), for x = z times e^{-2z}/e^{-2z}.
        REAL up = 1 / (1 + 2 * e * (1 + e)), down = 1 / (2 + e * (2 + e)), square = (1 + e) * (1 + e);
        REAL t = (1 + 2 * e) * up, t_below = e * (2 + e) * down;
        return (NAME(polar_values)){z * t, -z * t_below, t + z * 4 * e * e * square * up * up * g,
                                    t_below - z * 4 * square * down * down * e * g};
    }
    default: return (NAME(polar_values)){z, alpha * decay.minus_one, 1, alpha * e};
    }
}

// One direction of a sector: u = a r and v = b r for all radii; `crossed`: u and v have opposite signs.
INLINED void NAME(polar_ray)(int kind, REAL alpha, REAL a, REAL b, REAL inverse, REAL inverse_j, REAL weight, bool crossed,
                             bool far, int radii, const REAL *nodes, const REAL *weights, REAL *restrict sums,
                             REAL *restrict slopes) {
    for (int m = 0; m < radii; m += polar_block) {
        for (int k = 0; k < polar_block; k++) {
            NAME(polar_values) u = NAME(polar_phi)(kind, alpha, a * nodes[m + k]);
            NAME(polar_values) v = NAME(polar_phi)(kind, alpha, b * nodes[m + k]);
            REAL with = crossed ? v.below : v.above, against = crossed ? v.above : v.below;
            REAL with_slope = crossed ? v.slope_below : v.slope_above;
            REAL against_slope = crossed ? v.slope_above : v.slope_below;
            REAL sign = far ? -1 : 1;
            // One statement a product: fused with the difference, one of two equal products would be rounded and the other not.
            REAL own = u.above * inverse, other = sign * with * inverse_j;
            REAL own_below = u.below * inverse, other_below = sign * against * inverse_j;
            REAL first = own - other, second = own_below - other_below;
            REAL w = weight * weights[m + k];
            sums[k] += w * (first * first + second * second);
            slopes[k] += w * (u.slope_above * with_slope + u.slope_below * against_slope);
        }
    }
}

INLINED void NAME(polar_strip)(int kind, const REAL *constants, const REAL *row, const REAL *columns, size_t stride,
                               size_t count, REAL *restrict fold, REAL *restrict tangent) {
    const REAL pi = (REAL)3.14159265358979323846264338327950288, alpha = constants[1];
    const int angles = (int)constants[2], radii = (int)constants[3];
    const REAL *nodes = constants + 4, *weights = nodes + angles, *radius = weights + angles, *mass = radius + radii;
    const REAL s = row[0], inverse = row[1];
    for (size_t j = 0; j < count; j++) {
        const REAL s_j = columns[j], inverse_j = columns[stride + j];
        const bool far = NAME(is_far)(fold[j]);
        NAME(chord) v = NAME(unfold)(fold[j]);
        REAL w = FABS(fold[j]), arc = 2 * SQRT(w) * NAME(arc_ratio)(w);
        REAL angle = far ? pi - arc : arc, rest = far ? arc : pi - arc;
        REAL cosine = SQRT(v.far), sine = SQRT(v.near);
        REAL sums[polar_block] = {0}, slopes[polar_block] = {0};
        for (int k = 0; k < angles; k++) {
            // Same signs: psi = theta/2 + beta, |beta| <= (pi - theta)/2.
            REAL beta = (REAL)0.5 * rest * nodes[k], c = (REAL)cos((double)beta), d = (REAL)sin((double)beta);
            REAL x = c * cosine - d * sine, y = c * cosine + d * sine;
            x = x > 0 ? x : 0, y = y > 0 ? y : 0;
            NAME(polar_ray)(kind, alpha, s * x, s_j * y, inverse, inverse_j, weights[k] * rest / 2, false, far, radii, radius,
                            mass, sums, slopes);
            // Opposite signs: u = -s r sin(theta/2 + beta), v = s_j r sin(theta/2 - beta), |beta| <= theta/2.
            REAL half = (REAL)0.5 * angle, left = (REAL)sin((double)(half * (1 + nodes[k])));
            REAL right = (REAL)sin((double)(half * (1 - nodes[k])));
            NAME(polar_ray)(kind, alpha, s * left, s_j * right, inverse, inverse_j, weights[k] * half, true, far, radii,
                            radius, mass, sums, slopes);
        }
        REAL sum = 0, slope = 0;
        for (int k = 0; k < polar_block; k++) sum += sums[k], slope += slopes[k];
        if (tangent) tangent[j] *= slope * row[2] * columns[2 * stride + j];
        fold[j] = far ? NAME(folded)(1 - sum / 4, sum / 4) : NAME(folded)(sum / 4, 1 - sum / 4);
    }
}

MULTIVERSIONED
void NAME(tangent_polar)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                         REAL *restrict fold, REAL *restrict tangent) {
    // A loop of its own for each function: the choice is made once a strip and not at every node.
    switch ((int)constants[0]) {
    case polar_tanh: NAME(polar_strip)(polar_tanh, constants, row, columns, stride, count, fold, tangent); break;
    case polar_sigmoid: NAME(polar_strip)(polar_sigmoid, constants, row, columns, stride, count, fold, tangent); break;
    case polar_softplus: NAME(polar_strip)(polar_softplus, constants, row, columns, stride, count, fold, tangent); break;
    case polar_silu: NAME(polar_strip)(polar_silu, constants, row, columns, stride, count, fold, tangent); break;
    case polar_mish: NAME(polar_strip)(polar_mish, constants, row, columns, stride, count, fold, tangent); break;
    default: NAME(polar_strip)(polar_elu, constants, row, columns, stride, count, fold, tangent);
    }
}
