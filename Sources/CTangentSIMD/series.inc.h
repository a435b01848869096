// Any phi by its Hermite coefficients, phi(s x) = s' sum_k a_k h_k(x) with h_k orthonormal and sum a_k^2 = 1 (Mehler):
//   cos theta' = sum_k a_ik a_jk rho^k,   kappa-dot s_i s_j/(s'_i s'_j) = sum_k k a_ik a_jk rho^{k-1}.
// With r = |rho| = 1 - 2w and, for w_k = a_ik a_jk, the gaps 1 - r^k = 2w (1 + ... + r^{k-1}):
//   near side: v' = |a_i - a_j|^2/4 + sum w_k (1 - r^k)/2
//   far side: the same for 1 - v' with the even a_jk negated.
// Both are sums of terms that vanish with the pair's own, by Horner over the sums of w_k from the top.
// Constants: the number of coefficients. Coefficients: a_0, a_1, ...

enum { NAME(series_block) = 32 };

MULTIVERSIONED
void NAME(tangent_series)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                          REAL *restrict fold, REAL *restrict tangent) {
    const int terms = (int)constants[0];
    enum { block = NAME(series_block) };
    for (size_t start = 0; start < count; start += block) {
        const size_t here = count - start < block ? count - start : block;
        // sign: of rho, for even terms' squares; above: the sum of w_k beyond; gap: the Horner sum; slope: kappa-dot.
        REAL r[block], sign[block], above[block], gap[block], slope[block], distance[block];
        for (size_t j = 0; j < block; j++) {
            REAL value = j < here ? fold[start + j] : 0;
            r[j] = 1 - 2 * FABS(value);
            sign[j] = NAME(is_far)(value) ? -1 : 1;
            above[j] = gap[j] = slope[j] = distance[j] = 0;
        }
        for (int k = terms - 1; k >= 0; k--) {
            const REAL a = row[k], *b = columns + (size_t)k * stride + start;
            const REAL degree = (REAL)k;
            const bool even = k % 2 == 0;
            // A negative side flips the odd terms; for the far end it is the even ones that differ.
            for (size_t j = 0; j < here; j++) {
                REAL turned = even ? sign[j] * b[j] : b[j];
                REAL difference = a - turned, w = a * turned;
                distance[j] += difference * difference;
                gap[j] = gap[j] * r[j] + above[j];
                above[j] += w;
                // k w rho^{k-1}: for rho < 0 an odd k keeps its sign, an even one loses it, as `turned` has it.
                slope[j] = k > 0 ? slope[j] * r[j] + degree * w : slope[j];
            }
        }
        for (size_t j = 0; j < here; j++) {
            REAL end = distance[j] / 4 + (1 - r[j]) * gap[j] / 2;
            bool far = sign[j] < 0;
            if (tangent) tangent[start + j] *= slope[j];
            fold[start + j] = far ? NAME(folded)(1 - end, end) : NAME(folded)(end, 1 - end);
        }
    }
}
