// All planes of one row offset at once: the slab of dy holds the pairs ((y, x), (y', x')) with y' = y + dy around the edge, one
// block [x, x'] for every y.
//
// What a plane pays for its edges and its seam along rows, a block has in a frame of elements around it: outside one image the
// variance of the other stands, outside both zero. A row of a block has one position of the first image, whose deviation then is
// a constant, and all of the second. A filter's taps along a row are neighbours along the block's diagonal; across rows they are
// three blocks, whose sums along diagonals (`lines`) are kept in the first-level cache while the slab goes through the second.
//
// Blocks hold halves of the squared distances: with s, t the deviations over sqrt(2 weight) the covariance over weight is
// s^2 + t^2 - m, and v = (m - (s - t)^2)/(s t).

enum { NAME(slab_chunk) = 64 / sizeof(REAL), NAME(slab_frame) = 8, NAME(slab_skew) = 32 };

typedef struct {
    // Of a block: positions of a row, the same up to whole vectors, from row to row, and elements of the block and of its lines.
    size_t width, run, pitch, size, lines;
} NAME(block_shape);

// One block on its way through a layer.
typedef struct {
    // Three lines each, `shape.lines` apart.
    const REAL *lines, *tangent_lines;
    // Three runs each: deviations s (of the first image) and t (of the second), 1 over them, their parts of the own term.
    const REAL *left, *right;
    REAL *distance, *tangent;
} NAME(block_rows);

typedef enum { NAME(is_linear), NAME(is_near), NAME(is_any) } NAME(block_kind);

INLINED NAME(block_shape) NAME(block_shape_of)(size_t width) {
    NAME(block_shape) shape = {.width = width};
    shape.run = (width + NAME(slab_chunk) - 1) / NAME(slab_chunk) * NAME(slab_chunk);
    shape.pitch = shape.run + NAME(slab_frame);
    shape.size = shape.pitch * (width + 2);
    // Not a multiple of a page: sums of the same element would be in each other's way in the cache.
    shape.lines = shape.run * width + NAME(slab_skew);
    return shape;
}

size_t NAME(tangent_slab_scratch)(size_t height, size_t width) {
    NAME(block_shape) shape = NAME(block_shape_of)(width);
    return 2 * (height * shape.size + TANGENT_PLANE_SLACK) + 6 * shape.lines + 6 * shape.run + NAME(slab_frame);
}

// The first element of a block, within its frame.
INLINED REAL *NAME(block_at)(REAL *slab, NAME(block_shape) shape, size_t y) {
    return slab + y * shape.size + shape.pitch + NAME(slab_frame);
}

// A chunk is a cache line, or two where the row has them.
#define CHUNK NAME(chunk)
#define COLUMN(x) NAME(chunk_##x)
#include "slab_column.inc.h"
#undef CHUNK
#undef COLUMN
#define CHUNK NAME(wide_chunk)
#define COLUMN(x) NAME(wide_chunk_##x)
#include "slab_column.inc.h"
#undef CHUNK
#undef COLUMN

// In chunks, so that what a chunk has of the second image stays where it is.
INLINED void NAME(sum_diagonals)(const REAL *block, NAME(block_shape) shape, size_t taps, REAL *lines) {
    size_t first = 0;
    for (; first + 2 * NAME(slab_chunk) <= shape.run; first += 2 * NAME(slab_chunk)) {
        NAME(wide_chunk_sum_diagonals)(block + first, shape, taps, lines + first);
    }
    if (first < shape.run) NAME(chunk_sum_diagonals)(block + first, shape, taps, lines + first);
}

INLINED void NAME(carry_block)(const NAME(layer) *layer, NAME(block_rows) rows, NAME(block_shape) shape,
                               NAME(block_kind) kind, bool with_tangent, bool plain) {
    size_t first = 0;
    for (; first + 2 * NAME(slab_chunk) <= shape.run; first += 2 * NAME(slab_chunk)) {
        NAME(wide_chunk_carry)(layer, rows, shape, first, kind, with_tangent, plain);
    }
    if (first < shape.run) NAME(chunk_carry)(layer, rows, shape, first, kind, with_tangent, plain);
}

