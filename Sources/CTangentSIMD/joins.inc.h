// What parallel branches have in common is put together again. The branches are independent.

// Sum (and, with the branches' widths in the shares, concat): z' = sum of the z_b, so with the shares alpha_b = s_b/s'
//   v'     = sum alpha_bi alpha_bj v_b       + sum (alpha_bi - alpha_bj)^2/4,   1 - v' likewise,   T' = sum alpha_bi alpha_bj T_b.
// One branch: near and far and tangent_sum begin at 0 and gain its part.
MULTIVERSIONED
void NAME(tangent_join_term)(REAL share, const REAL *shares, size_t count, const REAL *fold, const REAL *tangent,
                             REAL *restrict near, REAL *restrict far, REAL *restrict tangent_sum) {
    for (size_t j = 0; j < count; j++) {
        REAL product = share * shares[j], difference = share - shares[j], square = difference * difference / 4;
        NAME(chord) v = NAME(unfold)(fold[j]);
        near[j] += product * v.near + square;
        far[j] += product * v.far + square;
        if (tangent) tangent_sum[j] += product * tangent[j];
    }
}

MULTIVERSIONED
void NAME(tangent_join_end)(const REAL *near, const REAL *far, size_t count, REAL *restrict fold) {
    for (size_t j = 0; j < count; j++) fold[j] = NAME(folded)(near[j], far[j]);
}

// Product: cos theta' = cos theta cos theta_b, T' = T cos theta_b + T_b cos theta.
MULTIVERSIONED
void NAME(tangent_join_product)(const REAL *fold_b, const REAL *tangent_b, size_t count, REAL *restrict fold,
                                REAL *restrict tangent) {
    for (size_t j = 0; j < count; j++) {
        NAME(chord) v = NAME(unfold)(fold[j]), b = NAME(unfold)(fold_b[j]);
        fold[j] = NAME(folded)(v.near * b.far + v.far * b.near, v.near * b.near + v.far * b.far);
        if (tangent_b) tangent[j] = tangent[j] * (b.far - b.near) + tangent_b[j] * (v.far - v.near);
    }
}

// Dropout: between different examples the variances grow and the covariance does not, cos theta' = keep cos theta and
// T' = keep T. Constant: keep.
MULTIVERSIONED
void NAME(tangent_dropout)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                           REAL *restrict fold, REAL *restrict tangent) {
    (void)row, (void)columns, (void)stride;
    const REAL keep = constants[0], lost = (1 - keep) / 2;
    for (size_t j = 0; j < count; j++) {
        NAME(chord) v = NAME(unfold)(fold[j]);
        fold[j] = NAME(folded)(lost + keep * v.near, lost + keep * v.far);
        if (tangent) tangent[j] *= keep;
    }
}
