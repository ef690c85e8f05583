// The kernels of the language itself: three-valued logic, NULL tests and the choice between two vectors. They look at
// NULL and ERROR cells themselves, so they are called without the frame's marking of invalid rows.
#pragma once

#include "engine/expr/kernel.h"

namespace freshet {

// (boolean, boolean). FALSE beside NULL or ERROR is FALSE; else ERROR wins over NULL, the first ERROR over the second.
void AndKernel(KernelCall& call);
// Likewise with TRUE.
void OrKernel(KernelCall& call);
// (T) -> boolean: whether the argument equals one of the call's set. NULL where it does not and the set has a NULL.
void IsOneOfKernel(KernelCall& call);
// (boolean)
void NotKernel(KernelCall& call);
// (any) -> boolean; ERROR stays.
void IsNullKernel(KernelCall& call);
// (T, T) -> boolean, never NULL.
void IsDistinctFromKernel(KernelCall& call);
// (T, T) -> T
void NullIfKernel(KernelCall& call);
// (boolean, T, T) -> T: the second where the first is TRUE, else the third. Computes nothing lazily: for operands that
// are cheap.
void ChooseKernel(KernelCall& call);
// (T, T) -> T: the second where the first is NULL.
void CoalesceKernel(KernelCall& call);
// (T, T) -> T: the second where the first is ERROR.
void IfErrorKernel(KernelCall& call);

}  // namespace freshet
