// The products with packed rows in one precision at one level.
//
// A tile holds the sums of VECTORS vectors of rows for COLUMNS columns in registers. The depth goes in blocks whose part of a panel
// (BLOCK_BYTES) stays in the first-level cache, beside the next one, while the tiles of all columns pass over it, with their sums
// laid down in between; so the order of summation is that of the depth, whatever the rest of the matrix.
typedef REAL NAME(lanes) __attribute__((vector_size(VECTOR_BYTES)));
typedef REAL NAME(quad) __attribute__((vector_size(4 * sizeof(REAL))));
typedef REAL NAME(loose_quad) __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL))));

enum {
    NAME(width) = VECTOR_BYTES / sizeof(REAL),
    NAME(panel_rows) = NAME(width) * VECTORS,
    NAME(block_elements) = BLOCK_BYTES / sizeof(REAL),
    NAME(block_depth) = NAME(block_elements) / NAME(panel_rows),
    // Columns whose sums are held at once, a multiple of every group's: 8 to 24 KB.
    NAME(strip_columns) = 120,
    NAME(line) = 64 / sizeof(REAL),
};

TARGET static void NAME(pack_rows)(const REAL *x, size_t rows, size_t depth, size_t row_stride, size_t depth_stride, REAL *panels) {
    for (size_t first = 0; first < rows; first += NAME(panel_rows)) {
        REAL *panel = panels + first * depth;
        for (size_t k = 0; k < depth; k++) {
            for (size_t r = 0; r < NAME(panel_rows); r++) {
                panel[k * NAME(panel_rows) + r] = first + r < rows ? x[(first + r) * row_stride + k * depth_stride] : 0;
            }
        }
    }
}

TARGET static void NAME(pack_columns)(const REAL *small, size_t first, size_t last, size_t depth, size_t columns, REAL *groups) {
    // Sixteen rows at a time, whose cache lines serve several groups.
    for (size_t start = first; start < last; start += 16) {
        size_t end = start + 16 < last ? start + 16 : last;
        for (size_t c = 0; c < columns; c += COLUMNS) {
            REAL *group = groups + c * depth;
            if (c + COLUMNS <= columns) {
                for (size_t k = start; k < end; k++) memcpy(group + k * COLUMNS, small + k * columns + c, COLUMNS * sizeof(REAL));
            } else {
                for (size_t k = start; k < end; k++) {
                    for (size_t j = 0; j < COLUMNS; j++) group[k * COLUMNS + j] = c + j < columns ? small[k * columns + c + j] : 0;
                }
            }
        }
    }
}

// sums[c][r] = (begins ? 0 : sums[c][r]) + sum over k of group[k][c] panel[k][r].
TARGET INLINED void NAME(tile)(const REAL *panel, const REAL *group, size_t depth, REAL *sums, bool begins) {
    NAME(lanes) total[COLUMNS][VECTORS];
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t v = 0; v < VECTORS; v++) {
            total[c][v] = begins ? (NAME(lanes)){0} : *(const NAME(lanes) *)(sums + c * NAME(panel_rows) + v * NAME(width));
        }
    }
    // Several terms a turn: a core that another thread has half of has no room for counting beside the products.
    _Pragma("clang loop unroll_count(4)")
    for (size_t k = 0; k < depth; k++) {
        NAME(lanes) row[VECTORS];
        for (size_t v = 0; v < VECTORS; v++) row[v] = *(const NAME(lanes) *)(panel + k * NAME(panel_rows) + v * NAME(width));
        for (size_t c = 0; c < COLUMNS; c++) {
            REAL factor = group[k * COLUMNS + c];
            for (size_t v = 0; v < VECTORS; v++) total[c][v] += row[v] * factor;
        }
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t v = 0; v < VECTORS; v++) *(NAME(lanes) *)(sums + c * NAME(panel_rows) + v * NAME(width)) = total[c][v];
    }
}

// out[r][c] = scale sums[c][r], four by four; the rows of out are `stride` apart.
TARGET INLINED void NAME(write_out)(const REAL *sums, size_t rows, size_t columns, REAL scale, REAL *out, size_t stride) {
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        size_t c = 0;
        for (; c + 4 <= columns; c += 4) {
            const REAL *from = sums + c * NAME(panel_rows) + r;
            NAME(quad) a = scale * *(const NAME(quad) *)from, b = scale * *(const NAME(quad) *)(from + NAME(panel_rows));
            NAME(quad) d = scale * *(const NAME(quad) *)(from + 2 * NAME(panel_rows));
            NAME(quad) e = scale * *(const NAME(quad) *)(from + 3 * NAME(panel_rows));
            NAME(quad) low_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), high_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            NAME(quad) low_de = __builtin_shufflevector(d, e, 0, 4, 1, 5), high_de = __builtin_shufflevector(d, e, 2, 6, 3, 7);
            REAL *to = out + r * stride + c;
            *(NAME(loose_quad) *)to = __builtin_shufflevector(low_ab, low_de, 0, 1, 4, 5);
            *(NAME(loose_quad) *)(to + stride) = __builtin_shufflevector(low_ab, low_de, 2, 3, 6, 7);
            *(NAME(loose_quad) *)(to + 2 * stride) = __builtin_shufflevector(high_ab, high_de, 0, 1, 4, 5);
            *(NAME(loose_quad) *)(to + 3 * stride) = __builtin_shufflevector(high_ab, high_de, 2, 3, 6, 7);
        }
        for (; c < columns; c++) {
            for (size_t i = r; i < r + 4; i++) out[i * stride + c] = scale * sums[c * NAME(panel_rows) + i];
        }
    }
    for (; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) out[r * stride + c] = scale * sums[c * NAME(panel_rows) + r];
    }
}

TARGET static void NAME(product)(const REAL *panels, size_t first, size_t last, size_t rows, size_t depth, const REAL *groups,
                                 size_t columns, REAL scale, REAL *out) {
    _Alignas(64) REAL sums[(NAME(strip_columns) + COLUMNS) * NAME(panel_rows)];
    for (size_t p = first; p < last; p++) {
        const REAL *panel = panels + p * NAME(panel_rows) * depth;
        size_t start = p * NAME(panel_rows), here = rows - start < NAME(panel_rows) ? rows - start : NAME(panel_rows);
        for (size_t begin = 0; begin < columns; begin += NAME(strip_columns)) {
            size_t end = begin + NAME(strip_columns) < columns ? begin + NAME(strip_columns) : columns;
            for (size_t k = 0; k < depth; k += NAME(block_depth)) {
                size_t length = depth - k < NAME(block_depth) ? depth - k : NAME(block_depth);
                const REAL *block = panel + k * NAME(panel_rows), *ahead = block + length * NAME(panel_rows);
                // The next block comes from a farther cache: each tile asks for its share of it.
                size_t share = NAME(block_elements) / ((end - begin + COLUMNS - 1) / COLUMNS) + 1;
                for (size_t c = begin; c < end; c += COLUMNS) {
                    for (size_t i = 0; i < share; i += NAME(line)) __builtin_prefetch(ahead + i);
                    ahead += share;
                    REAL *to = sums + (c - begin) * NAME(panel_rows);
                    const REAL *group = groups + c * depth + k * COLUMNS;
                    if (k == 0) NAME(tile)(block, group, length, to, true);
                    else NAME(tile)(block, group, length, to, false);
                }
            }
            NAME(write_out)(sums, here, end - begin, scale, out + start * columns + begin, columns);
        }
    }
}

static const OF_PRECISION(instance) NAME(instance) = {NAME(panel_rows), COLUMNS, NAME(pack_rows), NAME(pack_columns), NAME(product)};
