#define FAMILY "gabor.inc.h"
#include "both_precisions.h"
