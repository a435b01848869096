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

typedef REAL NAME(octet) __attribute__((vector_size(8 * sizeof(REAL))));

INLINED void NAME(transpose_few)(const REAL *source, size_t source_stride, size_t rows, size_t columns, REAL *target,
                                 size_t target_stride) {
    for (size_t b = 0; b < columns; b++) {
        for (size_t a = 0; a < rows; a++) target[b * target_stride + a] = source[a * source_stride + b];
    }
}

// 8 x 8 by three rounds of exchanges between two rows, at distances 4, 2 and 1.
INLINED void NAME(transpose_octets)(const REAL *source, size_t source_stride, REAL *target, size_t target_stride) {
    NAME(octet) a[8], b[8];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i++) memcpy(&a[i], source + i * source_stride, sizeof a[i]);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
        b[i] = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        b[i + 4] = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 4; k++) {
        size_t i = k / 2 * 4 + k % 2;
        a[i] = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        a[i + 2] = __builtin_shufflevector(b[i], b[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 2) {
        b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i++) memcpy(target + i * target_stride, &b[i], sizeof b[i]);
}

// Past the cache: whole vectors to whole lines, what comes before and after them as usual.
INLINED void NAME(stream)(const REAL *from, size_t count, REAL *to) {
    const size_t misplaced = (uintptr_t)to / sizeof(REAL) % 8, lead = misplaced ? 8 - misplaced : 0;
    const size_t head = lead < count ? lead : count;
    size_t i = 0;
    for (; i < head; i++) to[i] = from[i];
    for (; i + 8 <= count; i += 8) {
        NAME(octet) values;
        memcpy(&values, from + i, sizeof values);
        __builtin_nontemporal_store(values, (NAME(octet) *)(to + i));
    }
    for (; i < count; i++) to[i] = from[i];
}

// Where the target is larger than a cache its lines are written without being read first, which is half of the traffic.
INLINED void NAME(write_run)(const REAL *from, size_t count, REAL *to, bool streams) {
    if (streams)
        NAME(stream)(from, count, to);
    else
        memcpy(to, from, count * sizeof(REAL));
}

// Streamed stores are ordered by nothing else.
INLINED void NAME(end_of_stream)(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

MULTIVERSIONED
void NAME(tangent_place)(const REAL *source, size_t source_stride, size_t rows, size_t columns, REAL *restrict target,
                         size_t target_stride) {
    const bool streams = target_stride * target_stride * sizeof(REAL) >= (size_t)4 << 20;
    for (size_t i = 0; i < rows; i++) {
        NAME(write_run)(source + i * source_stride, columns, target + i * target_stride, streams);
    }
    NAME(end_of_stream)();
}

// Eight columns at a time through a buffer, from which each goes to its row of the target in one run.
MULTIVERSIONED
void NAME(tangent_transpose)(const REAL *source, size_t source_stride, size_t rows, size_t columns,
                             REAL *restrict target, size_t target_stride) {
    enum { run = 256 };
    REAL buffer[8 * run] __attribute__((aligned(64)));
    const bool streams = target_stride * target_stride * sizeof(REAL) >= (size_t)4 << 20;
    for (size_t top = 0; top < rows; top += run) {
        const size_t rows_here = rows - top < run ? rows - top : run;
        for (size_t j = 0; j < columns; j += 8) {
            const size_t columns_here = columns - j < 8 ? columns - j : 8;
            for (size_t i = 0; i < rows_here; i += 8) {
                const REAL *from = source + (top + i) * source_stride + j;
                const size_t here = rows_here - i < 8 ? rows_here - i : 8;
                if (columns_here == 8 && here == 8)
                    NAME(transpose_octets)(from, source_stride, buffer + i, run);
                else
                    NAME(transpose_few)(from, source_stride, here, columns_here, buffer + i, run);
            }
            for (size_t b = 0; b < columns_here; b++) {
                NAME(write_run)(buffer + b * run, rows_here, target + (j + b) * target_stride + top, streams);
            }
        }
    }
    NAME(end_of_stream)();
}

MULTIVERSIONED
void NAME(tangent_mirror)(REAL *block, size_t stride, size_t count) {
    enum { run = 256 };
    REAL buffer[8 * run] __attribute__((aligned(64)));
    for (size_t j = 0; j < count; j += 8) {
        const size_t here = count - j < 8 ? count - j : 8;
        // What stands above these columns' own square, then the square itself.
        for (size_t top = 0; top < j; top += run) {
            const size_t rows = j - top < run ? j - top : run;
            for (size_t i = 0; i < rows; i += 8) {
                const REAL *from = block + (top + i) * stride + j;
                if (here == 8)
                    NAME(transpose_octets)(from, stride, buffer + i, run);
                else
                    NAME(transpose_few)(from, stride, 8, here, buffer + i, run);
            }
            for (size_t b = 0; b < here; b++) memcpy(block + (j + b) * stride + top, buffer + b * run, rows * sizeof(REAL));
        }
        for (size_t a = j; a < j + here; a++) {
            for (size_t b = a + 1; b < j + here; b++) block[b * stride + a] = block[a * stride + b];
        }
    }
}
