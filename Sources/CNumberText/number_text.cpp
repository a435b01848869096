#include "CNumberText.h"

#include <charconv>
#include <cstdlib>
#include <string>

namespace {
// from_chars reports overflow and underflow alike and leaves the value alone; strtod tells them apart.
// Reached only by numbers outside the range of a double.
ptrdiff_t parse_out_of_range(const char *text, size_t length, double *value) {
    const std::string copy(text, length);
    const double parsed = std::strtod(copy.c_str(), nullptr);
    if (parsed > 1 || parsed < -1) return -1;
    *value = parsed;
    return static_cast<ptrdiff_t>(length);
}
}  // namespace

extern "C" ptrdiff_t tangent_parse_double(const char *text, size_t length, double *value) {
    const std::from_chars_result result = std::from_chars(text, text + length, *value, std::chars_format::general);
    const size_t read = static_cast<size_t>(result.ptr - text);
    if (result.ec == std::errc::invalid_argument) return 0;
    if (result.ec == std::errc::result_out_of_range) return parse_out_of_range(text, read, value);
    return static_cast<ptrdiff_t>(read);
}

extern "C" size_t tangent_write_double(double value, char *text) {
    return static_cast<size_t>(std::to_chars(text, text + 32, value).ptr - text);
}

extern "C" size_t tangent_write_float(float value, char *text) {
    return static_cast<size_t>(std::to_chars(text, text + 32, value).ptr - text);
}
