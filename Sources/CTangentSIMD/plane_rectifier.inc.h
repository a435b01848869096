// What follows the sums of a convolution, element by element: the layer's own NTK term and the rectifier.
//
// With E the sum of squared distances, e = weight E, and s, t the deviations of the two positions over sqrt(weight):
// v = (E - (s - t)^2)/(s t) = 4 sin^2(theta/2), w = min(v, 4 - v), g = sin theta - theta cos theta, and
//   e' = A weight (E - (2 k/pi) s t g),   Theta' = A (1 - k theta/pi) Theta,   A = (a^2 + b^2)/2, k = (a - b)^2/(a^2 + b^2)
//   near (v = w):      theta = t,       g = g(w)
//   far  (v = 4 - w):  theta = pi - t,  g = g(w) + pi (1 - w/2),      t = 2 asin(sqrt(w)/2).
// The loop is bound by multiplications, so every constant factor is in the coefficients, and divisions, which would take as long
// as all the rest, are products with 1/s and 1/t and one step of Newton's: with fused multiplications a quotient to the last bit,
// for near v = 4 (opposite inputs) the root shows half of the digits that are lost.
//
// A layer is near if no covariance that comes in is negative, so that no angle is obtuse: then v = w, s t w is the chord
// E - (s - t)^2 itself, and half of the operations fall away.

typedef struct {
    // Three rows of sums to be added.
    const REAL *distance[3], *tangent[3];
    // The deviations of the two positions, and 1 over them.
    const REAL *s, *t, *inverse_s, *inverse_t;
    REAL *distance_out, *tangent_out;
} NAME(rectifier_rows);

// Even and odd powers apart: half the latency of Horner's rule.
INLINED REAL NAME(split_polynomial)(const REAL *coefficients, int degree, REAL w, REAL square) {
    const int last_even = degree & ~1, last_odd = (degree - 1) | 1;
    REAL even = coefficients[last_even], odd = coefficients[last_odd];
#pragma clang loop unroll(full)
    for (int k = last_even - 2; k >= 0; k -= 2) even = even * square + coefficients[k];
#pragma clang loop unroll(full)
    for (int k = last_odd - 2; k >= 1; k -= 2) odd = odd * square + coefficients[k];
    return odd * w + even;
}

void NAME(tangent_plane_prepare)(NAME(tangent_plane_layer) *layer) {
    // The tables are in powers of w/4: of sin^2(theta/2).
    const REAL gain = layer->gain * layer->weight;
    REAL scale = 2 * layer->k * (REAL)0.318309886183790671537767526745028724;
    for (int i = 0; i <= ARC_DEGREE; i++, scale /= 4) {
        layer->lune[i] = scale / 8 * NAME(lune)[i];
        layer->arc[i] = scale / 2 * gain * NAME(arc)[i];
        if (i <= NEAR_LUNE_DEGREE) layer->near_lune[i] = scale / 8 * gain * NEAR_LUNE[i];
        if (i <= NEAR_ARC_DEGREE) layer->near_arc[i] = scale / 2 * gain * NEAR_ARC[i];
    }
}

// The loops of near layers are written in vectors of one or two cache lines, which the compiler splits into registers: a
// coefficient is loaded once for all of them, and their chains of products run side by side.
typedef REAL NAME(chunk) __attribute__((ext_vector_type(64 / sizeof(REAL)), aligned(sizeof(REAL))));
typedef REAL NAME(wide_chunk) __attribute__((ext_vector_type(128 / sizeof(REAL)), aligned(sizeof(REAL))));

// Declares `sum`, by Horner's rule: what its latency leaves idle the other registers of the chunk fill.
#define POLYNOMIAL(CHUNK, sum, coefficients, degree, w) \
    CHUNK sum = coefficients[degree] * w + coefficients[degree - 1]; \
    _Pragma("clang loop unroll(full)") for (int k = degree - 2; k >= 0; k--) sum = sum * w + coefficients[k]

INLINED void NAME(rectify_near)(const NAME(tangent_plane_layer) *layer, NAME(rectifier_rows) rows, size_t count,
                                bool with_tangent, bool plain) {
    // As many elements as counts are multiples of.
    typedef REAL chunk __attribute__((ext_vector_type(16), aligned(sizeof(REAL))));
    const REAL gain = layer->gain * layer->weight, own_scale = layer->own_scale;
    const REAL own_offset = layer->own_offset / layer->weight;
    for (size_t i = 0; i < count; i += 16) {
#define AT(pointer) (*(const chunk *)((pointer) + i))
        const chunk e = AT(rows.distance[0]) + AT(rows.distance[1]) + AT(rows.distance[2]);
        const chunk s = AT(rows.s), t = AT(rows.t), step = s - t, chord = e - step * step;
        // Rounding may take equal inputs below zero.
        const chunk w = __builtin_elementwise_abs(chord * (AT(rows.inverse_s) * AT(rows.inverse_t)));
        const chunk root = __builtin_elementwise_sqrt(w);
        POLYNOMIAL(chunk, lune, layer->near_lune, NEAR_LUNE_DEGREE, w);
        *(chunk *)(rows.distance_out + i) = gain * e - (chord * root) * lune;
        if (with_tangent) {
            POLYNOMIAL(chunk, arc, layer->near_arc, NEAR_ARC_DEGREE, w);
            const chunk own = s * t - chord / 2, slope = gain - root * arc;
            const chunk sum = AT(rows.tangent[0]) + AT(rows.tangent[1]) + AT(rows.tangent[2]);
            *(chunk *)(rows.tangent_out + i) = slope * (sum + (plain ? own : own_scale * own + own_offset));
        }
#undef AT
    }
}

