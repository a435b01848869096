// phi(x) = max(x, 0)^d, d >= 2, homogeneous. With rho = cos theta, J_d = A_d (pi - theta) + B_d sin theta,
//   cos theta' = J_d/(pi A_d(1)),   kappa-dot s_i s_j/(s'_i s'_j) = d^2 J_{d-1}/(pi A_d(1)).
// With A_d(1) - A_d(rho) = (1 - rho) D_d(rho), v' = [(1 - rho) pi D_d + A_d theta - B_d sin theta]/(2 pi A_d(1)).
// Constants: d, then of the polynomials divided by pi A_d(1), each with d + 1 coefficients from the lowest: D_d, A_d, B_d,
// d^2 A_{d-1}, d^2 B_{d-1}.

enum { NAME(rectified_block) = 32 };

MULTIVERSIONED
void NAME(tangent_rectified_monomial)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride,
                                      size_t count, REAL *restrict fold, REAL *restrict tangent) {
    (void)row, (void)columns, (void)stride;
    const REAL pi = (REAL)3.14159265358979323846264338327950288;
    const int degree = (int)constants[0];
    enum { block = NAME(rectified_block) };
    const REAL *polynomials = constants + 1;
    for (size_t start = 0; start < count; start += block) {
        const size_t here = count - start < block ? count - start : block;
        REAL rho[block], theta[block], sine[block], small[block], sums[5][block];
        for (size_t j = 0; j < block; j++) {
            REAL value = j < here ? fold[start + j] : 0, w = FABS(value), root = SQRT(w);
            REAL arc = 2 * root * NAME(arc_ratio)(w);
            bool far = NAME(is_far)(value);
            rho[j] = COPYSIGN(1 - 2 * w, value);
            theta[j] = far ? pi - arc : arc;
            small[j] = far ? arc : pi - arc;
            sine[j] = 2 * root * SQRT(1 - w);
            for (int i = 0; i < 5; i++) sums[i][j] = 0;
        }
        for (int i = 0; i < 5; i++) {
            for (int k = degree; k >= 0; k--) {
                const REAL c = polynomials[i * (degree + 1) + k];
                for (size_t j = 0; j < block; j++) sums[i][j] = sums[i][j] * rho[j] + c;
            }
        }
        for (size_t j = 0; j < here; j++) {
            NAME(chord) v = NAME(unfold)(fold[start + j]);
            REAL near = v.near * pi * sums[0][j] + (sums[1][j] * theta[j] - sums[2][j] * sine[j]) / 2;
            if (tangent) tangent[start + j] *= sums[3][j] * small[j] + sums[4][j] * sine[j];
            // A rectified function is nowhere negative, so the images are never more than a right angle apart.
            near = near > 0 ? near : 0;
            fold[start + j] = near < (REAL)0.5 ? near : (REAL)0.5;
        }
    }
}

// phi(x) = 1 for x >= 0, else 0: v' = theta/(2 pi). A row of zero variance is the constant 1, which meets any other row at
// cosine 1/sqrt(2) and its like at 1. Coefficient: 1, or 0 for a row of zero variance.
MULTIVERSIONED
void NAME(tangent_heaviside)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                        REAL *restrict fold, REAL *restrict tangent) {
    (void)constants, (void)stride;
    const REAL pi = (REAL)3.14159265358979323846264338327950288;
    // (1 - 1/sqrt(2))/2
    const REAL half_right = (REAL)0.146446609406726237799577818947575481;
    for (size_t j = 0; j < count; j++) {
        REAL w = FABS(fold[j]), arc = 2 * SQRT(w) * NAME(arc_ratio)(w);
        REAL angle = NAME(is_far)(fold[j]) ? pi - arc : arc;
        REAL varied = row[0] * columns[j], constant = (1 - row[0]) * (1 - columns[j]);
        REAL near = angle / (2 * pi);
        near = near < (REAL)0.5 ? near : (REAL)0.5;
        fold[j] = varied > 0 ? near : constant > 0 ? 0 : half_right;
        if (tangent) tangent[j] = 0;
    }
}
