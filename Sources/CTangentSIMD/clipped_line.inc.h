// phi(x) = min(1, max(-1, x)) in the polar coordinates of polar_quadrature.inc.h. Along a ray u = a r, v = b r the radial
// integral is elementary: with R = 1/max(a, b) <= S = 1/min(a, b) and e(z) = e^{-z^2/2},
//   int min(1, a r) min(1, b r) r e(r) dr = a b [2 - (R^2 + 2) e(R)]
//                                          + min(a, b) [R e(R) - S e(S) + sqrt(pi/2) (erf(S/sqrt 2) - erf(R/sqrt 2))] + e(S)
//   int 1[a r < 1] 1[b r < 1] r e(r) dr = 1 - e(R).
// Over the angle the integrand is smooth but where a = b, and there the sectors are split. Of two rows that nearly coincide v' has
// about 1e-15 absolute; equal rows are set to 0. An odd function.
// Constants: how many angles, nodes in [-1, 1], weights. Coefficients: s, 1/s', s/s'.

INLINED double NAME(clipped_ray)(double a, double b, double *slope) {
    double large = a > b ? a : b, small = a > b ? b : a;
    // A ray along which one of the two hardly moves adds nothing to kappa.
    if (!(small > 1e-150)) {
        *slope = large > 1e-150 ? -expm1(-0.5 / (large * large)) : 1;
        return 0;
    }
    double reach = 1 / large, end = 1 / small;
    double near = exp(-reach * reach / 2), far = exp(-end * end / 2);
    *slope = -expm1(-reach * reach / 2);
    // 2 - (R^2 + 2) e(R) is R^4/4 for small R, where it cancels.
    double z = reach * reach / 2;
    double inner = z < 0.01 ? z * z * (1 - z * (2.0 / 3 - z * (1.0 / 4 - z * (1.0 / 15 - z / 72)))) : 2 - 2 * (z + 1) * near;
    double between = reach * near - end * far
                   + 1.2533141373155002512 * (erfc(reach * 0.70710678118654752440) - erfc(end * 0.70710678118654752440));
    return a * b * inner + small * between + far;
}

// The integral over beta from low to high, in the sectors where u and v have the same signs or opposite ones (`crossed`).
INLINED void NAME(clipped_panel)(const REAL *constants, double low, double high, double s, double s_j, double angle,
                                 bool crossed, double *kappa, double *slope) {
    const int angles = (int)constants[0];
    const double middle = (low + high) / 2, half = (high - low) / 2, pi = 3.14159265358979323846;
    for (int k = 0; k < angles; k++) {
        double beta = middle + half * (double)constants[1 + k], weight = half * (double)constants[1 + angles + k] / pi;
        double a = crossed ? sin(angle / 2 + beta) : cos(beta + angle / 2);
        double b = crossed ? sin(angle / 2 - beta) : cos(beta - angle / 2);
        double passed, value = NAME(clipped_ray)(s * (a > 0 ? a : 0), s_j * (b > 0 ? b : 0), &passed);
        *kappa += weight * (crossed ? -value : value);
        *slope += weight * passed;
    }
}

void NAME(tangent_clipped_line)(const REAL *constants, const REAL *row, const REAL *columns, size_t stride, size_t count,
                                REAL *restrict fold, REAL *restrict tangent) {
    const double pi = 3.14159265358979323846, s = (double)row[0];
    for (size_t j = 0; j < count; j++) {
        const double s_j = (double)columns[j], scale = (double)row[1] * (double)columns[stride + j];
        const double w = (double)FABS(fold[j]), angle = 2 * asin(sqrt(w));
        double kappa = 0, slope = 0;
        if (s > 0 && s_j > 0) {
            // s cos(beta + t) = s_j cos(beta - t) and s sin(t + beta) = s_j sin(t - beta) at t = theta/2.
            double ratio = (s - s_j) / (s + s_j), sine = sqrt(w), cosine = sqrt(1 - w);
            double split = atan2(ratio * cosine, sine), edge = (pi - angle) / 2;
            split = split < edge ? split : edge;
            split = split > -edge ? split : -edge;
            NAME(clipped_panel)(constants, -edge, split, s, s_j, angle, false, &kappa, &slope);
            NAME(clipped_panel)(constants, split, edge, s, s_j, angle, false, &kappa, &slope);
            double other = -atan2(ratio * sine, cosine);
            NAME(clipped_panel)(constants, -angle / 2, other, s, s_j, angle, true, &kappa, &slope);
            NAME(clipped_panel)(constants, other, angle / 2, s, s_j, angle, true, &kappa, &slope);
        }
        double near = (w == 0 && s == s_j) ? 0 : (1 - kappa * scale) / 2;
        near = near > 0 ? near : 0;
        if (tangent) tangent[j] *= (REAL)slope * row[2] * columns[2 * stride + j];
        fold[j] = COPYSIGN((REAL)(near < 0.5 ? near : 0.5), fold[j]);
    }
}
