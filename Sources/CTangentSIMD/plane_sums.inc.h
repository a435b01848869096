// The sums of a convolution over a plane: along its rows, then along its columns, with the seam and the edges.

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

INLINED void NAME(edges_of_three_rows)(const NAME(layer) *layer, bool with_tangent, NAME(maps) left, NAME(maps) right,
                                       NAME(planes) planes, ptrdiff_t dy, ptrdiff_t dx) {
    const ptrdiff_t width = (ptrdiff_t)layer->width, height = (ptrdiff_t)layer->height, seam = width - dx;
    for (ptrdiff_t y = 0; y < height; y++) {
        const REAL *row = planes.distance + y * width, *tangent = planes.tangent + y * width;
        REAL *out = planes.distance_sums + y * width, *tangent_out = planes.tangent_sums + y * width;
        if (layer->circular) {
            NAME(edges_of_three)(row, width, 0, row[width - 1], row[0], 0, 0, out);
            if (with_tangent) {
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
        if (with_tangent) NAME(edges_of_three)(tangent, width, dx, 0, 0, 0, 0, tangent_out);
    }
}

INLINED void NAME(sum_rows)(const REAL *restrict in, size_t count, size_t taps, size_t low, REAL *restrict out) {
    if (taps == 3 && low == 1) {
        // A distance that the compiler does not know: it would keep what the last round has loaded and shuffle it, which takes
        // longer than to load it again.
        ptrdiff_t one = 1;
        __asm__("" : "+r"(one));
        for (size_t i = 0; i < count; i++) out[i] = in[(ptrdiff_t)i - one] + in[i] + in[(ptrdiff_t)i + one];
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

INLINED void NAME(sum_along_rows)(const NAME(layer) *layer, bool with_tangent, NAME(maps) left, NAME(maps) right,
                                  NAME(planes) planes, size_t dy, size_t dx, size_t taps, size_t low) {
    const size_t width = layer->width, height = layer->height, size = height * width;
    NAME(sum_rows)(planes.distance, size, taps, low, planes.distance_sums);
    if (with_tangent) NAME(sum_rows)(planes.tangent, size, taps, low, planes.tangent_sums);
    if (taps == 1) return;
    if (taps == 3 && low == 1 && width > 1) {
        NAME(edges_of_three_rows)(layer, with_tangent, left, right, planes, (ptrdiff_t)dy, (ptrdiff_t)dx);
        return;
    }
    for (size_t y = 0; y < height; y++) {
        const size_t row = y * width, other = (y + dy < height ? y + dy : y + dy - height) * width;
        NAME(line) line = {planes.distance + row, left.variance + row, right.variance + other, (ptrdiff_t)width,
                           (ptrdiff_t)dx};
        NAME(edges)(line, (ptrdiff_t)taps, (ptrdiff_t)low, layer->circular, planes.distance_sums + row);
        if (!with_tangent) continue;
        line.row = planes.tangent + row;
        line.left = NULL;
        NAME(edges)(line, (ptrdiff_t)taps, (ptrdiff_t)low, layer->circular, planes.tangent_sums + row);
    }
}

// Every `stride`-th element of each row, in place: rows are whole multiples of it, so nothing is overwritten before it is read.
INLINED void NAME(thin)(REAL *plane, size_t size, size_t stride) {
    for (size_t i = 0; i < size / stride; i++) plane[i] = plane[i * stride];
}

// The row of sums that stands at row `row` for an output row on the far side (`beyond`) or the near side of the seam.
INLINED void NAME(row_at)(const NAME(layer) *layer, NAME(maps) left, NAME(maps) right, NAME(planes) planes, ptrdiff_t row,
                          ptrdiff_t width, ptrdiff_t dy, bool beyond, const REAL **distance, const REAL **tangent) {
    const ptrdiff_t height = (ptrdiff_t)layer->height, seam = height - dy;
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

// Output rows first..<end of one side of the seam, in the place `after` the layer. Three taps are added on the way; of another count the sums are made first,
// in the place of the output.
INLINED void NAME(sum_columns)(const NAME(layer) *layer, bool with_tangent, NAME(maps) left, NAME(maps) right,
                               NAME(planes) planes, NAME(place) after, size_t first, size_t end, size_t dy, bool beyond) {
    const size_t stride = layer->strides[0], width = after.width, taps = layer->taps[0];
    const size_t from = first * width, count = (end - first) * width;
    const size_t other = (beyond ? first + after.dy - after.height : first + after.dy) * width;
    REAL *distance = planes.distance + from, *tangent = planes.tangent + from;
    NAME(rectifier_rows) rows = {{distance, planes.zeros, planes.zeros}, {tangent, planes.zeros, planes.zeros},
                                 left.deviation + from, right.deviation + other, left.inverse + from,
                                 right.inverse + other, distance, tangent};
    for (size_t tap = 0; tap < taps; tap++) {
        const REAL *row, *tangent_row;
        NAME(row_at)(layer, left, right, planes, (ptrdiff_t)(first * stride + tap) - (ptrdiff_t)layer->low[0],
                     (ptrdiff_t)width, (ptrdiff_t)dy, beyond, &row, &tangent_row);
        if (taps == 1 || taps == 3) {
            rows.distance[tap] = row;
            rows.tangent[tap] = tangent_row;
            continue;
        }
        for (size_t i = 0; i < count; i++) distance[i] = tap ? distance[i] + row[i] : row[i];
        if (!with_tangent) continue;
        for (size_t i = 0; i < count; i++) tangent[i] = tap ? tangent[i] + tangent_row[i] : tangent_row[i];
    }
    NAME(layer_rows)(layer, rows, count, with_tangent);
}
