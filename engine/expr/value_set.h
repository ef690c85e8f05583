// Some values of one type in order: what x = a OR x = b OR ... asks x for.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/columnar/datum.h"
#include "engine/expr/value_order.h"

namespace freshet {

class ValueSet {
 public:
  // Without ERRORs; NULLs are no members, but told by has_null.
  ValueSet(DataType type, const std::vector<Datum>& values);

  bool has_null() const { return has_null_; }
  DataType type() const { return sorted_.type(); }

  // `T` as in Column::values.
  template <typename T>
  bool Contains(const T& value) const {
    const T* const end = sorted_.values<T>() + sorted_.size();
    const T* at =
        std::lower_bound(sorted_.values<T>(), end, value, [](const T& a, const T& b) { return ValueLess(a, b); });
    return at != end && ValueEquals(*at, value);
  }

 private:
  bool has_null_ = false;
  Column sorted_;
};

}  // namespace freshet
