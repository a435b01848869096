#define FAMILY "series.inc.h"
#include "both_precisions.h"
