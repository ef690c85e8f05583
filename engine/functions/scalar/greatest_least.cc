// greatest and least of two values, NULLs left out. More arguments are nested calls.
#include "engine/expr/kernel_loops.h"
#include "engine/expr/value_order.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

template <typename T, bool kGreatest>
void PickKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  if constexpr (std::is_same_v<T, StringCell>) {
    call.ShareHeaps(a);
    call.ShareHeaps(b);
  }
  ComputeRows<T>(call, [&](uint32_t row) {
    if (!a.IsValue(row)) {
      if (b.IsValue(row)) return b.At<T>(row);
      call.SetNull(row);
      return T();
    }
    if (!b.IsValue(row)) return a.At<T>(row);
    bool take_second = kGreatest ? ValueLess(a.At<T>(row), b.At<T>(row)) : ValueLess(b.At<T>(row), a.At<T>(row));
    return take_second ? b.At<T>(row) : a.At<T>(row);
  });
}

template <typename T>
void AddPick(ScalarFunctionList* list, TypeKind kind) {
  list->push_back(
      {"greatest", {kind, kind}, kind, PickKernel<T, true>, "The greater of the values that are not NULL.", false});
  list->push_back(
      {"least", {kind, kind}, kind, PickKernel<T, false>, "The lesser of the values that are not NULL.", false});
}

}  // namespace

void AddGreatestLeastFunctions(ScalarFunctionList* list) {
  AddPick<uint8_t>(list, TypeKind::kBoolean);
  AddPick<int32_t>(list, TypeKind::kSmallint);
  AddPick<int32_t>(list, TypeKind::kInteger);
  AddPick<int64_t>(list, TypeKind::kBigint);
  AddPick<Numeric>(list, TypeKind::kNumeric);
  AddPick<double>(list, TypeKind::kDouble);
  AddPick<StringCell>(list, TypeKind::kText);
  AddPick<int32_t>(list, TypeKind::kDate);
  AddPick<int64_t>(list, TypeKind::kTimestamp);
  AddPick<int64_t>(list, TypeKind::kTimestamptz);
  AddPick<double>(list, TypeKind::kReal);
  AddPick<int64_t>(list, TypeKind::kTime);
  AddPick<StringCell>(list, TypeKind::kBytea);
  AddPick<StringCell>(list, TypeKind::kUuid);
  AddPick<StringCell>(list, TypeKind::kInterval);
  AddPick<StringCell>(list, TypeKind::kArray);
}

}  // namespace freshet
