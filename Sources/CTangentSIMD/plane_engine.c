#define FAMILY "plane_engine.inc.h"
#include "both_precisions.h"
