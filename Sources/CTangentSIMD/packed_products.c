// Products of a large matrix that stays the same, packed once, with a small one that changes: vectors go along the large
// matrix's long side, so that a narrow result leaves no part of a vector empty. How large a tile fits into the registers depends
// on how many and how wide they are: each level of the processor has an instance, and packed matrices in an order of its own.
#include <stdbool.h>
#include <string.h>
#include "include/CTangentSIMD.h"

#define INLINED static inline __attribute__((always_inline))
#define PASTED(name, precision, level) name##_##precision##_##level
#define EXPANDED(name, precision, level) PASTED(name, precision, level)
#define NAME(name) EXPANDED(name, PRECISION, LEVEL)
#define PASTED_PAIR(name, suffix) name##_##suffix
#define EXPANDED_PAIR(name, suffix) PASTED_PAIR(name, suffix)
#define OF_PRECISION(name) EXPANDED_PAIR(name, PRECISION)
#define OF_LEVEL(name) EXPANDED_PAIR(name, LEVEL)

// What a level has to offer.
#define INSTANCE(real, precision) \
    typedef struct { \
        size_t panel_rows, group_columns; \
        void (*pack_rows)(const real *, size_t, size_t, size_t, size_t, real *); \
        void (*pack_columns)(const real *, size_t, size_t, size_t, size_t, real *); \
        void (*product)(const real *, size_t, size_t, size_t, size_t, const real *, size_t, real, real *); \
    } instance_##precision;
INSTANCE(double, f64)
INSTANCE(float, f32)

#if defined(__x86_64__)
// Thirty-two registers: 24 sums, 3 vectors of a panel, factors from memory. By features, since "arch=x86-64-v4" also means that the
// compiler prefers, and makes of ours, vectors of half the length.
#define LEVEL v4
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
enum { VECTOR_BYTES_v4 = 64, VECTORS_v4 = 3, COLUMNS_v4 = 8, BLOCK_BYTES_v4 = 16 << 10 };
#include "packed_products_level.inc.h"
#undef LEVEL
#undef TARGET

// Sixteen: 12 sums, 3 vectors of a panel, a factor.
#define LEVEL v3
#define TARGET __attribute__((target("arch=x86-64-v3")))
enum { VECTOR_BYTES_v3 = 32, VECTORS_v3 = 3, COLUMNS_v3 = 4, BLOCK_BYTES_v3 = 12 << 10 };
#include "packed_products_level.inc.h"
#undef LEVEL
#undef TARGET
#endif

// Every machine has sixteen of 16 bytes.
#define LEVEL v1
#define TARGET
enum { VECTOR_BYTES_v1 = 16, VECTORS_v1 = 2, COLUMNS_v1 = 6, BLOCK_BYTES_v1 = 8 << 10 };
#include "packed_products_level.inc.h"
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)
#define CHOSEN(precision) (level == 4 ? &instance_##precision##_v4 : level == 3 ? &instance_##precision##_v3 : &instance_##precision##_v1)
#else
#define CHOSEN(precision) ((void)level, &instance_##precision##_v1)
#endif

#define ENTRIES(real, precision) \
    static const instance_##precision *chosen_##precision(void) { \
        int level = tangent_vector_level(); \
        return CHOSEN(precision); \
    } \
    size_t tangent_panel_rows_##precision(void) { return chosen_##precision()->panel_rows; } \
    size_t tangent_group_columns_##precision(void) { return chosen_##precision()->group_columns; } \
    void tangent_pack_rows_##precision(const real *x, size_t rows, size_t depth, size_t row_stride, size_t depth_stride, real *panels) { \
        chosen_##precision()->pack_rows(x, rows, depth, row_stride, depth_stride, panels); \
    } \
    void tangent_pack_columns_##precision(const real *small, size_t first, size_t last, size_t depth, size_t columns, real *groups) { \
        chosen_##precision()->pack_columns(small, first, last, depth, columns, groups); \
    } \
    void tangent_packed_product_##precision(const real *panels, size_t first, size_t last, size_t rows, size_t depth, \
                                            const real *groups, size_t columns, real scale, real *out) { \
        chosen_##precision()->product(panels, first, last, rows, depth, groups, columns, scale, out); \
    }
ENTRIES(double, f64)
ENTRIES(float, f32)
