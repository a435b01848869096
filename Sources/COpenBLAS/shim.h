// OpenBLAS's CBLAS interface and LAPACKE, with the thread controls of OpenBLAS.
#pragma once
#include <cblas.h>
#include <lapacke.h>
