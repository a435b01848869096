// phi(x) = min(1, max(-1, x)), whose kappa-dot is P(|u| < 1, |v| < 1), of moderate deviations; an odd function.
//
// Where |rho| <= 0.9, by Mehler's formula: phi(s x)/s' = sum_m b_m h_{2m+1}(x), h_k orthonormal,
//   cos theta' = rho sum_m b_im b_jm rho^{2m},   kappa-dot s_i s_j/(s'_i s'_j) = sum_m (2m+1) b_im b_jm rho^{2m}.
// Nearer than that from rho = 1 on, with Plackett's d^2 kappa/dc^2 = E[phi'' phi''], the density of (u, v) at the kinks. With
// z = 1/s_i, z' = 1/s_j, c = cos theta, x = sin theta, y = z z' and h(q) = 1/(1 + sqrt(1 - q)):
//   kappa-dot = P(|x| < min(z, z')) - (P+ - P-)/pi,   kappa = kappa_1 - s s' [2w kappa-dot_1 - (R+ - R-)/pi],
//   P+- = int_0^theta e^{-b^2/(2 x^2)} E(x^2) dtheta,   R+- the same with cos theta - c, b = z -+ z',   E(q) = e^{-+y h(q)}.
// E and E/sqrt(1 - q) are series in q = x^2 <= 0.19; the moments int_0^X x^{2k} e^{-b^2/(2 x^2)} dx follow from one another.
// kappa_1 = E[phi(s x) phi(s' x)] enters as E[(phi(s x)/s'_i - phi(s' x)/s'_j)^2], so that near rows keep their digits.
//
// Source: Plackett, "A reduction formula for normal multivariate integrals", Biometrika 1954; the expansion after Genz,
// "Numerical computation of rectangular bivariate and trivariate normal and t probabilities", 2004.
// Constant: how many terms. Coefficients: z, 1/s', s/s', P(|x| < z), P(|x| > z), sqrt(2/pi) e^{-z^2/2}, b_0, b_1, ...

enum { NAME(clip_block) = 32, NAME(clip_first) = 6 };

#ifndef CLIPPED_SERIES
#define CLIPPED_SERIES
enum { clip_powers = 40 };

// h(0), the coefficients of q h'(q), with which E' = -+y h' E reads E_k = -+(y/k) sum_j slope_j E_{k-j}, and of 1/sqrt(1 - q).
typedef struct {
    double value, slope[clip_powers], root[clip_powers];
} clip_powers_table;

static clip_powers_table clip_table(void) {
    clip_powers_table table = {.value = 0.5, .slope = {0}, .root = {1}};
    // 1 - sqrt(1 - q) = sum c_k q^k, and h(q) is that over q.
    double c = 0.5;
    for (int k = 1; k < clip_powers; k++) {
        c *= (2.0 * k - 1) / (2.0 * k + 2);
        table.slope[k] = k * c;
        table.root[k] = table.root[k - 1] * (2.0 * k - 1) / (2.0 * k);
    }
    return table;
}

typedef struct {
    double slope, rest;  // P and R
} clip_integral;

// Of the sign of `y`: +y for P+, -y for P-. `w` = sin^2(theta/2), at most 1/20.
static clip_integral clip_integrate(const clip_powers_table *table, double b, double y, double w) {
    const double q = 4 * w * (1 - w), x = sqrt(q), beta = b * b / (2 * q);
    clip_integral result = {0, 0};
    // Less than the rounding of what it is added to.
    if (!(q > 0) || beta + y * table->value > 45) return result;
    int terms = 2;
    for (double power = q; power > 1e-17 && terms < clip_powers; power *= q) terms++;
    const double edge = exp(-beta);
    double values[clip_powers];
    double power = x * edge, moment = x * edge - b * 1.2533141373155002512 * erfc(b / (x * 1.4142135623730950488));
    for (int k = 0; k < terms; k++) {
        double sum = 0, over = 0;
        if (k == 0) sum = exp(-y * table->value);
        for (int j = 1; j <= k; j++) {
            sum -= table->slope[j] * values[k - j];
            over += table->root[j] * values[k - j];
        }
        values[k] = k == 0 ? sum : sum * y / k;
        over += values[k];
        result.slope += over * moment;
        // values - cos theta over, which is small with w.
        result.rest += (values[k] - over + 2 * w * over) * moment;
        power *= q;
        moment = (power - b * b * moment) / (2 * k + 3);
        moment = moment > 0 ? moment : 0;
    }
    return result;
}

typedef struct {
    double z, inverse, ratio, inside, outside, density;
} clip_row;

