#include "include/plane_engine.h"
#include "plane_rectifier.inc.h"

typedef NAME(tangent_plane_stack) NAME(stack);
typedef NAME(tangent_plane_layer) NAME(layer);
typedef NAME(tangent_plane_maps) NAME(maps);

// The planes between two layers.
typedef struct {
    REAL *distance, *tangent, *distance_sums, *tangent_sums, *zeros;
} NAME(planes);

// Where a plane is: its extents and its offset.
typedef struct {
    size_t height, width, dy, dx;
} NAME(place);

// What comes into a residual sum, and the sum of the branches that are done.
typedef struct {
    NAME(place) place;
    bool is_begun;
    REAL *distance, *tangent, *distance_total, *tangent_total;
} NAME(frame);

INLINED REAL *NAME(scratch_array)(const NAME(stack) *stack, size_t index) {
    const size_t aligned = (stack->height * stack->width + 15) / 16 * 16;
    return stack->scratch + TANGENT_PLANE_SLACK + index * (aligned + 2 * TANGENT_PLANE_SLACK);
}

INLINED NAME(planes) NAME(planes_of)(const NAME(stack) *stack) {
    return (NAME(planes)){NAME(scratch_array)(stack, 0), NAME(scratch_array)(stack, 1), NAME(scratch_array)(stack, 2),
                          NAME(scratch_array)(stack, 3), NAME(scratch_array)(stack, 4)};
}

#include "plane_sums.inc.h"

// e = |x_i - y_j|^2/channels.
INLINED void NAME(begin_with_pixels)(const NAME(stack) *stack, NAME(planes) planes, size_t dy) {
    const size_t width = stack->width, size = stack->height * width, seam = (stack->height - dy) * width;
    for (size_t i = 0; i < size; i++) planes.distance[i] = 0;
    if (stack->with_tangent) {
        for (size_t i = 0; i < size; i++) planes.tangent[i] = 0;
    }
    for (size_t channel = 0; channel < stack->channels; channel++) {
        const REAL *x = stack->x + channel * size, *y = stack->y + channel * size;
        for (int part = 0; part < 2; part++) {
            const size_t from = part ? seam : 0, count = part ? size - seam : seam;
            const REAL *other = part ? y : y + dy * width;
            for (size_t i = 0; i < count; i++) {
                REAL step = x[from + i] - other[i];
                planes.distance[from + i] += stack->scale * (step * step);
            }
        }
    }
}

// e = scale * sum over both windows - what lies within each; Theta = scale * sum. What is left of a difference at the level of
// the sums' rounding is taken for nothing: two windows with the same contents then have no distance, whatever the order of sums.
INLINED void NAME(begin_with_joined)(const NAME(stack) *stack, NAME(planes) planes, size_t dy) {
    const REAL noise = 8 * (sizeof(REAL) == sizeof(double) ? (REAL)0x1p-52 : (REAL)0x1p-23);
    const size_t width = stack->width, size = stack->height * width, seam = (stack->height - dy) * width;
    for (int part = 0; part < 2; part++) {
        const size_t from = part ? seam : 0, count = part ? size - seam : seam;
        const REAL *x = stack->x + from, *y = part ? stack->y : stack->y + dy * width, *sum = stack->distance + from;
        for (size_t i = 0; i < count; i++) {
            REAL total = stack->scale * sum[i], e = total - (x[i] + y[i]);
            planes.distance[from + i] = e > noise * total ? e : 0;
        }
    }
    if (!stack->with_tangent) return;
    for (size_t i = 0; i < size; i++) planes.tangent[i] = stack->scale * stack->tangent[i];
}

