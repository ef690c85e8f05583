// Casts between booleans and numbers. From double to whole numbers rounds half to even, from numeric half away from
// zero, as in PostgreSQL.
#include <cmath>
#include <limits>

#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

template <typename To, typename From>
void Widen(KernelCall& call) {
  UnaryLanes<To, From>(call, [](From value) { return static_cast<To>(value); });
}

template <typename Lane, typename Value, typename From>
struct Narrow {
  static Lane Apply(From value, FailureMask<Lane>& failed) {
    constexpr From kMin = std::numeric_limits<Value>::min();
    constexpr From kMax = std::numeric_limits<Value>::max();
    bool fits = (value >= kMin) & (value <= kMax);
    failed |= -static_cast<FailureMask<Lane>>(!fits);
    return static_cast<Lane>(value);
  }
  static CellError Reason(From) { return CellError::kOverflow; }
};

template <typename Lane, typename Value>
struct RoundDouble {
  static Lane Apply(double value, FailureMask<Lane>& failed) {
    // The upper bound is exact as a power of two; the greatest int64_t is not a double.
    constexpr double kBound = -static_cast<double>(std::numeric_limits<Value>::min());
    double whole = std::rint(value);
    bool fits = (whole >= -kBound) & (whole < kBound);
    failed |= -static_cast<FailureMask<Lane>>(!fits);
    return fits ? static_cast<Lane>(whole) : Lane{0};
  }
  static CellError Reason(double) { return CellError::kOverflow; }
};

// With the modifier of the call's type.
Numeric Fit(KernelCall& call, uint32_t row, const std::optional<Numeric>& value) {
  std::optional<Numeric> fitting = value ? FitNumeric(*value, call.result_type()) : std::nullopt;
  if (fitting) return *fitting;
  call.Fail(row, CellError::kOverflow);
  return Numeric();
}

template <typename Lane>
void NumericFromWhole(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<Numeric>(call, [&](uint32_t row) { return Fit(call, row, Numeric::Make(a.At<Lane>(row), 0)); });
}

void NumericFromDoubleKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<Numeric>(call, [&](uint32_t row) { return Fit(call, row, NumericFromDouble(a.At<double>(row))); });
}

void NumericFromNumeric(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<Numeric>(call, [&](uint32_t row) { return Fit(call, row, a.At<Numeric>(row)); });
}

void DoubleFromNumericKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<double>(call, [&](uint32_t row) { return DoubleFromNumeric(a.At<Numeric>(row)); });
}

template <typename Lane, typename Value>
void WholeFromNumeric(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<Lane>(call, [&](uint32_t row) {
    std::optional<int64_t> whole = Int64FromNumeric(a.At<Numeric>(row));
    if (whole && *whole >= std::numeric_limits<Value>::min() && *whole <= std::numeric_limits<Value>::max()) {
      return static_cast<Lane>(*whole);
    }
    call.Fail(row, CellError::kOverflow);
    return Lane{0};
  });
}

void BooleanFromInteger(KernelCall& call) {
  UnaryLanes<uint8_t, int32_t>(call, [](int32_t value) { return static_cast<uint8_t>(value != 0); });
}

void IntegerFromBoolean(KernelCall& call) {
  UnaryLanes<int32_t, uint8_t>(call, [](uint8_t value) { return static_cast<int32_t>(value & 1); });
}

}  // namespace

void AddNumberCasts(ScalarFunctionList* list) {
  constexpr std::string_view kExact = "The same number.";
  constexpr std::string_view kChecked = "The same number; ERROR if it does not fit.";
  constexpr std::string_view kRounded = "The nearest whole number; ERROR if it does not fit.";
  constexpr std::string_view kDecimal = "The number, rounded to the scale of the type, if it has one.";
  using enum TypeKind;
  auto add = [&](TypeKind from, TypeKind to, ScalarKernel kernel, std::string_view doc) {
    list->push_back({"cast", {from}, to, kernel, doc});
  };
  add(kBoolean, kInteger, IntegerFromBoolean, "1 for TRUE, 0 for FALSE.");
  add(kInteger, kBoolean, BooleanFromInteger, "FALSE for 0, else TRUE.");

  add(kSmallint, kInteger, Widen<int32_t, int32_t>, kExact);
  add(kSmallint, kBigint, Widen<int64_t, int32_t>, kExact);
  add(kInteger, kBigint, Widen<int64_t, int32_t>, kExact);
  add(kInteger, kSmallint, CheckedUnaryLanes<int32_t, int32_t, Narrow<int32_t, int16_t, int32_t>>, kChecked);
  add(kBigint, kSmallint, CheckedUnaryLanes<int32_t, int64_t, Narrow<int32_t, int16_t, int64_t>>, kChecked);
  add(kBigint, kInteger, CheckedUnaryLanes<int32_t, int64_t, Narrow<int32_t, int32_t, int64_t>>, kChecked);

  add(kSmallint, kDouble, Widen<double, int32_t>, kExact);
  add(kInteger, kDouble, Widen<double, int32_t>, kExact);
  add(kBigint, kDouble, Widen<double, int64_t>, "The nearest double.");
  add(kDouble, kSmallint, CheckedUnaryLanes<int32_t, double, RoundDouble<int32_t, int16_t>>, kRounded);
  add(kDouble, kInteger, CheckedUnaryLanes<int32_t, double, RoundDouble<int32_t, int32_t>>, kRounded);
  add(kDouble, kBigint, CheckedUnaryLanes<int64_t, double, RoundDouble<int64_t, int64_t>>, kRounded);

  add(kSmallint, kNumeric, NumericFromWhole<int32_t>, kDecimal);
  add(kInteger, kNumeric, NumericFromWhole<int32_t>, kDecimal);
  add(kBigint, kNumeric, NumericFromWhole<int64_t>, kDecimal);
  add(kDouble, kNumeric, NumericFromDoubleKernel, "The number's first 15 significant digits; ERROR for NaN.");
  add(kNumeric, kNumeric, NumericFromNumeric, kDecimal);
  add(kNumeric, kSmallint, WholeFromNumeric<int32_t, int16_t>, kRounded);
  add(kNumeric, kInteger, WholeFromNumeric<int32_t, int32_t>, kRounded);
  add(kNumeric, kBigint, WholeFromNumeric<int64_t, int64_t>, kRounded);
  add(kNumeric, kDouble, DoubleFromNumericKernel, "The nearest double.");
}

}  // namespace freshet
