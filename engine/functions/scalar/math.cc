// Functions over doubles. What is outside of a function's domain is ERROR INVALID_ARGUMENT, a result outside of the
// range of doubles NUMERIC_OUT_OF_RANGE.
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

template <double (*kFunction)(double)>
void Simple(KernelCall& call) {
  UnaryLanes<double, double>(call, [](double x) { return kFunction(x); });
}

double SignOf(double x) { return static_cast<double>((x > 0) - (x < 0)); }
double ToDegrees(double x) { return x * (180.0 / std::numbers::pi); }
double ToRadians(double x) { return x * (std::numbers::pi / 180.0); }

// kFunction over the arguments that InDomain accepts.
template <double (*kFunction)(double), bool (*kInDomain)(double)>
void InDomain(KernelCall& call) {
  const Vector& a = call.argument(0);
  ComputeRows<double>(call, [&](uint32_t row) {
    double x = a.At<double>(row);
    if (!kInDomain(x)) {
      call.Fail(row, CellError::kInvalidArgument);
      return 0.0;
    }
    double result = kFunction(x);
    if (std::isinf(result) && !std::isinf(x)) {
      call.Fail(row, CellError::kOverflow);
      return 0.0;
    }
    return result;
  });
}

bool Always(double) { return true; }
bool NotNegative(double x) { return !(x < 0); }
bool Positive(double x) { return !(x <= 0); }
bool InUnit(double x) { return !(x < -1 || x > 1); }
bool AtLeastOne(double x) { return !(x < 1); }
double Cotangent(double x) { return 1 / std::tan(x); }
bool Finite(double x) { return !std::isinf(x); }

double Power(KernelCall& call, uint32_t row, double base, double exponent) {
  if (base == 0 && exponent < 0) {
    call.Fail(row, CellError::kInvalidArgument);
    return 0;
  }
  if (base < 0 && std::isfinite(exponent) && std::floor(exponent) != exponent) {
    call.Fail(row, CellError::kInvalidArgument);
    return 0;
  }
  double result = std::pow(base, exponent);
  bool finite = std::isfinite(base) && std::isfinite(exponent);
  if (finite && (std::isinf(result) || (result == 0 && base != 0))) {
    call.Fail(row, CellError::kOverflow);
    return 0;
  }
  return result;
}

void PowerKernel(KernelCall& call) {
  const Vector& base = call.argument(0);
  const Vector& exponent = call.argument(1);
  ComputeRows<double>(call,
                      [&](uint32_t row) { return Power(call, row, base.At<double>(row), exponent.At<double>(row)); });
}

void Atan2Kernel(KernelCall& call) {
  BinaryLanes<double, double, double>(call, [](double y, double x) { return std::atan2(y, x); });
}

}  // namespace

void AddMathFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kDouble = TypeKind::kDouble;
  auto unary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kDouble}, kDouble, kernel, doc});
  };
  auto binary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kDouble, kDouble}, kDouble, kernel, doc});
  };
  unary("sign", Simple<SignOf>, "-1, 0 or 1; 0 for NaN.");
  unary("floor", Simple<std::floor>, "The next whole number below.");
  unary("ceil", Simple<std::ceil>, "The next whole number above.");
  unary("ceiling", Simple<std::ceil>, "The next whole number above.");
  unary("round", Simple<std::rint>, "The nearest whole number, half to even.");
  unary("trunc", Simple<std::trunc>, "The whole part.");
  unary("sqrt", InDomain<std::sqrt, NotNegative>, "The square root; ERROR below 0.");
  unary("cbrt", Simple<std::cbrt>, "The cube root.");
  unary("exp", InDomain<std::exp, Always>, "e to the power of the value.");
  unary("ln", InDomain<std::log, Positive>, "The natural logarithm; ERROR at or below 0.");
  unary("log", InDomain<std::log10, Positive>, "The logarithm to base 10; ERROR at or below 0.");
  unary("log10", InDomain<std::log10, Positive>, "The logarithm to base 10; ERROR at or below 0.");
  unary("sin", InDomain<std::sin, Finite>, "The sine of an angle in radians.");
  unary("cos", InDomain<std::cos, Finite>, "The cosine of an angle in radians.");
  unary("tan", InDomain<std::tan, Finite>, "The tangent of an angle in radians.");
  unary("asin", InDomain<std::asin, InUnit>, "The angle in radians that has this sine.");
  unary("acos", InDomain<std::acos, InUnit>, "The angle in radians that has this cosine.");
  unary("atan", Simple<std::atan>, "The angle in radians that has this tangent.");
  unary("cot", InDomain<Cotangent, Finite>, "The cotangent of an angle in radians.");
  unary("sinh", Simple<std::sinh>, "The hyperbolic sine.");
  unary("cosh", Simple<std::cosh>, "The hyperbolic cosine.");
  unary("tanh", Simple<std::tanh>, "The hyperbolic tangent.");
  unary("asinh", Simple<std::asinh>, "The value that has this hyperbolic sine.");
  unary("acosh", InDomain<std::acosh, AtLeastOne>, "The value that has this hyperbolic cosine; ERROR below 1.");
  unary("atanh", InDomain<std::atanh, InUnit>, "The value that has this hyperbolic tangent; ERROR outside of -1 to 1.");
  unary("degrees", Simple<ToDegrees>, "Radians as degrees.");
  unary("radians", Simple<ToRadians>, "Degrees as radians.");
  binary("atan2", Atan2Kernel, "The angle in radians of the point (second, first).");
  binary("power", PowerKernel, "The first to the power of the second.");
  binary("pow", PowerKernel, "The first to the power of the second.");
  binary("^", PowerKernel, "The first to the power of the second.");
  list->push_back({"pi",
                   {},
                   kDouble,
                   [](KernelCall& call) {
                     ForLanes(call, [out = call.result<double>()](uint32_t row) { out[row] = std::numbers::pi; });
                   },
                   "The number pi."});
}

}  // namespace freshet
