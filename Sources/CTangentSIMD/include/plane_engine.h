// Convolutional kernels by offset planes, in C for function multiversioning.
//
// The pairs of positions (i, j) of two images split by their offset j - i, taken around the image's edges, into planes of
// height x width elements: plane (dy, dx) holds at i the pair (i, j = i + (dy, dx) mod the extents). A convolution that keeps
// the extents never mixes planes, nor does one of strides that divide extents and offset, which leads to the plane of the
// offset divided by them; so all layers of one plane run in the first-level cache, residual sums among them. With zero
// padding a plane has a seam in each axis, where j passes the edge of the image; across it, and beyond the image's own edges,
// one of the two positions is outside, and the variance of the other one stands for their squared distance.
//
// Pooling, and filters that change extents otherwise, add up elements of several planes (`gather` and `scatter`); what comes
// out are planes again, where the next stack begins.
//
// All maps and planes are [height, width], contiguous, with TANGENT_PLANE_SLACK readable elements after the last; maps of the
// second image are rotated left by dx (divided by the strides before them), so that i indexes them along a row. Row i of a
// plane meets row i + dy of them.
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { TANGENT_PLANE_SLACK = 64 };
/* Residual sums within each other. */
enum { TANGENT_PLANE_DEPTH = 4 };
/* What a stack does beside its layers, which are numbers from 0: a residual sum's first branch begins, the next one begins on
   what came in, the last one ends and all are added. */
enum { tangent_plane_open = -1, tangent_plane_next = -2, tangent_plane_sum = -3 };

/* Elements from, from + step, ... of an axis are added to elements to, to + 1, .... */
typedef struct {
    size_t to, from, count;
} tangent_plane_move;

typedef struct {
    size_t runs, step;
    const tangent_plane_move *run;
} tangent_plane_moves;

#define TANGENT_PLANES(real, suffix) \
    typedef struct { \
        /* Of what comes in. */ \
        size_t height, width; \
        /* Extents of the filter, how many of its taps lie before the position itself, and strides: rows, columns. */ \
        size_t taps[2], low[2], strides[2]; \
        bool circular; \
        /* e' = weight * sum of e; Theta' = weight * sum of Theta + own_scale K' + own_offset. */ \
        real weight, own_scale, own_offset; \
        /* Then, if `rectified`, a min(x, 0) + b max(x, 0): gain (a^2 + b^2)/2, k = (a - b)^2/(a^2 + b^2). */ \
        bool rectified; \
        real gain, k; \
        /* No covariance that comes in is negative. */ \
        bool near; \
        /* Coefficients of the polynomials, scaled for the layer; written by tangent_plane_prepare. */ \
        real lune[19], arc[19], near_lune[19], near_arc[19]; \
    } tangent_plane_layer_##suffix; \
    /* What a layer needs of one image: its variances before the convolution and their sums along rows (zero outside, thinned \
       by the stride), its standard deviations after it over sqrt(weight), and 1 over those (0 of 0): a pair then needs no \
       division. Variances are 0 or such that products of two are far from the ends of the precision's range. */ \
    typedef struct { \
        const real *variance, *sums, *deviation, *inverse; \
    } tangent_plane_maps_##suffix; \
    typedef struct { \
        /* channels 0: the stack begins with what was joined. */ \
        size_t height, width, channels, instructions; \
        const int *instruction; \
        const tangent_plane_layer_##suffix *layer; \
        /* By layer. */ \
        const tangent_plane_maps_##suffix *left, *right; \
        /* The images [channels, height, width], and 1/channels; or half of what lies within the windows of each image, and the \
           square of the windows' factor. */ \
        const real *x, *y; \
        real scale; \
        /* The joined plane. */ \
        const real *distance, *tangent; \
        bool with_tangent; \
        /* 5 + 4 TANGENT_PLANE_DEPTH arrays of height x width, rounded up to a multiple of 16, + 2 TANGENT_PLANE_SLACK elements; \
           zero at first. All arrays are fastest where they begin at a cache line. */ \
        real *scratch; \
    } tangent_plane_stack_##suffix; \
    void tangent_plane_prepare_##suffix(tangent_plane_layer_##suffix *layer); \
    /* Runs all layers on plane (dy, dx), which stays in the scratch; the sums of e and Theta over it, unless NULL. */ \
    void tangent_plane_run_##suffix(const tangent_plane_stack_##suffix *stack, size_t dy, size_t dx, double *distance, \
                                    double *tangent); \
    /* The same for all offsets (dy, *) at once, of a stack of channels and layers whose filters have 1 or 3 taps (the middle \
       one at the position), without strides, rings and residual sums; maps of the second image are not rotated. */ \
    void tangent_slab_run_##suffix(const tangent_plane_stack_##suffix *stack, size_t dy, double *distance, double *tangent); \
    /* Elements of scratch, zero at first, that tangent_slab_run takes. */ \
    size_t tangent_slab_scratch_##suffix(size_t height, size_t width); \
    /* Adds up the rows of the plane in the scratch, of the given width, to `height` rows; */ \
    void tangent_plane_gather_##suffix(const tangent_plane_stack_##suffix *stack, size_t width, tangent_plane_moves rows, \
                                       size_t height); \
    /* and adds the columns of these to a plane [height, out_width] of e and one of Theta. */ \
    void tangent_plane_scatter_##suffix(const tangent_plane_stack_##suffix *stack, size_t width, \
                                        tangent_plane_moves columns, size_t height, size_t out_width, real *distance, \
                                        real *tangent); \
    /* Sums along rows, zero outside the image. */ \
    void tangent_plane_row_sums_##suffix(const real *map, size_t height, size_t width, size_t taps, size_t low, \
                                         bool circular, real *sums);

TANGENT_PLANES(double, f64)
TANGENT_PLANES(float, f32)

#undef TANGENT_PLANES
