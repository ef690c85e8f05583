// Equality and order of single values, after PostgreSQL: NaN equals NaN and is above every number, -0 equals 0, text is
// ordered by bytes. Free of branches for the types of *Lanes* loops.
#pragma once

#include <compare>
#include <cstdint>

#include "engine/columnar/numeric.h"
#include "engine/columnar/string_cell.h"

namespace freshet {

template <typename T>
inline bool ValueEquals(const T& a, const T& b) {
  return a == b;
}
inline bool ValueEquals(double a, double b) { return (a == b) | ((a != a) & (b != b)); }

template <typename T>
inline bool ValueLess(const T& a, const T& b) {
  return a < b;
}
inline bool ValueLess(double a, double b) { return (a < b) | ((b != b) & (a == a)); }

}  // namespace freshet