INLINED void NAME(run_layer)(const NAME(stack) *stack, size_t index, NAME(planes) planes, NAME(place) *place) {
    const NAME(layer) *layer = &stack->layer[index];
    const NAME(maps) left = stack->left[index], right = stack->right[index];
    const size_t dy = place->dy, dx = place->dx, stride = layer->strides[0], across = layer->strides[1];
    const bool with_tangent = stack->with_tangent;
    if (layer->taps[1] == 3 && layer->low[1] == 1) {
        NAME(sum_along_rows)(layer, with_tangent, left, right, planes, dy, dx, 3, 1);
    } else {
        NAME(sum_along_rows)(layer, with_tangent, left, right, planes, dy, dx, layer->taps[1], layer->low[1]);
    }
    if (across > 1) {
        NAME(thin)(planes.distance_sums, layer->height * layer->width, across);
        if (with_tangent) NAME(thin)(planes.tangent_sums, layer->height * layer->width, across);
    }
    *place = (NAME(place)){layer->height, layer->width, dy, dx};
    // Divisions cost as much as a row, and most layers have no strides.
    if (stride > 1) place->height /= stride, place->dy /= stride;
    if (across > 1) place->width /= across, place->dx /= across;
    const size_t low = layer->low[0], high = layer->taps[0] - 1 - low, seam = place->height - place->dy;
    for (int part = 0; part < 2; part++) {
        // On each side of the seam the inner rows, whose taps all lie on the same side, are one long run.
        size_t row = part ? seam : 0, end = part ? place->height : seam;
        const size_t inner = row + low, inner_end = end > high ? end - high : 0;
        while (row < end) {
            size_t next = stride == 1 && row >= inner && row < inner_end ? inner_end : row + 1;
            NAME(sum_columns)(layer, with_tangent, left, right, planes, *place, row, next, dy, part);
            row = next;
        }
    }
}

INLINED void NAME(copy)(const REAL *restrict from, size_t count, REAL *restrict to) {
    for (size_t i = 0; i < count; i++) to[i] = from[i];
}

INLINED void NAME(add)(const REAL *restrict from, size_t count, REAL *restrict to) {
    for (size_t i = 0; i < count; i++) to[i] += from[i];
}

INLINED void NAME(keep)(NAME(planes) planes, NAME(place) place, bool with_tangent, NAME(frame) *frame) {
    const size_t count = place.height * place.width;
    frame->place = place;
    frame->is_begun = false;
    NAME(copy)(planes.distance, count, frame->distance);
    if (with_tangent) NAME(copy)(planes.tangent, count, frame->tangent);
}

INLINED void NAME(next_branch)(NAME(planes) planes, NAME(place) *place, bool with_tangent, NAME(frame) *frame) {
    size_t count = place->height * place->width;
    if (frame->is_begun) {
        NAME(add)(planes.distance, count, frame->distance_total);
        if (with_tangent) NAME(add)(planes.tangent, count, frame->tangent_total);
    } else {
        NAME(copy)(planes.distance, count, frame->distance_total);
        if (with_tangent) NAME(copy)(planes.tangent, count, frame->tangent_total);
    }
    frame->is_begun = true;
    *place = frame->place;
    count = place->height * place->width;
    NAME(copy)(frame->distance, count, planes.distance);
    if (with_tangent) NAME(copy)(frame->tangent, count, planes.tangent);
}

INLINED double NAME(total)(const REAL *plane, size_t height, size_t width) {
    double total = 0;
    for (size_t y = 0; y < height; y++) {
        // Few additions in the narrow type: a row's worth shared by sixteen sums.
        REAL sums[16] = {0};
        const REAL *row = plane + y * width;
        size_t i = 0;
        for (; i + 16 <= width; i += 16) {
            for (size_t k = 0; k < 16; k++) sums[k] += row[i + k];
        }
        for (; i < width; i++) sums[0] += row[i];
        for (size_t k = 0; k < 16; k++) total += (double)sums[k];
    }
    return total;
}

