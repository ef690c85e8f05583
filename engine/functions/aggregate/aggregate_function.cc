#include "engine/functions/aggregate/aggregate_function.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/columnar/array.h"

namespace freshet {

RowForm RowFormOf(const AggregateFunction& function, std::span<const OrderedArgument> arguments,
                  std::span<const OrderedArgument> order, std::vector<uint32_t>* argument_parts) {
  if (function.values == AggregateValues::kOneArgument || function.values == AggregateValues::kPairs) return {};
  RowForm form;
  auto add_order = [&](OrderedArgument wanted) {
    wanted.order.value_only = wanted.type.kind == TypeKind::kNumeric || !HasOneForm(wanted.type);
    form.push_back({wanted.column, wanted.type, wanted.order});
  };
  // What is ordered by can be an argument too, where its key gives it back.
  auto place_of = [&](const OrderedArgument& wanted) {
    auto same = [&](const RowPart& part) { return part.column == wanted.column && !part.order.value_only; };
    auto found = std::ranges::find_if(form, same);
    if (found != form.end()) return static_cast<uint32_t>(found - form.begin());
    form.push_back({wanted.column, wanted.type, wanted.order});
    return static_cast<uint32_t>(form.size() - 1);
  };
  if (function.values == AggregateValues::kBySecond) {
    CHECK_EQ(arguments.size(), 2u) << function.name;
    add_order(arguments[1]);
  } else {
    for (const OrderedArgument& each : order) add_order(each);
  }
  argument_parts->clear();
  for (size_t i = 0; i < arguments.size(); ++i) {
    const uint32_t part = place_of(arguments[i]);
    argument_parts->push_back(part);
    form[part].skips_null = !function.keeps_nulls;
  }
  return form;
}

}  // namespace freshet
