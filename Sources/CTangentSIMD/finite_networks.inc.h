// Bias, rectifier and update of the training step. Sums are kept in LANES running sums so that they stay in vectors without
// reassociating anything, and are carried over into double every BLOCK elements.
#ifndef FINITE_NETWORK_BLOCKS
#define FINITE_NETWORK_BLOCKS
enum { LANES = 16, BLOCK = 4096 };
#endif

MULTIVERSIONED
void NAME(tangent_add_bias)(REAL *z, const REAL *bias, REAL scale, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        REAL *restrict row = z + r * columns;
        for (size_t j = 0; j < columns; j++) row[j] += scale * bias[j];
    }
}

MULTIVERSIONED
void NAME(tangent_add_bias_rectify)(REAL *z, const REAL *bias, REAL scale, size_t rows, size_t columns, REAL a, REAL b) {
    for (size_t r = 0; r < rows; r++) {
        REAL *restrict row = z + r * columns;
        if (bias) {
            for (size_t j = 0; j < columns; j++) {
                REAL x = row[j] + scale * bias[j];
                row[j] = x > 0 ? b * x : a * x;
            }
        } else {
            for (size_t j = 0; j < columns; j++) row[j] = row[j] > 0 ? b * row[j] : a * row[j];
        }
    }
}

MULTIVERSIONED
void NAME(tangent_rectifier_slope)(REAL *delta, const REAL *out, REAL a, REAL b, size_t count) {
    REAL *restrict d = delta;
    for (size_t j = 0; j < count; j++) d[j] *= out[j] > 0 ? b : a;
}

MULTIVERSIONED
void NAME(tangent_multiply)(const REAL *source, const REAL *factor, REAL *target, bool adds, size_t count) {
    if (adds) {
        for (size_t j = 0; j < count; j++) target[j] += factor[j] * source[j];
    } else {
        for (size_t j = 0; j < count; j++) target[j] = factor[j] * source[j];
    }
}

MULTIVERSIONED
void NAME(tangent_column_sums)(const REAL *delta, size_t rows, size_t columns, REAL scale, bool adds, REAL *sums) {
    // A strip of columns at a time, whose sums stay in the first-level cache.
    for (size_t first = 0; first < columns; first += BLOCK) {
        size_t last = first + BLOCK < columns ? first + BLOCK : columns;
        REAL strip[BLOCK];
        for (size_t j = first; j < last; j++) strip[j - first] = 0;
        for (size_t r = 0; r < rows; r++) {
            const REAL *row = delta + r * columns;
            for (size_t j = first; j < last; j++) strip[j - first] += row[j];
        }
        for (size_t j = first; j < last; j++) sums[j] = (adds ? sums[j] : 0) + scale * strip[j - first];
    }
}

INLINED REAL NAME(total)(const REAL *sums) {
    REAL total = 0;
    for (size_t k = 0; k < LANES; k++) total += sums[k];
    return total;
}

MULTIVERSIONED
double NAME(tangent_squared_distance)(const REAL *w, const REAL *start, size_t count) {
    double total = 0;
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t last = first + BLOCK < count ? first + BLOCK : count, j = first;
        REAL sums[LANES] = {0};
        for (; j + LANES <= last; j += LANES) {
            for (size_t k = 0; k < LANES; k++) {
                REAL d = w[j + k] - (start ? start[j + k] : 0);
                sums[k] += d * d;
            }
        }
        for (size_t k = 0; j < last; j++, k++) {
            REAL d = w[j] - (start ? start[j] : 0);
            sums[k] += d * d;
        }
        total += NAME(total)(sums);
    }
    return total;
}

// `gone` gathers (w - start)^2 in lane k.
#define DESCEND(step) \
    double total = 0; \
    for (size_t first = 0; first < count; first += BLOCK) { \
        size_t last = first + BLOCK < count ? first + BLOCK : count, j = first; \
        REAL sums[LANES] = {0}; \
        for (; j + LANES <= last; j += LANES) { \
            for (size_t k = 0; k < LANES; k++) { step(j + k, k) } \
        } \
        for (size_t k = 0; j < last; j++, k++) { step(j, k) } \
        total += NAME(total)(sums); \
    } \
    return total;

#define PLAIN(j, k) { REAL x = w[j] - rate * g[j], d = x - start[j]; w[j] = x; sums[k] += d * d; }
#define HEAVY(j, k) { REAL v = momentum * velocity[j] + g[j], x = w[j] - rate * v, d = x - start[j]; velocity[j] = v; w[j] = x; sums[k] += d * d; }
#define ADAM(j, k) { \
    REAL m = beta1 * first_moment[j] + (1 - beta1) * g[j], s = beta2 * second_moment[j] + (1 - beta2) * g[j] * g[j]; \
    REAL x = w[j] - rate * m / (SQRT(s) + epsilon), d = x - start[j]; \
    first_moment[j] = m; second_moment[j] = s; w[j] = x; sums[k] += d * d; }

