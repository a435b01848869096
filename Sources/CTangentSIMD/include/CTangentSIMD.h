// The inner loops of the kernels, in C for function multiversioning.
#pragma once
