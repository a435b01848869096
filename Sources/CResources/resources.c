#include "CResources.h"

static const unsigned char openapi_yaml[] = {
#embed "../../openapi.yaml"
};

const unsigned char *tangent_openapi_yaml(void) { return openapi_yaml; }
size_t tangent_openapi_yaml_length(void) { return sizeof openapi_yaml; }
