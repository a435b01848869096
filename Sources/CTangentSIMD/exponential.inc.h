// e^x and e^x - 1 without calls, so that a loop over pairs vectorises. x = k ln 2 + r, |r| <= ln(2)/2, and
// e^r - 1 = r (1 + r/2! + r^2/3! + ...) to the term that no longer counts: r^13/14! < 1.3e-17, in float r^6/7! < 4e-7 of
// which the last counted one is r^7/8!.
typedef struct {
    REAL minus_one;  // e^x - 1
    REAL value;      // e^x
} NAME(exponential);

#ifndef INVERSE_FACTORIALS
#define INVERSE_FACTORIALS
static const double inverse_factorials_f64[] = {
    1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
    1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200,
};
static const float inverse_factorials_f32[] = {
    1.0f, 1.0f / 2, 1.0f / 6, 1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040, 1.0f / 40320,
};
INLINED double power_of_two_f64(double shifted) {
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
INLINED float power_of_two_f32(float shifted) {
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
// Adding 1.5 * 2^52 (2^23) rounds to an integer and leaves that integer in the low bits.
#define EXPONENTIAL_f64 {0x1.8p52, 0x1.62e42fefa3800p-1, 0x1.ef35793c76730p-45, -700.0, 700.0}
#define EXPONENTIAL_f32 {0x1.8p23f, 0x1.62e4p-1f, 0x1.7f7d1cp-20f, -80.0f, 80.0f}
#endif

INLINED NAME(exponential) NAME(exponential_of)(REAL x) {
    static const struct { REAL magic, high, low, least, most; } c = NAME(EXPONENTIAL);
    x = x > c.least ? x : c.least;
    x = x < c.most ? x : c.most;
    REAL shifted = x * (REAL)1.44269504088896340735992468100189214 + c.magic;
    REAL k = shifted - c.magic;
    REAL r = (x - k * c.high) - k * c.low;
    enum { terms = sizeof NAME(inverse_factorials) / sizeof(REAL) };
    REAL sum = NAME(inverse_factorials)[terms - 1];
#pragma clang loop unroll(full)
    for (int i = terms - 2; i >= 0; i--) sum = sum * r + NAME(inverse_factorials)[i];
    REAL power = NAME(power_of_two)(shifted), rest = power * (r * sum);
    return (NAME(exponential)){rest + (power - 1), rest + power};
}
