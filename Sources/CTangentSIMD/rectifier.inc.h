// phi(x) = a min(x, 0) + b max(x, 0), k = (a - b)^2/(a^2 + b^2), g = sin theta - theta cos theta:
//   v' = v - k g/(2 pi),   T' = T (1 - k theta/pi).
// One square root and two polynomials in w = min(v, 1 - v) serve both sides: with t = 2 asin(sqrt(w)),
//   near (v = w):      theta = t,       g = g(w)
//   far  (v = 1 - w):  theta = pi - t,  g = g(w) + pi (1 - 2 w)

INLINED REAL NAME(rectified_fold)(REAL fold, REAL w, REAL k, REAL lune) {
    REAL near = w - lune;
    REAL opposite = w * (1 - k);
    REAL far = NAME(folded)((1 - k / 2) - opposite - lune, k / 2 + opposite + lune);
    return NAME(is_far)(fold) ? far : near;
}

MULTIVERSIONED
void NAME(tangent_rectifier)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                             REAL *restrict fold, REAL *restrict tangent) {
    (void)row, (void)columns, (void)stride;
    const REAL k = constants[0], k_over_2pi = constants[1], k_over_pi = constants[2];
    if (!tangent) {
        for (size_t j = 0; j < count; j++) {
            REAL w = FABS(fold[j]);
            REAL lune = k_over_2pi * (w * SQRT(w) * NAME(lune_ratio)(w));
            fold[j] = NAME(rectified_fold)(fold[j], w, k, lune);
        }
        return;
    }
    for (size_t j = 0; j < count; j++) {
        REAL w = FABS(fold[j]), root = SQRT(w);
        REAL lune = k_over_2pi * (w * root * NAME(lune_ratio)(w));
        REAL turn = k_over_pi * (2 * root * NAME(arc_ratio)(w));
        tangent[j] *= NAME(is_far)(fold[j]) ? (1 - k) + turn : 1 - turn;
        fold[j] = NAME(rectified_fold)(fold[j], w, k, lune);
    }
}
