// Decimal text and floating point: the C++ standard library's correctly rounded conversions, which C lacks.
#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
/// Parses the longest decimal number at the front of text[0..<length] (no leading space or plus sign, no hexadecimal).
/// Returns the number of bytes read, 0 where there is no number, and -1 where the value is beyond the range of a double.
/// An underflow gives the nearest representable value (a subnormal or zero).
ptrdiff_t tangent_parse_double(const char *text, size_t length, double *value);
/// Writes the shortest text that reads back as the same value (at most 32 bytes); returns its length.
size_t tangent_write_double(double value, char *text);
size_t tangent_write_float(float value, char *text);
#ifdef __cplusplus
}
#endif
