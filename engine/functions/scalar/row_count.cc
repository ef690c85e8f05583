// What a query that stands for one value is held to.
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

void AtMostOneRowKernel(KernelCall& call) {
  const Vector& rows = call.argument(0);
  ComputeRows<uint8_t>(call, [&](uint32_t row) -> uint8_t {
    if (rows.At<int64_t>(row) <= 1) return 1;
    call.Fail(row, CellError::kMoreThanOneRow);
    return 0;
  });
}

}  // namespace

void AddRowCountFunctions(ScalarFunctionList* list) {
  list->push_back({"at_most_one_row",
                   {TypeKind::kBigint},
                   TypeKind::kBoolean,
                   AtMostOneRowKernel,
                   "TRUE for a number of rows of at most one, else an ERROR."});
}

}  // namespace freshet
