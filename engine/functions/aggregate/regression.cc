// Aggregates over pairs (y, x) of doubles: what PostgreSQL's regression functions mean, computed from exact sums with
// twice a double's digits, so that what cancels leaves more than PostgreSQL's does.
#include <algorithm>
#include <cmath>

#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/double_pair.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

// Sums over the pairs; `yy` is the sum of the squares of (y - mean of y), `xy` that of the products.
struct Moments {
  double count;
  double y, x;
  double yy, xx, xy;
};

Moments MomentsOf(const PairSums& sums, const Entry* entry, int64_t count) {
  const auto n = static_cast<double>(count);
  const DoublePair y = sums.y().ToTwiceTheDigits(entry), x = sums.x().ToTwiceTheDigits(entry);
  if (!std::isfinite(y.value) || !std::isfinite(x.value)) {
    const double nan = std::nan("");
    return {n, y.value, x.value, std::isfinite(y.value) ? 0 : nan, std::isfinite(x.value) ? 0 : nan, nan};
  }
  auto central = [&](const DoublePair& left, const DoublePair& right, const DoubleSum& products) {
    return CentralProduct(left, right, products.ToTwiceTheDigits(entry), n) / n;
  };
  return {n,
          y.value,
          x.value,
          std::max(0.0, central(y, y, sums.yy())),
          std::max(0.0, central(x, x, sums.xx())),
          central(y, x, sums.xy())};
}

// No value: NULL.
using Rule = std::optional<double> (*)(const Moments&);

template <Rule kRule>
Column OfPairs(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  double result;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue* no_value) -> const void* {
    const int64_t count = state.Count(entry);
    if (count <= 0) return nullptr;
    const Moments moments = MomentsOf(*state.pair_sums(), entry, count);
    const std::optional<double> value = kRule(moments);
    if (!value) return nullptr;
    result = *value;
    const bool finite_arguments = std::isfinite(moments.y) && std::isfinite(moments.x);
    if (std::isfinite(result) || !finite_arguments) return &result;
    no_value->error = CellError::kOverflow;
    return nullptr;
  });
}

Column PairCount(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  int64_t count;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue*) -> const void* {
    count = state.Count(entry);
    return &count;
  });
}

std::optional<double> CovarPop(const Moments& m) { return m.xy / m.count; }
std::optional<double> CovarSamp(const Moments& m) {
  return m.count > 1 ? std::optional(m.xy / (m.count - 1)) : std::nullopt;
}
std::optional<double> Corr(const Moments& m) {
  if (m.xx == 0 || m.yy == 0) return std::nullopt;
  const double value = m.xy / (std::sqrt(m.xx) * std::sqrt(m.yy));
  return std::isnan(value) ? value : std::clamp(value, -1.0, 1.0);
}
std::optional<double> AverageX(const Moments& m) { return m.x / m.count; }
std::optional<double> AverageY(const Moments& m) { return m.y / m.count; }
std::optional<double> Sxx(const Moments& m) { return m.xx; }
std::optional<double> Syy(const Moments& m) { return m.yy; }
std::optional<double> Sxy(const Moments& m) { return m.xy; }
std::optional<double> Slope(const Moments& m) { return m.xx == 0 ? std::nullopt : std::optional(m.xy / m.xx); }
std::optional<double> Intercept(const Moments& m) {
  return m.xx == 0 ? std::nullopt : std::optional((m.y - m.x * (m.xy / m.xx)) / m.count);
}
std::optional<double> Determination(const Moments& m) {
  if (m.xx == 0) return std::nullopt;
  if (m.yy == 0) return 1.0;
  return (m.xy / m.xx) * (m.xy / m.yy);
}

AggregateFunction Over(std::string_view name, AggregateResult compute, std::string_view doc,
                       TypeKind result = TypeKind::kDouble) {
  return {.name = name,
          .arguments = {TypeKind::kDouble, TypeKind::kDouble},
          .result = result,
          .needs = {.pairs = true},
          .compute = compute,
          .doc = doc,
          .values = AggregateValues::kPairs};
}

}  // namespace

std::vector<AggregateFunction> RegressionFunctions() {
  return {
      Over("covar_pop", OfPairs<CovarPop>, "covar_pop(y, x): the covariance of all pairs"),
      Over("covar_samp", OfPairs<CovarSamp>, "covar_samp(y, x): the covariance of a sample: NULL for a single pair"),
      Over("corr", OfPairs<Corr>, "corr(y, x): the correlation coefficient"),
      Over("regr_avgx", OfPairs<AverageX>, "regr_avgx(y, x): the average of x"),
      Over("regr_avgy", OfPairs<AverageY>, "regr_avgy(y, x): the average of y"),
      Over("regr_count", PairCount, "regr_count(y, x): the number of pairs without NULL", TypeKind::kBigint),
      Over("regr_intercept", OfPairs<Intercept>, "regr_intercept(y, x): where the line of least squares meets x = 0"),
      Over("regr_r2", OfPairs<Determination>, "regr_r2(y, x): the square of the correlation coefficient"),
      Over("regr_slope", OfPairs<Slope>, "regr_slope(y, x): the slope of the line of least squares"),
      Over("regr_sxx", OfPairs<Sxx>, "regr_sxx(y, x): the sum of the squares of x - average of x"),
      Over("regr_sxy", OfPairs<Sxy>, "regr_sxy(y, x): the sum of the products of both deviations"),
      Over("regr_syy", OfPairs<Syy>, "regr_syy(y, x): the sum of the squares of y - average of y"),
  };
}

}  // namespace freshet
