// Products X A of a matrix X [rows, depth] that stays the same with small matrices A [depth, columns] that change. X is packed once,
// into panels of some rows each; A for every product, into groups of some columns. How many depends on the processor.
#pragma once
#include <stddef.h>

#define TANGENT_PACKED_PRODUCTS(real, suffix) \
    /* Rows of a panel, and columns of a group. */ \
    size_t tangent_panel_rows_##suffix(void); \
    size_t tangent_group_columns_##suffix(void); \
    /* X[r][k] = x[r row_stride + k depth_stride]; panels: as many elements as X padded to whole panels, aligned to 64 bytes. */ \
    void tangent_pack_rows_##suffix(const real *x, size_t rows, size_t depth, size_t row_stride, size_t depth_stride, real *panels); \
    /* The rows of A from `first` to before `last`. small is A, row-major; groups: as many elements as A padded to whole groups. */ \
    void tangent_pack_columns_##suffix(const real *small, size_t first, size_t last, size_t depth, size_t columns, real *groups); \
    /* out[r][c] = scale sum_k X[r][k] A[k][c] for the rows of the panels from `first` to before `last`; out is [rows, columns]. \
       What a row comes to does not depend on which others are asked for. */ \
    void tangent_packed_product_##suffix(const real *panels, size_t first, size_t last, size_t rows, size_t depth, \
                                         const real *groups, size_t columns, real scale, real *out);

TANGENT_PACKED_PRODUCTS(double, f64)
TANGENT_PACKED_PRODUCTS(float, f32)

#undef TANGENT_PACKED_PRODUCTS