INLINED void NAME(carry_kind)(const NAME(layer) *layer, NAME(block_rows) rows, NAME(block_shape) shape,
                              NAME(block_kind) kind, bool with_tangent) {
    if (!with_tangent) NAME(carry_block)(layer, rows, shape, kind, false, true);
    else if (layer->own_scale == 1) NAME(carry_block)(layer, rows, shape, kind, true, true);
    else NAME(carry_block)(layer, rows, shape, kind, true, false);
}

INLINED void NAME(carry_through)(const NAME(layer) *layer, NAME(block_rows) rows, NAME(block_shape) shape, bool with_tangent) {
    if (!layer->rectified) NAME(carry_kind)(layer, rows, shape, NAME(is_linear), with_tangent);
    else if (layer->near) NAME(carry_kind)(layer, rows, shape, NAME(is_near), with_tangent);
    else NAME(carry_kind)(layer, rows, shape, NAME(is_any), with_tangent);
}

// What stands for the lines of a block outside one image: half of the sums of the other's variances along its row.
INLINED void NAME(edge_lines)(const REAL *left, const REAL *right, NAME(block_shape) shape, REAL *restrict lines) {
    for (size_t x = 0; x < shape.width; x++) {
        for (size_t i = 0; i < shape.width; i++) lines[x * shape.run + i] = (left ? left[x] : right ? right[i] : 0) / 2;
    }
}

INLINED void NAME(frame_block)(REAL *distance, REAL *tangent, NAME(block_shape) shape, const REAL *left, const REAL *right) {
    const ptrdiff_t pitch = (ptrdiff_t)shape.pitch, width = (ptrdiff_t)shape.width;
    for (ptrdiff_t i = 0; i < width; i++) distance[i - pitch] = distance[width * pitch + i] = right[i] / 2;
    distance[-pitch - 1] = distance[width * pitch + width] = 0;
    for (ptrdiff_t x = 0; x < width; x++) {
        distance[x * pitch - 1] = distance[x * pitch + width] = left[x] / 2;
        tangent[x * pitch + width] = 0;
    }
}

// m = |x_i - y_j|^2/(2 channels), Theta = 0.
INLINED void NAME(begin_block)(const NAME(stack) *stack, NAME(block_shape) shape, size_t y, size_t other, REAL *distance,
                               REAL *tangent) {
    const size_t width = shape.width, size = stack->height * width;
    for (size_t x = 0; x < width; x++) {
        REAL *row = distance + x * shape.pitch;
        for (size_t i = 0; i < width; i++) row[i] = tangent[x * shape.pitch + i] = 0;
        for (size_t channel = 0; channel < stack->channels; channel++) {
            const REAL left = stack->x[channel * size + y * width + x], *right = stack->y + channel * size + other * width;
            for (size_t i = 0; i < width; i++) row[i] += stack->scale / 2 * ((left - right[i]) * (left - right[i]));
        }
    }
    NAME(frame_block)(distance, tangent, shape, stack->left[0].variance + y * width, stack->right[0].variance + other * width);
}

INLINED double NAME(block_total)(const REAL *block, NAME(block_shape) shape) {
    double total = 0;
    for (size_t x = 0; x < shape.width; x++) total += NAME(total)(block + x * shape.pitch, 1, shape.width);
    return total;
}

// Of one row of an image: the deviations over sqrt(2), sqrt(2) over them, and its half of the layer's own term.
INLINED void NAME(halve_deviations)(const NAME(layer) *layer, NAME(maps) maps, size_t from, NAME(block_shape) shape,
                                    REAL *restrict out) {
    const REAL half_root = (REAL)0.707106781186547524400844362104849, root_two = (REAL)1.41421356237309504880168872420969808;
    const REAL offset = layer->own_offset / layer->weight / 2;
    for (size_t i = 0; i < shape.run; i++) {
        const REAL t = half_root * maps.deviation[from + i];
        out[i] = t;
        out[shape.run + i] = root_two * maps.inverse[from + i];
        out[2 * shape.run + i] = layer->own_scale * (t * t) + offset;
    }
}

