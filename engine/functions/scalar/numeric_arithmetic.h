// Arithmetic over Numeric with PostgreSQL's scales: + and - have the larger scale, * the sum of both, / at least 16
// significant digits. Where a result takes more than 38 digits, digits behind the point are rounded away; only what is
// too large before the point has no value.
#pragma once

#include <optional>

#include "engine/columnar/numeric.h"
#include "engine/columnar/types.h"

namespace freshet {

std::optional<Numeric> AddNumeric(const Numeric& a, const Numeric& b);
std::optional<Numeric> SubtractNumeric(const Numeric& a, const Numeric& b);
std::optional<Numeric> MultiplyNumeric(const Numeric& a, const Numeric& b);
// The divisor is not 0.
std::optional<Numeric> DivideNumeric(const Numeric& a, const Numeric& b);
// The rest of the division cut off towards zero; it has the sign of `a`. The divisor is not 0.
std::optional<Numeric> ModuloNumeric(const Numeric& a, const Numeric& b);
inline Numeric NegateNumeric(const Numeric& a) { return Numeric::Make(-a.unscaled(), a.scale); }

// Cuts off towards zero (trunc), down (floor) or up (ceil) to a scale of 0 .. 38.
std::optional<Numeric> TruncateNumeric(const Numeric& value, int32_t scale);
std::optional<Numeric> FloorNumeric(const Numeric& value);
std::optional<Numeric> CeilNumeric(const Numeric& value);
// Half away from zero; a negative `digits` rounds before the point, as round(1234, -2) = 1200.
std::optional<Numeric> RoundNumericAt(const Numeric& value, int32_t digits);
std::optional<Numeric> TruncateNumericAt(const Numeric& value, int32_t digits);

// Of the 15 significant digits that every double holds, as PostgreSQL's cast. No value: NaN, infinite or too large.
std::optional<Numeric> NumericFromDouble(double value);
// The nearest double.
double DoubleFromNumeric(const Numeric& value);
// Rounded to a whole number, half away from zero; no value if it does not fit.
std::optional<int64_t> Int64FromNumeric(const Numeric& value);
// Brings a value under numeric(precision, scale); no modifier leaves it as it is.
std::optional<Numeric> FitNumeric(const Numeric& value, DataType type);

}  // namespace freshet