INLINED void NAME(rectify)(const NAME(tangent_plane_layer) *layer, NAME(rectifier_rows) rows, size_t count,
                           bool with_tangent, bool plain) {
    const REAL gain = layer->gain * layer->weight, far_scale = 2 * layer->k, far_rest = gain * (1 - layer->k);
    const REAL own_scale = layer->own_scale, own_offset = layer->own_offset / layer->weight;
    REAL lune_terms[ARC_DEGREE + 1], arc_terms[ARC_DEGREE + 1];
    for (int i = 0; i <= ARC_DEGREE; i++) lune_terms[i] = layer->lune[i], arc_terms[i] = layer->arc[i];
#pragma clang loop vectorize(assume_safety) interleave_count(2)
    for (size_t i = 0; i < count; i++) {
        REAL e = rows.distance[0][i] + rows.distance[1][i] + rows.distance[2][i];
        REAL s = rows.s[i], t = rows.t[i], step = s - t, product = s * t;
        // Where a variance is 0 so is the product, by which all that v decides is multiplied.
        REAL chord = e - step * step, inverse = rows.inverse_s[i] * rows.inverse_t[i], v = chord * inverse;
        v = v + (chord - v * product) * inverse;
        bool far = v > 2;
        REAL other = 4 - v, w = v < other ? v : other;
        w = w > 0 ? w : 0;
        REAL root = SQRT(w), square = w * w, kernel = product * (1 - w / 2);
        REAL lune = w * root * NAME(split_polynomial)(lune_terms, ARC_DEGREE, w, square);
        rows.distance_out[i] = gain * (e - product * lune - (far ? far_scale : 0) * kernel);
        if (with_tangent) {
            REAL turn = root * NAME(split_polynomial)(arc_terms, ARC_DEGREE, w, square);
            REAL slope = far ? far_rest + turn : gain - turn;
            REAL own = far ? -kernel : kernel;
            REAL sum = rows.tangent[0][i] + rows.tangent[1][i] + rows.tangent[2][i];
            rows.tangent_out[i] = slope * (sum + (plain ? own : own_scale * own + own_offset));
        }
    }
}

INLINED void NAME(keep_linear)(const NAME(tangent_plane_layer) *layer, NAME(rectifier_rows) rows, size_t count,
                               bool with_tangent) {
    const REAL weight = layer->weight, own_scale = layer->own_scale, own_offset = layer->own_offset;
#pragma clang loop vectorize(assume_safety) interleave_count(2)
    for (size_t i = 0; i < count; i++) {
        REAL e = rows.distance[0][i] + rows.distance[1][i] + rows.distance[2][i];
        REAL s = rows.s[i], t = rows.t[i];
        rows.distance_out[i] = weight * e;
        if (with_tangent) {
            REAL sum = rows.tangent[0][i] + rows.tangent[1][i] + rows.tangent[2][i];
            rows.tangent_out[i] = weight * (sum + own_scale * ((s * s + t * t - e) / 2)) + own_offset;
        }
    }
}

// The count is rounded up to whole vectors, which may overwrite the start of the next row with nonsense: rows go in order.
INLINED void NAME(layer_rows)(const NAME(tangent_plane_layer) *layer, NAME(rectifier_rows) rows, size_t count,
                              bool with_tangent) {
    count = (count + 15) / 16 * 16;
    if (!layer->rectified) {
        NAME(keep_linear)(layer, rows, count, with_tangent);
        return;
    }
    const bool plain = layer->own_scale == 1 && layer->own_offset == 0;
    if (layer->near) {
        if (!with_tangent) NAME(rectify_near)(layer, rows, count, false, true);
        else if (plain) NAME(rectify_near)(layer, rows, count, true, true);
        else NAME(rectify_near)(layer, rows, count, true, false);
    } else if (!with_tangent) {
        NAME(rectify)(layer, rows, count, false, true);
    } else if (plain) {
        NAME(rectify)(layer, rows, count, true, true);
    } else {
        NAME(rectify)(layer, rows, count, true, false);
    }
}
