// Comparison operators over all types, by value_order.h.
#include "engine/columnar/array.h"
#include "engine/expr/kernel_loops.h"
#include "engine/expr/value_order.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_lanes.h"

namespace freshet {
namespace {

struct Equal {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return ValueEquals(a, b);
  }
};
struct NotEqual {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !ValueEquals(a, b);
  }
};
struct Less {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return ValueLess(a, b);
  }
};
struct LessOrEqual {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !ValueLess(b, a);
  }
};
struct Greater {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return ValueLess(b, a);
  }
};
struct GreaterOrEqual {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !ValueLess(a, b);
  }
};

template <typename T, typename Comparison>
void CompareLanes(KernelCall& call) {
  BinaryLanes<uint8_t, T, T>(call, [](T a, T b) { return static_cast<uint8_t>(Comparison()(a, b)); });
}

template <typename T, typename Comparison>
void CompareRows(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  ComputeRows<uint8_t>(call,
                       [&](uint32_t row) { return static_cast<uint8_t>(Comparison()(a.At<T>(row), b.At<T>(row))); });
}

template <typename Comparison>
void CompareNumerics(KernelCall& call) {
  numeric_lanes::Binary<uint8_t, numeric_lanes::Aligned>(
      call, [](const numeric_lanes::Aligned& lane) { return static_cast<uint8_t>(Comparison()(lane.a, lane.b)); },
      [](uint32_t, const Numeric& a, const Numeric& b) { return static_cast<uint8_t>(Comparison()(a, b)); });
}

template <typename Comparison>
void CompareComparedBytes(KernelCall& call) {
  auto compared = [&](size_t argument, uint32_t row) {
    const Vector& vector = call.argument(argument);
    return ComparedBytes(vector.At<StringCell>(row).view(), vector.type());
  };
  ComputeRows<uint8_t>(
      call, [&](uint32_t row) { return static_cast<uint8_t>(Comparison()(compared(0, row), compared(1, row))); });
}

template <typename Comparison>
void AddComparison(ScalarFunctionList* list, std::string_view symbol, std::string_view doc) {
  auto add = [&](TypeKind kind, ScalarKernel kernel) {
    list->push_back({symbol, {kind, kind}, TypeKind::kBoolean, kernel, doc});
  };
  add(TypeKind::kBoolean, CompareLanes<uint8_t, Comparison>);
  add(TypeKind::kSmallint, CompareLanes<int32_t, Comparison>);
  add(TypeKind::kInteger, CompareLanes<int32_t, Comparison>);
  add(TypeKind::kBigint, CompareLanes<int64_t, Comparison>);
  add(TypeKind::kNumeric, CompareNumerics<Comparison>);
  add(TypeKind::kDouble, CompareLanes<double, Comparison>);
  add(TypeKind::kText, CompareRows<StringCell, Comparison>);
  add(TypeKind::kDate, CompareLanes<int32_t, Comparison>);
  add(TypeKind::kTimestamp, CompareLanes<int64_t, Comparison>);
  add(TypeKind::kTimestamptz, CompareLanes<int64_t, Comparison>);
  add(TypeKind::kReal, CompareLanes<double, Comparison>);
  for (auto [a, b] : {std::pair(TypeKind::kReal, TypeKind::kDouble), {TypeKind::kDouble, TypeKind::kReal}}) {
    list->push_back({symbol, {a, b}, TypeKind::kBoolean, CompareLanes<double, Comparison>, doc});
  }
  add(TypeKind::kTime, CompareLanes<int64_t, Comparison>);
  add(TypeKind::kBytea, CompareRows<StringCell, Comparison>);
  add(TypeKind::kUuid, CompareRows<StringCell, Comparison>);
  add(TypeKind::kInterval, CompareComparedBytes<Comparison>);
  add(TypeKind::kArray, CompareComparedBytes<Comparison>);
}

}  // namespace

void AddComparisonFunctions(ScalarFunctionList* list) {
  const std::vector<TypeKind> jsons(2, TypeKind::kJsonb);
  list->push_back({"=", jsons, TypeKind::kBoolean, CompareRows<StringCell, Equal>,
                   "Whether two JSON values are equal; numbers by their digits: 1.0 is not 1.00."});
  list->push_back({"<>", jsons, TypeKind::kBoolean, CompareRows<StringCell, NotEqual>,
                   "Whether two JSON values differ; numbers by their digits: 1.0 is not 1.00."});
  AddComparison<Equal>(list, "=", "Whether both values are equal; NaN = NaN, 1.0 = 1.00.");
  AddComparison<NotEqual>(list, "<>", "Whether the values differ.");
  AddComparison<Less>(list, "<", "Whether the first is below the second; NaN is above every number, text by bytes.");
  AddComparison<LessOrEqual>(list, "<=", "Whether the first is not above the second.");
  AddComparison<Greater>(list, ">", "Whether the first is above the second.");
  AddComparison<GreaterOrEqual>(list, ">=", "Whether the first is not below the second.");
}

}  // namespace freshet
