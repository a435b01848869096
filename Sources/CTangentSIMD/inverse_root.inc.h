// 1/sqrt(x) by products alone: a vector of quotients and square roots keeps the one divider busy for three times as long as all
// the products of a loop together. From half the exponent (a first error of 3.5 %) by Householder's iterations: with
// e = 1 - x y^2, 1/sqrt(x) = y (1 - e)^(-1/2) = y (1 + e/2 + 3/8 e^2 + 5/16 e^3 + 35/128 e^4 + ...), cut so that what is left
// out is below the rounding. To about one unit in the last place for normal x; some finite number at 0, so that
// x inverse_root(x) is sqrt(x) there too.
#ifndef INVERSE_ROOTS
#define INVERSE_ROOTS
INLINED double inverse_root_f64(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = UINT64_C(0x5fe6eb50c7b537a9) - (bits >> 1);
    double y;
    memcpy(&y, &bits, sizeof y);
    double e = 1 - x * y * y;
    y += y * e * (0.5 + e * 0.375);
    e = 1 - x * y * y;
    return y + y * e * ((0.5 + e * 0.375) + e * e * (0.3125 + e * 0.2734375));
}
INLINED float inverse_root_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = UINT32_C(0x5f375a86) - (bits >> 1);
    float y;
    memcpy(&y, &bits, sizeof y);
    float e = 1 - x * y * y;
    y += y * e * (0.5f + e * 0.375f);
    e = 1 - x * y * y;
    return y + y * e * 0.5f;
}
#endif
