#define FAMILY "strips.inc.h"
#include "both_precisions.h"
