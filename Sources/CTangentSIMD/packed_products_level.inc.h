// Both precisions of the products with packed rows at one LEVEL.
#define VECTOR_BYTES OF_LEVEL(VECTOR_BYTES)
#define VECTORS OF_LEVEL(VECTORS)
#define COLUMNS OF_LEVEL(COLUMNS)
#define BLOCK_BYTES OF_LEVEL(BLOCK_BYTES)

#define REAL double
#define PRECISION f64
#include "packed_products.inc.h"
#undef REAL
#undef PRECISION

#define REAL float
#define PRECISION f32
#include "packed_products.inc.h"
#undef REAL
#undef PRECISION

#undef VECTOR_BYTES
#undef VECTORS
#undef COLUMNS
#undef BLOCK_BYTES
