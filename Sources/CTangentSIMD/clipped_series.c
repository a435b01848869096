#define FAMILY "clipped_series.inc.h"
#include "both_precisions.h"
