#define FAMILY "tabulated.inc.h"
#include "both_precisions.h"
