#define FAMILY "clipped_line.inc.h"
#include "both_precisions.h"
