// OpenBLAS's CBLAS interface and LAPACKE, with the thread controls of OpenBLAS; and getauxval, which Swift's Glibc module lacks:
// choosing OpenBLAS's kernels takes knowing how the program was started.
#pragma once
#include <cblas.h>
#include <lapacke.h>
#include <sys/auxv.h>