// E[(phi(s x)/s'_i - phi(s' x)/s'_j)^2] with z <= z' of the two rows.
static double clip_gap(clip_row a, clip_row b) {
    const double pi = 3.14159265358979323846;
    static const double nodes[] = {0.2386191860831969086, 0.6612093864662645137, 0.9324695142031520278};
    static const double weights[] = {0.4679139345726910474, 0.3607615730481386076, 0.1713244923791703450};
    double step = a.ratio - b.ratio, width = b.z - a.z, flat = a.inverse - b.inverse;
    double squares = a.inside - a.z * a.density;
    // E[x^2; |x| < z] by its series where it cancels.
    if (a.z < 0.05) {
        double z2 = a.z * a.z;
        squares = sqrt(2 / pi) * a.z * z2 * (1.0 / 3 - z2 * (1.0 / 10 - z2 * (1.0 / 56 - z2 / 432)));
    }
    double sum = step * step * (squares > 0 ? squares : 0) + flat * flat * b.outside;
    if (width < 0.25) {
        for (int k = 0; k < 6; k++) {
            double offset = width / 2 * (1 + (k % 2 ? nodes[k / 2] : -nodes[k / 2]));
            double gap = step * a.z - b.ratio * offset;
            sum += width / 2 * weights[k / 2] * a.density * exp(-offset * (a.z + offset / 2)) * gap * gap;
        }
        return sum;
    }
    double between = a.outside - b.outside, first = a.density - b.density;
    double second = between + a.z * a.density - b.z * b.density;
    double part = a.inverse * a.inverse * between - 2 * a.inverse * b.ratio * first + b.ratio * b.ratio * second;
    return sum + (part > 0 ? part : 0);
}

// The half chord and kappa-dot s_i s_j/(s'_i s'_j) of rows whose angle has sin^2(theta/2) = w <= 1/20.
static double clip_near(const clip_powers_table *table, clip_row a, clip_row b, double w, double *slope) {
    const double pi = 3.14159265358979323846;
    if (a.z > b.z) {
        clip_row other = a;
        a = b;
        b = other;
    }
    const double y = a.z * b.z, scale = a.ratio * b.ratio;
    clip_integral same = clip_integrate(table, b.z - a.z, y, w), opposite = clip_integrate(table, b.z + a.z, -y, w);
    double kappa_dot = a.inside - (same.slope - opposite.slope) / pi;
    *slope = scale * (kappa_dot > 0 ? kappa_dot : 0);
    return clip_gap(a, b) / 4 + scale * (w * a.inside - (same.rest - opposite.rest) / (2 * pi));
}
#endif

INLINED clip_row NAME(clip_row_of)(const REAL *coefficients, size_t stride) {
    return (clip_row){coefficients[0],          coefficients[stride],     coefficients[2 * stride],
                      coefficients[3 * stride], coefficients[4 * stride], coefficients[5 * stride]};
}

MULTIVERSIONED
void NAME(tangent_clipped_series)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                                  REAL *restrict fold, REAL *restrict tangent) {
    const int terms = (int)constants[0];
    const clip_powers_table table = clip_table();
    const clip_row own = NAME(clip_row_of)(row, 1);
    enum { block = NAME(clip_block), first = NAME(clip_first) };
    for (size_t start = 0; start < count; start += block) {
        const size_t here = count - start < block ? count - start : block;
        REAL square[block], value[block], slope[block];
        bool some = false;
        for (size_t j = 0; j < block; j++) {
            REAL w = j < here ? FABS(fold[start + j]) : (REAL)0.5, rho = 1 - 2 * w;
            some = some || w >= (REAL)0.05;
            square[j] = rho * rho;
            value[j] = slope[j] = 0;
        }
        for (int m = some ? terms - 1 : -1; m >= 0; m--) {
            const REAL a = row[first + m], *b = columns + (size_t)(first + m) * stride + start;
            const REAL degree = (REAL)(2 * m + 1);
            for (size_t j = 0; j < here; j++) {
                REAL w = a * b[j];
                value[j] = value[j] * square[j] + w;
                slope[j] = slope[j] * square[j] + degree * w;
            }
        }
        for (size_t j = 0; j < here; j++) {
            REAL w = FABS(fold[start + j]);
            REAL near = (1 - (1 - 2 * w) * value[j]) / 2;
            if (w < (REAL)0.05) {
                double factor;
                clip_row other = NAME(clip_row_of)(columns + start + j, stride);
                near = (REAL)clip_near(&table, own, other, (double)w, &factor);
                slope[j] = (REAL)factor;
            }
            near = near > 0 ? near : 0;
            fold[start + j] = COPYSIGN(near < (REAL)0.5 ? near : (REAL)0.5, fold[start + j]);
            if (tangent) tangent[start + j] *= slope[j];
        }
    }
}
