// The signed half chord and the angle it stands for; see include/CTangentSIMD.h for the encoding.

// A pair's v = sin^2(theta/2) and 1 - v, each with its full relative precision.
typedef struct {
    REAL near, far;
} NAME(chord);

INLINED bool NAME(is_far)(REAL fold) { return COPYSIGN((REAL)1, fold) < 0; }

INLINED NAME(chord) NAME(unfold)(REAL fold) {
    REAL small = FABS(fold), large = 1 - small;
    bool far = NAME(is_far)(fold);
    return (NAME(chord)){far ? large : small, far ? small : large};
}

INLINED REAL NAME(folded)(REAL near, REAL far) {
    // Rounding may take either end below zero by an ulp; a chord is never negative, and +0 must stay +0.
    near = near > 0 ? near : 0;
    far = far > 0 ? far : 0;
    return near <= far ? near : -far;
}

// A polynomial in w of the tables' degree as its even and odd parts, each by Horner's rule in w^2: two chains of half the
// length, because the latency of one long chain and not the arithmetic is what a vector would wait for.
INLINED REAL NAME(polynomial)(const REAL *coefficients, REAL w) {
    const int last_even = ARC_DEGREE & ~1, last_odd = (ARC_DEGREE - 1) | 1;
    REAL square = w * w, even = coefficients[last_even], odd = coefficients[last_odd];
#pragma clang loop unroll(full)
    for (int k = last_even - 2; k >= 0; k -= 2) even = even * square + coefficients[k];
#pragma clang loop unroll(full)
    for (int k = last_odd - 2; k >= 1; k -= 2) odd = odd * square + coefficients[k];
    return odd * w + even;
}

// asin(sqrt(w)) / sqrt(w), 0 <= w <= 1/2.
INLINED REAL NAME(arc_ratio)(REAL w) { return NAME(polynomial)(NAME(arc), w); }

// (sin theta - theta cos theta) / w^(3/2), the area of a lune in units of the chord, w = sin^2(theta/2) <= 1/2.
INLINED REAL NAME(lune_ratio)(REAL w) { return NAME(polynomial)(NAME(lune), w); }
