// Files that the binary carries with it.
#pragma once
#include <stddef.h>

extern const unsigned char tangent_openapi_yaml[];
extern const size_t tangent_openapi_yaml_length;
