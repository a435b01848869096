// Written by Scripts/half_chord_polynomials.py; the mathematics is there. Coefficients of w^0, w^1, ...
#pragma once

// arc_f64: degree 18, largest relative error on [0, 1/2] 6.1e-17 (rounded coefficients, exact arithmetic).
static const double arc_f64[] = {
    0x1.0000000000000p+0,
    0x1.5555555555553p-3,
    0x1.3333333334c7cp-4,
    0x1.6db6db6b10c8dp-5,
    0x1.f1c71e32d00b0p-6,
    0x1.6e8b54c120c29p-6,
    0x1.1c570429dee60p-6,
    0x1.c873d5e81ccf7p-7,
    0x1.88be2808f11cap-7,
    0x1.8222b9bf75ef1p-8,
    0x1.151605a2bb0c2p-5,
    -0x1.e1310b9ecce0fp-4,
    0x1.dcfd74eebb55ep-2,
    -0x1.4238f00d4810ep+0,
    0x1.4968b6564c6dep+1,
    -0x1.deecb9d28c4c2p+1,
    0x1.dda69feae7717p+1,
    -0x1.2395313e601bcp+1,
    0x1.536ddca5f9b30p-1,
};

// lune_f64: degree 18, largest relative error on [0, 1/2] 5.6e-17 (rounded coefficients, exact arithmetic).
static const double lune_f64[] = {
    0x1.5555555555555p+1,
    0x1.1111111111111p-2,
    0x1.5f15f15f162d8p-4,
    0x1.45145144af78bp-5,
    0x1.6a052c3874a8ep-6,
    0x1.c321ec51af064p-7,
    0x1.2f4568de00d4ap-7,
    0x1.ae572679ab1f1p-8,
    0x1.4300040716accp-8,
    0x1.9bb8a85af37cbp-9,
    0x1.b8508e954afa9p-8,
    -0x1.0b98c4e2cfa37p-6,
    0x1.21dae30930254p-4,
    -0x1.81bc5f1200c12p-3,
    0x1.8d779e3bad73bp-2,
    -0x1.2148e5d14c8c2p-1,
    0x1.22326f305da65p-1,
    -0x1.641b6b242b5c1p-2,
    0x1.a3ff2889a0c9ep-4,
};

// arc_f32: degree 7, largest relative error on [0, 1/2] 5.7e-8 (rounded coefficients, exact arithmetic).
static const float arc_f32[] = {
    0x1.0000000000000p+0f,
    0x1.55555e0000000p-3f,
    0x1.3325100000000p-4f,
    0x1.712b180000000p-5f,
    0x1.a2979e0000000p-6f,
    0x1.88391a0000000p-5f,
    -0x1.860f5e0000000p-5f,
    0x1.5949120000000p-4f,
};

// lune_f32: degree 7, largest relative error on [0, 1/2] 3.3e-8 (rounded coefficients, exact arithmetic).
static const float lune_f32[] = {
    0x1.5555560000000p+1f,
    0x1.1111120000000p-2f,
    0x1.5f110c0000000p-4f,
    0x1.4646ee0000000p-5f,
    0x1.4e749c0000000p-6f,
    0x1.7403500000000p-6f,
    -0x1.c388a60000000p-7f,
    0x1.0730c80000000p-5f,
};

// near_arc_f32: degree 7, largest relative error of E[phi' phi'] on [0, 1/2] 2.8e-8 (rounded coefficients, exact arithmetic).
static const float near_arc_f32[] = {
    0x1.fffffa0000000p-1f,
    0x1.555e560000000p-3f,
    0x1.3174d20000000p-4f,
    0x1.94a8d00000000p-5f,
    0x1.44e71e0000000p-9f,
    0x1.ce5bec0000000p-4f,
    -0x1.1e93dc0000000p-3f,
    0x1.17210c0000000p-3f,
};

// near_lune_f32: degree 5, largest relative error of E[phi phi] on [0, 1/2] 1.9e-8 (rounded coefficients, exact arithmetic).
static const float near_lune_f32[] = {
    0x1.5554ae0000000p+1f,
    0x1.119dde0000000p-2f,
    0x1.49c50a0000000p-4f,
    0x1.041b8a0000000p-4f,
    -0x1.063d360000000p-5f,
    0x1.150f1c0000000p-4f,
};
