// phi(x) = sign(x): cos theta' = 1 - 2 theta/pi, so v' = theta/pi, an odd map. No NTK passes.

MULTIVERSIONED
void NAME(tangent_sign)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                        REAL *restrict fold, REAL *restrict tangent) {
    (void)constants, (void)row, (void)columns, (void)stride;
    for (size_t j = 0; j < count; j++) {
        REAL w = FABS(fold[j]);
        REAL near = (REAL)0.636619772367581343075535053490057448 * SQRT(w) * NAME(arc_ratio)(w);
        fold[j] = COPYSIGN(near < (REAL)0.5 ? near : (REAL)0.5, fold[j]);
        if (tangent) tangent[j] = 0;
    }
}
