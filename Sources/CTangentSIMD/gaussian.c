#define FAMILY "gaussian.inc.h"
#include "both_precisions.h"
