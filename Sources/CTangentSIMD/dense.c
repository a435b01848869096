#define FAMILY "dense.inc.h"
#include "both_precisions.h"
