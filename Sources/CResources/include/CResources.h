// Files that the binary carries with it.
#pragma once
#include <stddef.h>

/// The text of openapi.yaml, for the life of the process.
const unsigned char *tangent_openapi_yaml(void);
size_t tangent_openapi_yaml_length(void);
