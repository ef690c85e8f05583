// real: a double that a float can hold. Sums, differences, products and quotients of floats that are computed in double
// and rounded once are those of floats. Other functions take it as double.
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/base/str_cat.h"
#include "engine/columnar/double_order.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Rounded(double value) { return static_cast<float>(value); }
bool IsInfinite(double value) { return std::fabs(value) == kInfinity; }

// `compute(row, &error)` in double; a finite value that becomes infinite, or one that is not 0 and becomes 0, is out of
// range.
template <typename Compute>
void RoundRows(KernelCall& call, Compute compute) {
  ComputeRows<double>(call, [&](uint32_t row) {
    CellError error = CellError::kNone;
    const double exact = compute(row, &error);
    const std::optional<double> real = RealOf(exact);
    if (!real && error == CellError::kNone) error = CellError::kOverflow;
    if (error == CellError::kNone) return *real;
    call.Fail(row, error);
    return 0.0;
  });
}

template <typename Operation>
void Binary(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  RoundRows(call, [&](uint32_t row, CellError* error) {
    return Operation::Apply(a.At<double>(row), b.At<double>(row), error);
  });
}

struct Add {
  static double Apply(double a, double b, CellError*) { return a + b; }
};
struct Subtract {
  static double Apply(double a, double b, CellError*) { return a - b; }
};
struct Multiply {
  static double Apply(double a, double b, CellError*) { return a * b; }
};
struct Divide {
  static double Apply(double a, double b, CellError* error) {
    if (b == 0 && !std::isnan(a)) *error = CellError::kDivisionByZero;
    return a / b;
  }
};

template <typename Lane>
void FromWhole(KernelCall& call) {
  UnaryLanes<double, Lane>(call, [](Lane value) { return Rounded(static_cast<float>(value)); });
}

void FromDouble(KernelCall& call) {
  const Vector& a = call.argument(0);
  RoundRows(call, [&](uint32_t row, CellError*) { return a.At<double>(row); });
}

void FromNumeric(KernelCall& call) {
  const Vector& a = call.argument(0);
  RoundRows(call, [&](uint32_t row, CellError*) { return DoubleFromNumeric(a.At<Numeric>(row)); });
}

void Same(KernelCall& call) {
  UnaryLanes<double, double>(call, [](double value) { return value; });
}

template <typename Lane, typename Value>
void ToWhole(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<Lane>(call, [&](uint32_t row) {
    constexpr double kBound = -static_cast<double>(std::numeric_limits<Value>::min());
    const double whole = std::rint(a.At<double>(row));
    if (whole >= -kBound && whole < kBound) return static_cast<Lane>(whole);
    call.Fail(row, CellError::kOverflow);
    return Lane{0};
  });
}

// Its first 6 significant digits, as in PostgreSQL.
void ToNumeric(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<Numeric>(call, [&](uint32_t row) {
    char digits[32];
    const auto result =
        std::to_chars(digits, digits + sizeof(digits), a.At<double>(row), std::chars_format::general, 6);
    std::optional<Numeric> value = ParseNumeric({digits, static_cast<size_t>(result.ptr - digits)});
    if (value) value = FitNumeric(*value, call.result_type());
    if (value) return *value;
    call.Fail(row, CellError::kOverflow);
    return Numeric();
  });
}

void FromText(KernelCall& call) {
  const Vector& text = call.argument(0);
  ComputeRows<double>(call, [&](uint32_t row) {
    absl::StatusOr<Datum> value = ParseDatum(text.At<StringCell>(row).view(), {TypeKind::kDouble});
    std::optional<double> real = value.ok() ? RealOf(value->double_value()) : std::nullopt;
    if (real) return *real;
    const bool out_of_range = value.ok() || StdView(value.status().message()).ends_with("double precision");
    call.Fail(row, out_of_range ? CellError::kOverflow : CellError::kInvalidText);
    return 0.0;
  });
}

// The shortest digits that read back the same; with an exponent below 1e-4 and from 1e6 on.
void ToText(KernelCall& call) {
  const Vector& value = call.argument(0);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const auto real = static_cast<float>(value.At<double>(row));
    if (std::isnan(real)) return call.Text("NaN");
    if (IsInfinite(real)) return call.Text(real < 0 ? "-Infinity" : "Infinity");
    const float magnitude = std::fabs(real);
    const bool plain = magnitude == 0 || (magnitude >= 1e-4F && magnitude < 1e6F);
    char digits[64];
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto result = std::to_chars(digits, digits + sizeof(digits), real, format);
    return call.Text({digits, static_cast<size_t>(result.ptr - digits)});
  });
}

}  // namespace

void AddRealFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kReal = TypeKind::kReal;
  auto binary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kReal, kReal}, kReal, kernel, doc});
  };
  binary("+", Binary<Add>, "The sum; ERROR if finite operands overflow.");
  binary("-", Binary<Subtract>, "The difference; ERROR if it overflows.");
  binary("*", Binary<Multiply>, "The product; ERROR if it over- or underflows.");
  binary("/", Binary<Divide>, "The quotient; ERROR if the divisor is 0.");
  list->push_back({"-",
                   {kReal},
                   kReal,
                   [](KernelCall& call) { UnaryLanes<double, double>(call, [](double x) { return -x; }); },
                   "The value with the other sign."});
  list->push_back({"abs",
                   {kReal},
                   kReal,
                   [](KernelCall& call) { UnaryLanes<double, double>(call, [](double x) { return std::fabs(x); }); },
                   "The value without its sign."});
}

void AddRealCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](TypeKind from, TypeKind to, ScalarKernel kernel, std::string_view doc) {
    list->push_back({"cast", {from}, to, kernel, doc});
  };
  constexpr std::string_view kNearest = "The nearest real; ERROR if it is out of range.";
  constexpr std::string_view kRounded = "The nearest whole number; ERROR if it does not fit.";
  add(kSmallint, kReal, FromWhole<int32_t>, "The same number.");
  add(kInteger, kReal, FromWhole<int32_t>, "The nearest real.");
  add(kBigint, kReal, FromWhole<int64_t>, "The nearest real.");
  add(kNumeric, kReal, FromNumeric, kNearest);
  add(kDouble, kReal, FromDouble, kNearest);
  add(kText, kReal, FromText, "Reads a number, NaN, Infinity or -Infinity.");
  add(kReal, kSmallint, ToWhole<int32_t, int16_t>, kRounded);
  add(kReal, kInteger, ToWhole<int32_t, int32_t>, kRounded);
  add(kReal, kBigint, ToWhole<int64_t, int64_t>, kRounded);
  add(kReal, kNumeric, ToNumeric, "The number's first 6 significant digits; ERROR for NaN.");
  add(kReal, kDouble, Same, "The same number.");
  add(kReal, kText, ToText, "Writes the shortest number that reads back the same.");
}

}  // namespace freshet
