#include "CResources.h"

const unsigned char tangent_openapi_yaml[] = {
#embed "../../openapi.yaml"
};
const size_t tangent_openapi_yaml_length = sizeof tangent_openapi_yaml;
