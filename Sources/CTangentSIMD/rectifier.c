#define FAMILY "rectifier.inc.h"
#include "both_precisions.h"
