// A row as its direction and its size, whatever the scale: the row is brought near 1 by a power of two (exact) before
// anything is squared.

INLINED REAL NAME(largest_size)(const REAL *x, size_t count) {
    REAL largest[16] = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        for (size_t k = 0; k < 16; k++) {
            REAL size = FABS(x[i + k]);
            largest[k] = size > largest[k] ? size : largest[k];
        }
    }
    for (; i < count; i++) largest[0] = FABS(x[i]) > largest[0] ? FABS(x[i]) : largest[0];
    for (size_t k = 1; k < 16; k++) largest[0] = largest[k] > largest[0] ? largest[k] : largest[0];
    return largest[0];
}

MULTIVERSIONED
size_t NAME(tangent_normalise)(const REAL *x, size_t count, REAL *restrict unit, double *deviation) {
    // x - x is 0 for every finite x and NaN for the rest.
    for (size_t i = 0; i < count; i++) unit[i] = x[i] - x[i];
    for (size_t i = 0; i < count; i++) {
        if (unit[i] != 0) return i;
    }
    REAL largest = NAME(largest_size)(x, count);
    *deviation = 0;
    if (largest == 0) return count;
    int exponent;
    (void)frexp((double)largest, &exponent);
    double sums[16] = {0}, total = 0;
    // Two factors: 2^-exponent alone may overflow where the row is subnormal.
    const double half = ldexp(1, -(exponent / 2)), rest = ldexp(1, -(exponent - exponent / 2));
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        for (size_t k = 0; k < 16; k++) {
            double scaled = (double)x[i + k] * half * rest;
            sums[k] += scaled * scaled;
        }
    }
    for (; i < count; i++) {
        double scaled = (double)x[i] * half * rest;
        total += scaled * scaled;
    }
    for (size_t k = 0; k < 16; k++) total += sums[k];
    const double norm = __builtin_sqrt(total);
    for (size_t k = 0; k < count; k++) unit[k] = (REAL)((double)x[k] * half * rest / norm);
    *deviation = ldexp(norm / __builtin_sqrt((double)count), exponent);
    return count;
}
