// Differences of arcsines, for the nonlinearities whose dual is an arcsine of x = r_i r_j cos theta, where row i has
// r_i = sin psi_i and q_i = cos psi_i (r grows from 0 to 1 with the variance). Everything is formed from v and from
// differences of rows, so that nothing cancels where the rows are near or the variances are large.
#include "inverse_root.inc.h"

typedef struct {
    REAL step;     // r_i - r_j
    REAL x;        // r_i r_j cos theta
    REAL excess;   // 1 - r_i r_j
    REAL square;   // 1 - x^2
    REAL root;     // sqrt(1 - x^2)
    REAL inverse;  // 1/root
} NAME(arcsine);

// c = 1 - r.
INLINED NAME(arcsine) NAME(arcsine_of)(REAL r, REAL q, REAL c, REAL r_j, REAL q_j, REAL c_j, NAME(chord) v) {
    // The difference is taken of whichever of r and 1 - r is the smaller, so the better resolved.
    REAL step = r + r_j > 1 ? c_j - c : r - r_j;
    REAL product = r * r_j;
    REAL excess = (step * step + q * q + q_j * q_j) / 2;
    REAL square = (excess + 2 * product * v.near) * (excess + 2 * product * v.far);
    REAL root = SQRT(square);
    return (NAME(arcsine)){step, product * (v.far - v.near), excess, square, root, 1 / root};
}

// (A - B)/(sin A - sin B) for A, B in [-pi/2, pi/2], from rise = sin A - sin B and run = cos A + cos B:
// tan((A - B)/2) = rise/run.
INLINED REAL NAME(angle_per_rise)(REAL rise, REAL run) {
    REAL up = rise * rise, along = run * run, inverse = NAME(inverse_root)(up + along);
    bool steep = up > along;
    REAL w = (steep ? along : up) * inverse * inverse;
    w = w < (REAL)0.5 ? w : (REAL)0.5;
    REAL arc = 2 * inverse * NAME(arc_ratio)(w);
    REAL turned = ((REAL)3.14159265358979323846264338327950288 - run * arc) / FABS(rise);
    return steep ? turned : arc;
}
