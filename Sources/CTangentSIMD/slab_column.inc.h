// One chunk of all rows of a block through a layer, for `CHUNK` a vector of one cache line and of two.
//
// What a layer makes of m = (sum of squared distances)/2 is in plane_rectifier.inc.h.

#define AT(pointer) (*(const CHUNK *)(pointer))

INLINED void COLUMN(sum_diagonals)(const REAL *block, NAME(block_shape) shape, size_t taps, REAL *lines) {
    const ptrdiff_t next = (ptrdiff_t)shape.pitch + 1;
    for (size_t x = 0; x < shape.width; x++) {
        *(CHUNK *)lines = taps == 3 ? AT(block - next) + AT(block) + AT(block + next) : AT(block);
        block += shape.pitch, lines += shape.run;
    }
}

// `plain`: the layer's own term is K' itself, and an offset.
INLINED void COLUMN(carry)(const NAME(layer) *layer, NAME(block_rows) rows, NAME(block_shape) shape, size_t first,
                           NAME(block_kind) kind, bool with_tangent, bool plain) {
    const REAL gain = layer->gain * layer->weight, own_scale = layer->own_scale;
    const REAL far_scale = 2 * layer->k, far_rest = gain * (1 - layer->k);
    const REAL *lune_terms = kind == NAME(is_near) ? layer->near_lune : layer->lune;
    const REAL *arc_terms = kind == NAME(is_near) ? layer->near_arc : layer->arc;
    const REAL *lines = rows.lines + first, *tangent_lines = rows.tangent_lines + first;
    const REAL *left = rows.left, *right = rows.right + first;
    REAL *out = rows.distance + first, *tangent_out = rows.tangent + first;
    for (size_t x = 0; x < shape.width; x++) {
        const CHUNK m = AT(lines) + AT(lines + shape.lines) + AT(lines + 2 * shape.lines);
        // Of the first image: s, 1/s and its part of the own term; of the second t, 1/t and its part.
        const REAL s = left[0], inverse_s = left[shape.run], own_left = left[2 * shape.run];
        const CHUNK t = AT(right), step = s - t, chord = m - step * step;
        CHUNK slope = (CHUNK)gain;
        if (kind == NAME(is_linear)) {
            *(CHUNK *)out = gain * m;
        } else if (kind == NAME(is_near)) {
            // Rounding may take equal inputs below zero.
            const CHUNK w = __builtin_elementwise_abs(chord * (inverse_s * AT(right + shape.run)));
            const CHUNK root = __builtin_elementwise_sqrt(w);
            POLYNOMIAL(CHUNK, lune, lune_terms, NEAR_LUNE_DEGREE, w);
            *(CHUNK *)out = gain * m - (chord * root) * lune;
            if (with_tangent) {
                POLYNOMIAL(CHUNK, arc, arc_terms, NEAR_ARC_DEGREE, w);
                slope = gain - root * arc;
            }
        } else {
            const CHUNK product = s * t, inverse = inverse_s * AT(right + shape.run), quotient = chord * inverse;
            const CHUNK v = quotient + (chord - quotient * product) * inverse;
            const CHUNK w = __builtin_elementwise_max(__builtin_elementwise_min(v, 4 - v), (CHUNK)0);
            const CHUNK root = __builtin_elementwise_sqrt(w);
            POLYNOMIAL(CHUNK, lune, lune_terms, ARC_DEGREE, w);
            *(CHUNK *)out = gain * (m - product * (w * root * lune + (v > 2 ? far_scale * (1 - w / 2) : (CHUNK)0)));
            if (with_tangent) {
                POLYNOMIAL(CHUNK, arc, arc_terms, ARC_DEGREE, w);
                const CHUNK turn = root * arc;
                slope = v > 2 ? far_rest + turn : gain - turn;
            }
        }
        if (with_tangent) {
            CHUNK sum = AT(tangent_lines) + AT(tangent_lines + shape.lines) + AT(tangent_lines + 2 * shape.lines);
            sum += AT(right + 2 * shape.run) + own_left;
            *(CHUNK *)tangent_out = slope * (plain ? sum - m : sum - own_scale * m);
        }
        lines += shape.run, tangent_lines += shape.run, left += 1, out += shape.pitch, tangent_out += shape.pitch;
    }
}

#undef AT
