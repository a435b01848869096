#define FAMILY "polar_quadrature.inc.h"
#include "both_precisions.h"
