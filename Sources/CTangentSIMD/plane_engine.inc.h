#include "include/plane_engine.h"
#include "plane_rectifier.inc.h"

typedef NAME(tangent_plane_stack) NAME(stack);
typedef NAME(tangent_plane_layer) NAME(layer);
typedef NAME(tangent_plane_maps) NAME(maps);

// The planes between two layers.
typedef struct {
    REAL *distance, *tangent, *distance_sums, *tangent_sums, *zeros;
} NAME(planes);

INLINED NAME(planes) NAME(planes_of)(const NAME(stack) *stack) {
    const size_t size = stack->height * stack->width + 2 * TANGENT_PLANE_SLACK;
    REAL *first = stack->scratch + TANGENT_PLANE_SLACK;
    return (NAME(planes)){first, first + size, first + 2 * size, first + 3 * size, first + 4 * size};
}

// One row of a plane for sums along it: the elements, and the variances of both images there (NULL: zeros).
typedef struct {
    const REAL *row, *left, *right;
    ptrdiff_t width, dx;
} NAME(line);

// The sum at column i by single taps: for the few columns whose taps reach over the seam or an edge.
INLINED REAL NAME(sum_at)(NAME(line) line, ptrdiff_t i, ptrdiff_t taps, ptrdiff_t low, bool circular) {
    const ptrdiff_t width = line.width, seam = width - line.dx;
    REAL sum = 0;
    for (ptrdiff_t tap = -low; tap < taps - low; tap++) {
        ptrdiff_t k = i + tap;
        if (circular) {
            sum += line.row[k < 0 ? k + width : k >= width ? k - width : k];
        } else if (i < seam ? k >= 0 && k < seam : k >= seam && k < width) {
            sum += line.row[k];
        } else if (!line.left) {
            continue;
        } else if (k >= 0 && k < width) {
            sum += line.left[k];
        } else {
            // Only the second position can be inside here, and is where its column k + dx (before or after the seam) is.
            ptrdiff_t other = i < seam ? k + line.dx : k - seam;
            if (other >= 0 && other < width) sum += line.right[k < 0 ? k + width : k - width];
        }
    }
    return sum;
}

INLINED void NAME(edges)(NAME(line) line, ptrdiff_t taps, ptrdiff_t low, bool circular, REAL *out) {
    const ptrdiff_t high = taps - 1 - low, width = line.width, seam = circular ? width : width - line.dx;
    for (int part = 0; part < 2; part++) {
        const ptrdiff_t begin = part ? seam : 0, end = part ? width : seam;
        ptrdiff_t left = begin + low < end ? begin + low : end, right = end - high > left ? end - high : left;
        for (ptrdiff_t i = begin; i < left; i++) out[i] = NAME(sum_at)(line, i, taps, low, circular);
        for (ptrdiff_t i = right; i < end; i++) out[i] = NAME(sum_at)(line, i, taps, low, circular);
    }
}

// The same for the three taps of most networks: what stands left and right of the parts before and after the seam.
INLINED void NAME(edges_of_three)(const REAL *row, ptrdiff_t width, ptrdiff_t dx, REAL before, REAL at_seam, REAL past_seam,
                                  REAL after, REAL *out) {
    const ptrdiff_t seam = width - dx;
    out[0] = before + row[0] + (seam > 1 ? row[1] : at_seam);
    out[seam - 1] = (seam > 1 ? row[seam - 2] : before) + row[seam - 1] + at_seam;
    if (dx == 0) return;
    out[seam] = past_seam + row[seam] + (dx > 1 ? row[seam + 1] : after);
    out[width - 1] = (dx > 1 ? row[width - 2] : past_seam) + row[width - 1] + after;
}

