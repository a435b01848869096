// zlib; inflateInit2 is a macro, which Swift does not import.
#pragma once
#include <zlib.h>
static inline int tangent_inflate_raw_init(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
