#define FAMILY "sinusoid.inc.h"
#include "both_precisions.h"