INLINED void NAME(edges_of_three_rows)(const NAME(stack) *stack, bool circular, NAME(maps) left, NAME(maps) right,
                                       NAME(planes) planes, ptrdiff_t dy, ptrdiff_t dx) {
    const ptrdiff_t width = (ptrdiff_t)stack->width, height = (ptrdiff_t)stack->height, seam = width - dx;
    for (ptrdiff_t y = 0; y < height; y++) {
        const REAL *row = planes.distance + y * width, *tangent = planes.tangent + y * width;
        REAL *out = planes.distance_sums + y * width, *tangent_out = planes.tangent_sums + y * width;
        if (circular) {
            NAME(edges_of_three)(row, width, 0, row[width - 1], row[0], 0, 0, out);
            if (stack->with_tangent) {
                NAME(edges_of_three)(tangent, width, 0, tangent[width - 1], tangent[0], 0, 0, tangent_out);
            }
            continue;
        }
        const REAL *x = left.variance + y * width, *z = right.variance + (y + dy < height ? y + dy : y + dy - height) * width;
        if (dx) {
            NAME(edges_of_three)(row, width, dx, z[width - 1], x[seam], x[seam - 1], z[0], out);
        } else {
            NAME(edges_of_three)(row, width, 0, 0, 0, 0, 0, out);
        }
        if (stack->with_tangent) NAME(edges_of_three)(tangent, width, dx, 0, 0, 0, 0, tangent_out);
    }
}

INLINED void NAME(sum_rows)(const REAL *restrict in, size_t count, size_t taps, size_t low, REAL *restrict out) {
    if (taps == 3 && low == 1) {
        for (size_t i = 0; i < count; i++) out[i] = in[(ptrdiff_t)i - 1] + in[i] + in[i + 1];
        return;
    }
    const REAL *first = in - low;
    for (size_t i = 0; i < count; i++) out[i] = first[i];
    for (size_t tap = 1; tap < taps; tap++) {
        for (size_t i = 0; i < count; i++) out[i] += first[i + tap];
    }
}

MULTIVERSIONED
void NAME(tangent_plane_row_sums)(const REAL *map, size_t height, size_t width, size_t taps, size_t low, bool circular,
                                  REAL *sums) {
    for (size_t y = 0; y < height; y++) {
        NAME(line) line = {map + y * width, NULL, NULL, (ptrdiff_t)width, 0};
        for (size_t i = 0; i < width; i++) {
            sums[y * width + i] = NAME(sum_at)(line, (ptrdiff_t)i, (ptrdiff_t)taps, (ptrdiff_t)low, circular);
        }
    }
}

