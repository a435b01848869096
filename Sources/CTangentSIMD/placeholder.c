#include "CTangentSIMD.h"
