#define FAMILY "gelu.inc.h"
#include "both_precisions.h"
