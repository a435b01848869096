#define FAMILY "error_function.inc.h"
#include "both_precisions.h"
