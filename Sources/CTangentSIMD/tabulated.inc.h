// A nonlinearity that is integrated, from tables for the deviations that occur. With x in [-1, 1] for a row's deviation,
// w the smaller of v and 1 - v, and y = 2 sqrt(2 w) - 1:
//   near side: v' = |g_i - g_j|^2 + w G(x_i, x_j, y); far side: the same for 1 - v' with the even half of g_j negated and
//   tables of its own (an odd function has one for both); kappa-dot s_i s_j/(s'_i s'_j) = S(x_i, x_j, y).
// Both terms vanish with the pair's own. S and G are sums of products of Chebyshev polynomials; what belongs to row i is
// summed once a strip, which leaves a polynomial in x_j and y for each pair.
// Constants: n degrees in x, m in y, 1 if odd; S and G [m, n, n] of the near side, then of the far one.
// Coefficients: T_0(x) ... T_{n-1}(x), the even half of g, the odd half, n each.

#ifndef TABULATED_LIMITS
#define TABULATED_LIMITS
// The most degrees are those of TabulatedMap in Swift.
enum { tabulated_rows = 32, tabulated_angles = 64, tabulated_block = 16 };
#endif

INLINED void NAME(tabulated_row)(const REAL *table, const REAL *row, int n, int m, REAL *restrict out) {
    for (int c = 0; c < m; c++) {
        for (int b = 0; b < n; b++) out[c * n + b] = 0;
        for (int a = 0; a < n; a++) {
            for (int b = 0; b < n; b++) out[c * n + b] += row[a] * table[(c * n + a) * n + b];
        }
    }
}

// Clenshaw's recurrence in y, over polynomials in x_j.
INLINED void NAME(tabulated_sum)(const REAL *terms, int n, int m, const REAL (*x)[tabulated_block], const REAL *y,
                                 REAL *restrict out) {
    enum { block = tabulated_block };
    REAL next[block] = {0}, after[block] = {0};
    for (int c = m - 1; c >= 0; c--) {
        REAL inner[block] = {0};
        for (int b = 0; b < n; b++) {
            for (int j = 0; j < block; j++) inner[j] += terms[c * n + b] * x[b][j];
        }
        for (int j = 0; j < block; j++) {
            REAL value = inner[j] + (c > 0 ? 2 * y[j] : y[j]) * next[j] - after[j];
            after[j] = next[j];
            next[j] = value;
        }
    }
    for (int j = 0; j < block; j++) out[j] = next[j];
}

MULTIVERSIONED
void NAME(tangent_tabulated)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                             REAL *restrict fold, REAL *restrict tangent) {
    enum { block = tabulated_block };
    const int n = (int)constants[0], m = (int)constants[1], size = n * n * m;
    const bool odd = constants[2] != 0;
    const REAL *table = constants + 3;
    REAL slopes[2][tabulated_rows * tabulated_angles], means[2][tabulated_rows * tabulated_angles];
    for (int side = 0; side < (odd ? 1 : 2); side++) {
        if (tangent) NAME(tabulated_row)(table + 2 * side * size, row, n, m, slopes[side]);
        NAME(tabulated_row)(table + (2 * side + 1) * size, row, n, m, means[side]);
    }
    for (size_t start = 0; start < count; start += block) {
        const size_t here = count - start < block ? count - start : block;
        REAL w[block], y[block], sign[block], distance[block], mean[block], slope[block], x[tabulated_rows][block];
        bool any_near = odd, any_far = false;
        for (size_t j = 0; j < block; j++) {
            REAL value = j < here ? fold[start + j] : 0;
            bool far = NAME(is_far)(value);
            w[j] = FABS(value);
            y[j] = (REAL)2.82842712474619009760 * SQRT(w[j]) - 1;
            sign[j] = far ? -1 : 1;
            any_near |= !far && j < here;
            any_far |= far && !odd;
            distance[j] = mean[j] = slope[j] = 0;
        }
        for (int k = 0; k < n; k++) {
            const REAL *source = columns + (size_t)k * stride + start, *even = source + (size_t)n * stride;
            const REAL *uneven = even + (size_t)n * stride;
            const REAL own_even = row[n + k], own_uneven = row[2 * n + k];
            for (size_t j = here; j < block; j++) x[k][j] = 0;
            for (size_t j = 0; j < here; j++) {
                x[k][j] = source[j];
                REAL first = own_even - sign[j] * even[j], second = own_uneven - uneven[j];
                distance[j] += first * first + second * second;
            }
        }
        if (any_near) {
            NAME(tabulated_sum)(means[0], n, m, x, y, mean);
            if (tangent) NAME(tabulated_sum)(slopes[0], n, m, x, y, slope);
        }
        if (any_far) {
            REAL far_mean[block], far_slope[block] = {0};
            NAME(tabulated_sum)(means[1], n, m, x, y, far_mean);
            if (tangent) NAME(tabulated_sum)(slopes[1], n, m, x, y, far_slope);
            for (size_t j = 0; j < block; j++) {
                mean[j] = sign[j] < 0 ? far_mean[j] : mean[j];
                slope[j] = sign[j] < 0 ? far_slope[j] : slope[j];
            }
        }
        for (size_t j = 0; j < here; j++) {
            REAL end = distance[j] + w[j] * mean[j];
            if (tangent) tangent[start + j] *= slope[j];
            fold[start + j] = sign[j] < 0 ? NAME(folded)(1 - end, end) : NAME(folded)(end, 1 - end);
        }
    }
}
