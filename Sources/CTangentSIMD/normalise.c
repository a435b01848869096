#define FAMILY "normalise.inc.h"
#include "both_precisions.h"