MULTIVERSIONED
void NAME(tangent_plane_run)(const NAME(stack) *stack, size_t dy, size_t dx, double *distance, double *tangent) {
    NAME(planes) planes = NAME(planes_of)(stack);
    NAME(place) place = {stack->height, stack->width, dy, dx};
    NAME(frame) frames[TANGENT_PLANE_DEPTH];
    for (size_t k = 0; k < TANGENT_PLANE_DEPTH; k++) {
        const size_t first = 5 + 4 * k;
        frames[k].distance = NAME(scratch_array)(stack, first), frames[k].tangent = NAME(scratch_array)(stack, first + 1);
        frames[k].distance_total = NAME(scratch_array)(stack, first + 2);
        frames[k].tangent_total = NAME(scratch_array)(stack, first + 3);
    }
    NAME(frame) *frame = frames;
    if (stack->channels) {
        NAME(begin_with_pixels)(stack, planes, dy);
    } else {
        NAME(begin_with_joined)(stack, planes, dy);
    }
    for (size_t k = 0; k < stack->instructions; k++) {
        switch (stack->instruction[k]) {
        case tangent_plane_open: NAME(keep)(planes, place, stack->with_tangent, frame++); break;
        case tangent_plane_next: NAME(next_branch)(planes, &place, stack->with_tangent, frame - 1); break;
        case tangent_plane_sum:
            frame--;
            NAME(add)(frame->distance_total, place.height * place.width, planes.distance);
            if (stack->with_tangent) NAME(add)(frame->tangent_total, place.height * place.width, planes.tangent);
            break;
        default: NAME(run_layer)(stack, (size_t)stack->instruction[k], planes, &place);
        }
    }
    if (!distance) return;
    *distance = NAME(total)(planes.distance, place.height, place.width);
    *tangent = stack->with_tangent ? NAME(total)(planes.tangent, place.height, place.width) : 0;
}

// Sums of a plane's rows, into the places of its own sums along rows, which nobody needs any more.
MULTIVERSIONED
void NAME(tangent_plane_gather)(const NAME(stack) *stack, size_t width, tangent_plane_moves rows, size_t height) {
    NAME(planes) planes = NAME(planes_of)(stack);
    for (int kind = 0; kind < 1 + stack->with_tangent; kind++) {
        const REAL *plane = kind ? planes.tangent : planes.distance;
        REAL *half = kind ? planes.tangent_sums : planes.distance_sums;
        for (size_t i = 0; i < height * width; i++) half[i] = 0;
        for (size_t run = 0; run < rows.runs; run++) {
            const tangent_plane_move move = rows.run[run];
            for (size_t k = 0; k < move.count; k++) {
                NAME(add)(plane + (move.from + k * rows.step) * width, width, half + (move.to + k) * width);
            }
        }
    }
}

INLINED void NAME(add_columns)(const REAL *restrict half, size_t width, size_t height, size_t out_width,
                               tangent_plane_moves columns, size_t step, REAL *restrict out) {
    for (size_t run = 0; run < columns.runs; run++) {
        const tangent_plane_move move = columns.run[run];
        for (size_t y = 0; y < height; y++) {
            const REAL *from = half + y * width + move.from;
            REAL *to = out + y * out_width + move.to;
            for (size_t i = 0; i < move.count; i++) to[i] += from[i * step];
        }
    }
}

MULTIVERSIONED
void NAME(tangent_plane_scatter)(const NAME(stack) *stack, size_t width, tangent_plane_moves columns, size_t height,
                                 size_t out_width, REAL *distance, REAL *tangent) {
    NAME(planes) planes = NAME(planes_of)(stack);
    for (int kind = 0; kind < 1 + stack->with_tangent; kind++) {
        const REAL *half = kind ? planes.tangent_sums : planes.distance_sums;
        REAL *out = kind ? tangent : distance;
        // A stride that the compiler knows is a shuffle.
        if (columns.step == 2) {
            NAME(add_columns)(half, width, height, out_width, columns, 2, out);
        } else {
            NAME(add_columns)(half, width, height, out_width, columns, columns.step, out);
        }
    }
}

#include "slab_engine.inc.h"
