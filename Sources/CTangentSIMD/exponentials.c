#define FAMILY "exponentials.inc.h"
#include "both_precisions.h"