MULTIVERSIONED
double NAME(tangent_descend)(REAL *restrict w, const REAL *restrict g, REAL *restrict velocity, const REAL *restrict start,
                             REAL rate, REAL momentum, size_t count) {
    if (velocity) { DESCEND(HEAVY) } else { DESCEND(PLAIN) }
}

MULTIVERSIONED
double NAME(tangent_descend_adam)(REAL *restrict w, const REAL *restrict g, REAL *restrict first_moment,
                                  REAL *restrict second_moment, const REAL *restrict start, REAL rate, REAL beta1, REAL beta2,
                                  REAL epsilon, size_t count) {
    DESCEND(ADAM)
}

#undef DESCEND
#undef PLAIN
#undef HEAVY
#undef ADAM

MULTIVERSIONED
void NAME(tangent_few_forward)(const REAL *x, const REAL *w, REAL scale, size_t rows, size_t inputs, size_t outputs, REAL *z) {
    for (size_t j = 0; j < rows * outputs; j++) z[j] = 0;
    size_t i = 0;
    // Four rows of w at a time, so that z is loaded and stored a quarter as often.
    for (; i + 4 <= inputs; i += 4) {
        const REAL *w0 = w + i * outputs, *w1 = w0 + outputs, *w2 = w1 + outputs, *w3 = w2 + outputs;
        for (size_t first = 0; first < outputs; first += BLOCK / 4) {
            size_t last = first + BLOCK / 4 < outputs ? first + BLOCK / 4 : outputs;
            for (size_t r = 0; r < rows; r++) {
                const REAL *c = x + r * inputs + i;
                REAL c0 = scale * c[0], c1 = scale * c[1], c2 = scale * c[2], c3 = scale * c[3];
                REAL *restrict out = z + r * outputs;
                for (size_t j = first; j < last; j++) out[j] += (c0 * w0[j] + c1 * w1[j]) + (c2 * w2[j] + c3 * w3[j]);
            }
        }
    }
    for (; i < inputs; i++) {
        for (size_t r = 0; r < rows; r++) {
            REAL c = scale * x[r * inputs + i];
            REAL *restrict out = z + r * outputs;
            for (size_t j = 0; j < outputs; j++) out[j] += c * w[i * outputs + j];
        }
    }
}

INLINED REAL NAME(dot)(const REAL *u, const REAL *v, size_t count) {
    REAL sums[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= count; j += LANES) {
        for (size_t k = 0; k < LANES; k++) sums[k] += u[j + k] * v[j + k];
    }
    for (size_t k = 0; j < count; j++, k++) sums[k] += u[j] * v[j];
    return NAME(total)(sums);
}

// w -= c_0 d_0 + c_1 d_1 (second row NULL: the first alone); the sum of (w - start)^2 if it is asked for.
INLINED double NAME(descend_row)(REAL *restrict w, const REAL *restrict start, const REAL *d0, REAL c0, const REAL *d1, REAL c1,
                                 bool counts, size_t count) {
    double total = 0;
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t last = first + BLOCK < count ? first + BLOCK : count, j = first;
        REAL sums[LANES] = {0};
        for (; j + LANES <= last; j += LANES) {
            for (size_t k = 0; k < LANES; k++) {
                REAL value = w[j + k] - (c0 * d0[j + k] + (d1 ? c1 * d1[j + k] : 0)), gone = value - start[j + k];
                w[j + k] = value;
                sums[k] += gone * gone;
            }
        }
        for (size_t k = 0; j < last; j++, k++) {
            REAL value = w[j] - (c0 * d0[j] + (d1 ? c1 * d1[j] : 0)), gone = value - start[j];
            w[j] = value;
            sums[k] += gone * gone;
        }
        total += counts ? NAME(total)(sums) : 0;
    }
    return total;
}

MULTIVERSIONED
double NAME(tangent_few_descend)(const REAL *x, const REAL *delta, REAL *w, const REAL *start, REAL scale, REAL rate, size_t rows,
                                 size_t inputs, size_t outputs, REAL *x_delta, bool adds) {
    double total = 0;
    for (size_t i = 0; i < inputs; i++) {
        REAL *row = w + i * outputs;
        if (x_delta) {
            for (size_t r = 0; r < rows; r++) {
                REAL sum = scale * NAME(dot)(row, delta + r * outputs, outputs);
                x_delta[r * inputs + i] = sum + (adds ? x_delta[r * inputs + i] : 0);
            }
        }
        const REAL *origin = start + i * outputs;
        for (size_t r = 0; r < rows; r += 2) {
            REAL c0 = rate * scale * x[r * inputs + i];
            const REAL *d0 = delta + r * outputs;
            bool last = r + 2 >= rows;
            if (r + 1 < rows) {
                REAL c1 = rate * scale * x[(r + 1) * inputs + i];
                total += NAME(descend_row)(row, origin, d0, c0, d0 + outputs, c1, last, outputs);
            } else {
                total += NAME(descend_row)(row, origin, d0, c0, NULL, 0, last, outputs);
            }
        }
    }
    return total;
}
