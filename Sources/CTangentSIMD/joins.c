#define FAMILY "joins.inc.h"
#include "both_precisions.h"