// Rows first..<end of the first image, which meet rows first + shift of the second, through a layer.
INLINED void NAME(carry_rows)(const NAME(stack) *stack, size_t index, NAME(block_shape) shape, REAL *distance, REAL *tangent,
                              size_t first, size_t end, ptrdiff_t shift, REAL *scratch) {
    const NAME(layer) *layer = &stack->layer[index];
    const NAME(maps) left = stack->left[index], right = stack->right[index];
    const size_t width = shape.width, taps = layer->taps[1];
    const bool with_tangent = stack->with_tangent, has_rows = layer->taps[0] == 3;
    REAL *lines = scratch, *tangent_lines = lines + 3 * shape.lines, *ends = tangent_lines + 3 * shape.lines;
    // Of a filter of one row two lines stay zero.
    if (!has_rows) memset(lines, 0, 6 * shape.lines * sizeof(REAL));
    // The lines at `row`, which may lie outside one or both images, in place of those three rows before.
    for (ptrdiff_t row = (ptrdiff_t)first - has_rows; row < (ptrdiff_t)end + has_rows; row++) {
        const size_t slot = has_rows ? (size_t)(row + 1) % 3 * shape.lines : 0;
        if (row >= (ptrdiff_t)first && row < (ptrdiff_t)end) {
            const size_t y = (size_t)row;
            NAME(sum_diagonals)(NAME(block_at)(distance, shape, y), shape, taps, lines + slot);
            if (with_tangent) NAME(sum_diagonals)(NAME(block_at)(tangent, shape, y), shape, taps, tangent_lines + slot);
        } else {
            const ptrdiff_t height = (ptrdiff_t)stack->height, other = row + shift, across = (ptrdiff_t)width;
            NAME(edge_lines)(row >= 0 && row < height ? left.sums + row * across : NULL,
                             other >= 0 && other < height ? right.sums + other * across : NULL, shape, lines + slot);
            NAME(edge_lines)(NULL, NULL, shape, tangent_lines + slot);
        }
        const ptrdiff_t middle = row - has_rows;
        if (middle < (ptrdiff_t)first) continue;
        const size_t y = (size_t)middle, other = (size_t)(middle + shift);
        NAME(halve_deviations)(layer, left, y * width, shape, ends);
        NAME(halve_deviations)(layer, right, other * width, shape, ends + 3 * shape.run);
        REAL *out = NAME(block_at)(distance, shape, y), *tangent_out = NAME(block_at)(tangent, shape, y);
        NAME(block_rows) rows = {lines, tangent_lines, ends, ends + 3 * shape.run, out, tangent_out};
        NAME(carry_through)(layer, rows, shape, with_tangent);
        if (index + 1 == stack->instructions) continue;
        NAME(frame_block)(out, tangent_out, shape, stack->left[index + 1].variance + y * width,
                          stack->right[index + 1].variance + other * width);
    }
}

MULTIVERSIONED
void NAME(tangent_slab_run)(const NAME(stack) *stack, size_t dy, double *distance_sum, double *tangent_sum) {
    const NAME(block_shape) shape = NAME(block_shape_of)(stack->width);
    const size_t slab = stack->height * shape.size + TANGENT_PLANE_SLACK, seam = stack->height - dy;
    REAL *distance = stack->scratch, *tangent = distance + slab, *scratch = tangent + slab;
    *distance_sum = *tangent_sum = 0;
    for (int part = 0; part < (dy ? 2 : 1); part++) {
        const size_t first = part ? seam : 0, end = part ? stack->height : seam;
        const ptrdiff_t shift = (ptrdiff_t)dy - (part ? (ptrdiff_t)stack->height : 0);
        for (size_t y = first; y < end; y++) {
            NAME(begin_block)(stack, shape, y, (size_t)((ptrdiff_t)y + shift), NAME(block_at)(distance, shape, y),
                              NAME(block_at)(tangent, shape, y));
        }
        for (size_t index = 0; index < stack->instructions; index++) {
            NAME(carry_rows)(stack, index, shape, distance, tangent, first, end, shift, scratch);
        }
        for (size_t y = first; y < end; y++) {
            *distance_sum += 2 * NAME(block_total)(NAME(block_at)(distance, shape, y), shape);
            if (stack->with_tangent) *tangent_sum += NAME(block_total)(NAME(block_at)(tangent, shape, y), shape);
        }
    }
}