// e = |x_i - y_j|^2/channels.
INLINED void NAME(begin)(const NAME(stack) *stack, NAME(planes) planes, size_t dy) {
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

INLINED void NAME(sum_along_rows)(const NAME(stack) *stack, const NAME(layer) *layer, NAME(maps) left, NAME(maps) right,
                                  NAME(planes) planes, size_t dy, size_t dx, size_t taps, size_t low) {
    const size_t width = stack->width, height = stack->height, size = height * width;
    NAME(sum_rows)(planes.distance, size, taps, low, planes.distance_sums);
    if (stack->with_tangent) NAME(sum_rows)(planes.tangent, size, taps, low, planes.tangent_sums);
    if (taps == 1) return;
    if (taps == 3 && low == 1 && width > 1) {
        NAME(edges_of_three_rows)(stack, layer->circular, left, right, planes, (ptrdiff_t)dy, (ptrdiff_t)dx);
        return;
    }
    for (size_t y = 0; y < height; y++) {
        const size_t row = y * width, other = (y + dy < height ? y + dy : y + dy - height) * width;
        NAME(line) line = {planes.distance + row, left.variance + row, right.variance + other, (ptrdiff_t)width,
                           (ptrdiff_t)dx};
        NAME(edges)(line, (ptrdiff_t)taps, (ptrdiff_t)low, layer->circular, planes.distance_sums + row);
        if (!stack->with_tangent) continue;
        line.row = planes.tangent + row;
        line.left = NULL;
        NAME(edges)(line, (ptrdiff_t)taps, (ptrdiff_t)low, layer->circular, planes.tangent_sums + row);
    }
}

// The row of sums that stands at row `row` for an output row on the far side (`beyond`) or the near side of the seam.
INLINED void NAME(row_at)(const NAME(stack) *stack, const NAME(layer) *layer, NAME(maps) left, NAME(maps) right,
                          NAME(planes) planes, ptrdiff_t row, ptrdiff_t dy, bool beyond, const REAL **distance,
                          const REAL **tangent) {
    const ptrdiff_t height = (ptrdiff_t)stack->height, width = (ptrdiff_t)stack->width, seam = height - dy;
    *tangent = planes.zeros;
    if (layer->circular) row = row < 0 ? row + height : row >= height ? row - height : row;
    if (layer->circular || (beyond ? row >= seam && row < height : row >= 0 && row < seam)) {
        *distance = planes.distance_sums + row * width;
        *tangent = planes.tangent_sums + row * width;
    } else if (row >= 0 && row < height) {
        *distance = left.sums + row * width;
    } else {
        ptrdiff_t other = beyond ? row - seam : row + dy;
        *distance = other >= 0 && other < height ? right.sums + other * width : planes.zeros;
    }
}

// Output rows first..<end of one side of the seam. Three taps are added on the way; of another count the sums are made first,
// in the place of the output.
INLINED void NAME(sum_columns)(const NAME(stack) *stack, const NAME(layer) *layer, NAME(maps) left, NAME(maps) right,
                               NAME(planes) planes, size_t first, size_t end, size_t dy, bool beyond) {
    const size_t width = stack->width, from = first * width, count = (end - first) * width, taps = layer->taps[0];
    const size_t other = (beyond ? first + dy - stack->height : first + dy) * width;
    REAL *distance = planes.distance + from, *tangent = planes.tangent + from;
    NAME(rectifier_rows) rows = {{distance, planes.zeros, planes.zeros}, {tangent, planes.zeros, planes.zeros},
                                 left.deviation + from, right.deviation + other, distance, tangent};
    for (size_t tap = 0; tap < taps; tap++) {
        const REAL *row, *tangent_row;
        NAME(row_at)(stack, layer, left, right, planes, (ptrdiff_t)(first + tap) - (ptrdiff_t)layer->low[0], (ptrdiff_t)dy,
                     beyond, &row, &tangent_row);
        if (taps == 1 || taps == 3) {
            rows.distance[tap] = row;
            rows.tangent[tap] = tangent_row;
            continue;
        }
        for (size_t i = 0; i < count; i++) distance[i] = tap ? distance[i] + row[i] : row[i];
        if (!stack->with_tangent) continue;
        for (size_t i = 0; i < count; i++) tangent[i] = tap ? tangent[i] + tangent_row[i] : tangent_row[i];
    }
    NAME(layer_rows)(layer, rows, count, stack->with_tangent);
}

INLINED void NAME(run_layer)(const NAME(stack) *stack, size_t index, NAME(planes) planes, size_t dy, size_t dx) {
    const NAME(layer) *layer = &stack->layer[index];
    const NAME(maps) left = stack->left[index], right = stack->right[index];
    if (layer->taps[1] == 3 && layer->low[1] == 1) {
        NAME(sum_along_rows)(stack, layer, left, right, planes, dy, dx, 3, 1);
    } else {
        NAME(sum_along_rows)(stack, layer, left, right, planes, dy, dx, layer->taps[1], layer->low[1]);
    }
    const size_t low = layer->low[0], high = layer->taps[0] - 1 - low, seam = stack->height - dy;
    for (int part = 0; part < 2; part++) {
        // On each side of the seam the inner rows, whose taps all lie on the same side, are one long run.
        size_t row = part ? seam : 0, end = part ? stack->height : seam;
        const size_t inner = row + low, inner_end = end > high ? end - high : 0;
        while (row < end) {
            size_t next = row >= inner && row < inner_end ? inner_end : row + 1;
            NAME(sum_columns)(stack, layer, left, right, planes, row, next, dy, part);
            row = next;
        }
    }
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
    NAME(begin)(stack, planes, dy);
    for (size_t index = 0; index < stack->layers; index++) NAME(run_layer)(stack, index, planes, dy, dx);
    *distance = NAME(total)(planes.distance, stack->height, stack->width);
    *tangent = stack->with_tangent ? NAME(total)(planes.tangent, stack->height, stack->width) : 0;
}
