// z' = W/sqrt(fan_in) z + b: the normalised vector u becomes (alpha u, beta), alpha^2 + beta^2 = 1, so
//   v'     = alpha_i alpha_j v       + ((alpha_i - alpha_j)^2 + (beta_i - beta_j)^2)/4
//   1 - v' = alpha_i alpha_j (1 - v) + ((alpha_i - alpha_j)^2 + (beta_i + beta_j)^2)/4
// and the NTK, over s'_i s'_j, gains the layer's own term.

INLINED NAME(chord) NAME(dense_chord)(REAL alpha, REAL beta, REAL alpha_j, REAL beta_j, NAME(chord) v) {
    REAL product = alpha * alpha_j, difference = alpha - alpha_j;
    REAL below = beta - beta_j, above = beta + beta_j, square = difference * difference;
    return (NAME(chord)){product * v.near + (square + below * below) / 4,
                         product * v.far + (square + above * above) / 4};
}

// T' = cos theta' + alpha_i alpha_j T (NTK parameterisation: the layer's own term is the new kernel).
MULTIVERSIONED
void NAME(tangent_dense_ntk)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                             REAL *restrict fold, REAL *restrict tangent) {
    (void)constants;
    const REAL alpha = row[0], beta = row[1], *alphas = columns, *betas = columns + stride;
    if (!tangent) {
        for (size_t j = 0; j < count; j++) {
            NAME(chord) v = NAME(dense_chord)(alpha, beta, alphas[j], betas[j], NAME(unfold)(fold[j]));
            fold[j] = NAME(folded)(v.near, v.far);
        }
        return;
    }
    for (size_t j = 0; j < count; j++) {
        NAME(chord) v = NAME(dense_chord)(alpha, beta, alphas[j], betas[j], NAME(unfold)(fold[j]));
        fold[j] = NAME(folded)(v.near, v.far);
        tangent[j] = (v.far - v.near) + alpha * alphas[j] * tangent[j];
    }
}

// T' = fan_in s_i s_j/(s'_i s'_j) cos theta + [b > 0]/(s'_i s'_j) + alpha_i alpha_j T (standard parameterisation).
MULTIVERSIONED
void NAME(tangent_dense_standard)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride,
                                  size_t count, REAL *restrict fold, REAL *restrict tangent) {
    (void)constants;
    const REAL alpha = row[0], beta = row[1], weight = row[2], bias = row[3];
    const REAL *alphas = columns, *betas = columns + stride, *weights = betas + stride, *biases = weights + stride;
    for (size_t j = 0; j < count; j++) {
        NAME(chord) before = NAME(unfold)(fold[j]);
        NAME(chord) v = NAME(dense_chord)(alpha, beta, alphas[j], betas[j], before);
        fold[j] = NAME(folded)(v.near, v.far);
        if (tangent) {
            tangent[j] = weight * weights[j] * (before.far - before.near) + bias * biases[j]
                       + alpha * alphas[j] * tangent[j];
        }
    }
}

// T' = alpha_i alpha_j T: a frozen layer has no term of its own.
MULTIVERSIONED
void NAME(tangent_dense_frozen)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                                REAL *restrict fold, REAL *restrict tangent) {
    (void)constants;
    const REAL alpha = row[0], beta = row[1], *alphas = columns, *betas = columns + stride;
    for (size_t j = 0; j < count; j++) {
        NAME(chord) v = NAME(dense_chord)(alpha, beta, alphas[j], betas[j], NAME(unfold)(fold[j]));
        fold[j] = NAME(folded)(v.near, v.far);
        if (tangent) tangent[j] *= alpha * alphas[j];
    }
}
