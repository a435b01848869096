// Into and out of a strip: the Gram row at the start, the kernel and its geometry at the end.

MULTIVERSIONED
REAL NAME(tangent_fold_cosines)(const REAL *cosines, size_t count, REAL *restrict fold) {
    // Sixteen running minima let the compiler keep them in vectors without reassociating anything.
    REAL smallest[16];
    for (size_t k = 0; k < 16; k++) smallest[k] = 1;
    size_t j = 0;
    for (; j + 16 <= count; j += 16) {
        for (size_t k = 0; k < 16; k++) {
            REAL near = (1 - cosines[j + k]) / 2, far = (1 + cosines[j + k]) / 2;
            REAL small = near <= far ? near : far;
            fold[j + k] = NAME(folded)(near, far);
            smallest[k] = small < smallest[k] ? small : smallest[k];
        }
    }
    for (; j < count; j++) {
        fold[j] = NAME(folded)((1 - cosines[j]) / 2, (1 + cosines[j]) / 2);
        smallest[0] = FABS(fold[j]) < smallest[0] ? FABS(fold[j]) : smallest[0];
    }
    for (size_t k = 1; k < 16; k++) smallest[0] = smallest[k] < smallest[0] ? smallest[k] : smallest[0];
    return smallest[0];
}

INLINED REAL NAME(squared_norm_of_sum)(const REAL *u, const REAL *v, REAL sign, size_t count) {
    REAL sums[32] = {0}, total = 0;
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        for (size_t k = 0; k < 32; k++) {
            REAL d = u[i + k] + sign * v[i + k];
            sums[k] += d * d;
        }
    }
    for (; i < count; i++) {
        REAL d = u[i] + sign * v[i];
        total += d * d;
    }
    for (size_t k = 0; k < 32; k++) total += sums[k];
    return total;
}

MULTIVERSIONED
REAL NAME(tangent_near_chord)(const REAL *u, const REAL *v, size_t count) {
    return NAME(squared_norm_of_sum)(u, v, -1, count) / 4;
}

MULTIVERSIONED
REAL NAME(tangent_far_chord)(const REAL *u, const REAL *v, size_t count) {
    return NAME(squared_norm_of_sum)(u, v, 1, count) / 4;
}

MULTIVERSIONED
void NAME(tangent_covariance)(REAL row, const REAL *columns, size_t count, const REAL *fold, REAL *restrict out) {
    for (size_t j = 0; j < count; j++) {
        // cos theta = 1 - 2 v near, -(1 - 2 (1 - v)) far.
        out[j] = row * columns[j] * COPYSIGN(1 - 2 * FABS(fold[j]), fold[j]);
    }
}

MULTIVERSIONED
void NAME(tangent_scaled)(REAL row, const REAL *columns, size_t count, const REAL *tangent, REAL *restrict out) {
    for (size_t j = 0; j < count; j++) out[j] = row * columns[j] * tangent[j];
}

MULTIVERSIONED
void NAME(tangent_cosine)(REAL row, const REAL *columns, size_t count, const REAL *fold, REAL *restrict out) {
    for (size_t j = 0; j < count; j++) {
        REAL cosine = COPYSIGN(1 - 2 * FABS(fold[j]), fold[j]);
        out[j] = ((row > 0) & (columns[j] > 0)) ? cosine : 0;
    }
}

MULTIVERSIONED
void NAME(tangent_angle)(REAL row, const REAL *columns, size_t count, const REAL *fold, REAL *restrict out) {
    const REAL pi = (REAL)3.14159265358979323846264338327950288;
    for (size_t j = 0; j < count; j++) {
        REAL w = FABS(fold[j]), arc = 2 * SQRT(w) * NAME(arc_ratio)(w);
        REAL angle = NAME(is_far)(fold[j]) ? pi - arc : arc;
        out[j] = ((row > 0) & (columns[j] > 0)) ? angle : pi / 2;
    }
}

MULTIVERSIONED
void NAME(tangent_distance)(REAL row, const REAL *columns, size_t count, const REAL *fold, REAL *restrict out) {
    for (size_t j = 0; j < count; j++) {
        REAL near = NAME(unfold)(fold[j]).near, stretch = row - columns[j];
        out[j] = SQRT(stretch * stretch + 4 * row * columns[j] * near);
    }
}

MULTIVERSIONED
void NAME(tangent_fold_scaled)(REAL row, const REAL *columns, size_t count, const REAL *tangent, REAL *restrict fold) {
    for (size_t j = 0; j < count; j++) {
        // Of equal diagonals the root of the product is the diagonal itself, so a row meets itself at exactly 0.
        REAL scale = row == columns[j] ? row : SQRT(row) * SQRT(columns[j]);
        REAL near = (scale - tangent[j]) / (2 * scale), far = (scale + tangent[j]) / (2 * scale);
        fold[j] = scale > 0 ? NAME(folded)(near, far) : (REAL)0.5;
    }
}

MULTIVERSIONED
void NAME(tangent_transpose)(const REAL *source, size_t source_stride, size_t rows, size_t columns,
                             REAL *restrict target, size_t target_stride) {
    // Blocks of sixteen: both sides stay within a few pages and cache lines at a time.
    enum { block = 16 };
    for (size_t i = 0; i < rows; i += block) {
        size_t rows_here = rows - i < block ? rows - i : block;
        for (size_t j = 0; j < columns; j += block) {
            size_t columns_here = columns - j < block ? columns - j : block;
            for (size_t b = 0; b < columns_here; b++) {
                for (size_t a = 0; a < rows_here; a++) {
                    target[(j + b) * target_stride + i + a] = source[(i + a) * source_stride + j + b];
                }
            }
        }
    }
}

void NAME(tangent_mirror)(REAL *block, size_t stride, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) block[j * stride + i] = block[i * stride + j];
    }
}
