// Arithmetic over numeric, by numeric_arithmetic.h.
#include "engine/functions/scalar/numeric_arithmetic.h"

#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_lanes.h"

namespace freshet {
namespace {

Numeric ValueOrFail(KernelCall& call, uint32_t row, const std::optional<Numeric>& value) {
  if (value) return *value;
  call.Fail(row, CellError::kOverflow);
  return Numeric();
}

template <std::optional<Numeric> (*kOperation)(const Numeric&, const Numeric&), typename Lane, typename Fast>
void Binary(KernelCall& call, Fast fast) {
  numeric_lanes::Binary<Numeric, Lane>(call, fast, [&](uint32_t row, const Numeric& a, const Numeric& b) {
    return ValueOrFail(call, row, kOperation(a, b));
  });
}

void Add(KernelCall& call) {
  using numeric_lanes::Aligned;
  Binary<AddNumeric, Aligned>(call, [](const Aligned& lane) { return Numeric::Make(lane.a + lane.b, lane.scale); });
}

void Subtract(KernelCall& call) {
  using numeric_lanes::Aligned;
  Binary<SubtractNumeric, Aligned>(call,
                                   [](const Aligned& lane) { return Numeric::Make(lane.a - lane.b, lane.scale); });
}

void Multiply(KernelCall& call) {
  using numeric_lanes::Product;
  Binary<MultiplyNumeric, Product>(call, [](const Product& lane) { return Numeric::Make(lane.unscaled, lane.scale); });
}

template <std::optional<Numeric> (*kOperation)(const Numeric&, const Numeric&)>
void Division(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  ComputeRows<Numeric>(call, [&](uint32_t row) {
    const Numeric& divisor = b.At<Numeric>(row);
    if (divisor.unscaled() == 0) {
      call.Fail(row, CellError::kDivisionByZero);
      return Numeric();
    }
    return ValueOrFail(call, row, kOperation(a.At<Numeric>(row), divisor));
  });
}

template <typename Operation>
void Unary(KernelCall& call, Operation operation) {
  const Vector& a = call.argument(0);
  ComputeRows<Numeric>(call, [&](uint32_t row) {
    return ValueOrFail(call, row, std::optional<Numeric>(operation(a.At<Numeric>(row))));
  });
}

template <std::optional<Numeric> (*kOperation)(const Numeric&, int32_t)>
void AtDigits(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& digits = call.argument(1);
  ComputeRows<Numeric>(call, [&](uint32_t row) {
    return ValueOrFail(call, row, kOperation(a.At<Numeric>(row), digits.At<int32_t>(row)));
  });
}

Numeric SignOf(const Numeric& value) {
  int128 unscaled = value.unscaled();
  return Numeric::Make((unscaled > 0) - (unscaled < 0), 0);
}

}  // namespace

void AddNumericArithmeticFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kNumeric = TypeKind::kNumeric;
  auto binary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kNumeric, kNumeric}, kNumeric, kernel, doc});
  };
  auto unary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kNumeric}, kNumeric, kernel, doc});
  };
  auto at_digits = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kNumeric, TypeKind::kInteger}, kNumeric, kernel, doc});
  };
  binary("+", Add, "The sum, with the larger scale.");
  binary("-", Subtract, "The difference, with the larger scale.");
  binary("*", Multiply, "The product; its scale is the sum of the scales.");
  binary("/", Division<DivideNumeric>, "The quotient, with at least 16 significant digits.");
  binary("%", Division<ModuloNumeric>, "The rest of the division, with the dividend's sign.");
  binary("mod", Division<ModuloNumeric>, "The rest of the division, with the dividend's sign.");
  unary("-", [](KernelCall& call) { Unary(call, NegateNumeric); }, "The value with the other sign.");
  unary(
      "abs", [](KernelCall& call) { Unary(call, [](const Numeric& x) { return x.high < 0 ? NegateNumeric(x) : x; }); },
      "The value without its sign.");
  unary("sign", [](KernelCall& call) { Unary(call, SignOf); }, "-1, 0 or 1.");
  unary("floor", [](KernelCall& call) { Unary(call, FloorNumeric); }, "The next whole number below.");
  unary("ceil", [](KernelCall& call) { Unary(call, CeilNumeric); }, "The next whole number above.");
  unary("ceiling", [](KernelCall& call) { Unary(call, CeilNumeric); }, "The next whole number above.");
  unary(
      "round", [](KernelCall& call) { Unary(call, [](const Numeric& x) { return RescaleNumeric(x, 0); }); },
      "The nearest whole number, half away from zero.");
  unary(
      "trunc", [](KernelCall& call) { Unary(call, [](const Numeric& x) { return TruncateNumeric(x, 0); }); },
      "The whole part.");
  at_digits("round", AtDigits<RoundNumericAt>, "Rounds to so many digits behind the point, half away from zero.");
  at_digits("trunc", AtDigits<TruncateNumericAt>, "Cuts off after so many digits behind the point.");
}

}  // namespace freshet
