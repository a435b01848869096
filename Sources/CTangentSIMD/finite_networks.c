#define FAMILY "finite_networks.inc.h"
#include "both_precisions.h"
