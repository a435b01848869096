#define FAMILY "rectified_monomial.inc.h"
#include "both_precisions.h"
