// Includes FAMILY (a file of loops written in REAL and NAME) once for double and once for float.
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "include/CTangentSIMD.h"
#include "polynomials.h"

// One clone per level of x86-64, picked at load time; other machines have their vector unit in the baseline.
#if defined(__x86_64__) && defined(__linux__)
#define MULTIVERSIONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MULTIVERSIONED
#endif
#define INLINED static inline __attribute__((always_inline))

#define REAL double
#define NAME(x) x##_f64
#define SQRT __builtin_sqrt
#define FABS __builtin_fabs
#define COPYSIGN __builtin_copysign
#define ARC_DEGREE 18
#define NEAR_ARC arc_f64
#define NEAR_ARC_DEGREE 18
#define NEAR_LUNE lune_f64
#define NEAR_LUNE_DEGREE 18
#include "half_chord.inc.h"
#include FAMILY
#undef REAL
#undef NAME
#undef SQRT
#undef FABS
#undef COPYSIGN
#undef ARC_DEGREE
#undef NEAR_ARC
#undef NEAR_ARC_DEGREE
#undef NEAR_LUNE
#undef NEAR_LUNE_DEGREE

#define REAL float
#define NAME(x) x##_f32
#define SQRT __builtin_sqrtf
#define FABS __builtin_fabsf
#define COPYSIGN __builtin_copysignf
#define ARC_DEGREE 7
#define NEAR_ARC near_arc_f32
#define NEAR_ARC_DEGREE 7
#define NEAR_LUNE near_lune_f32
#define NEAR_LUNE_DEGREE 5
#include "half_chord.inc.h"
#include FAMILY
