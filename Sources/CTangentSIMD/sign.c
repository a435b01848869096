#define FAMILY "sign.inc.h"
#include "both_precisions.h"
