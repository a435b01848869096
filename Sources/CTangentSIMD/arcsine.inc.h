// Differences of arcsines, for the nonlinearities whose dual is an arcsine of x = r_i r_j cos theta, where row i has
// r_i = sin psi_i and q_i = cos psi_i (r grows from 0 to 1 with the variance). Everything is formed from v and from
// differences of rows, so that nothing cancels where the rows are near or the variances are large.
typedef struct {
    REAL step;    // r_i - r_j
    REAL x;       // r_i r_j cos theta
    REAL excess;  // 1 - r_i r_j
    REAL root;    // sqrt(1 - x^2)
} NAME(arcsine);

INLINED NAME(arcsine) NAME(arcsine_of)(REAL r, REAL q, REAL r_j, REAL q_j, NAME(chord) v) {
    // r^2 + q^2 = 1: the difference is taken of whichever of r and q is the smaller, so the better resolved.
    bool large = r + r_j > q + q_j;
    REAL step = large ? (q_j - q) * (q_j + q) / (r + r_j) : r - r_j;
    REAL product = r * r_j;
    REAL excess = (step * step + q * q + q_j * q_j) / 2;
    REAL below = excess + 2 * product * v.near, above = excess + 2 * product * v.far;
    return (NAME(arcsine)){step, product * (v.far - v.near), excess, SQRT(below * above)};
}

// (A - B)/(sin A - sin B) for A, B in [-pi/2, pi/2], from rise = sin A - sin B and run = cos A + cos B:
// tan((A - B)/2) = rise/run.
INLINED REAL NAME(angle_per_rise)(REAL rise, REAL run) {
    REAL up = rise * rise, along = run * run, inverse = 1 / SQRT(up + along);
    bool steep = up > along;
    REAL w = (steep ? along : up) * inverse * inverse;
    w = w < (REAL)0.5 ? w : (REAL)0.5;
    REAL arc = 2 * inverse * NAME(arc_ratio)(w);
    REAL turned = ((REAL)3.14159265358979323846264338327950288 - run * arc) / FABS(rise);
    return steep ? turned : arc;
}
