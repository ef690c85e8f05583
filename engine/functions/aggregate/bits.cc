#include "engine/functions/aggregate/aggregate_families.h"
#include "engine/functions/aggregate/result_cells.h"

namespace freshet {
namespace {

// `rule(count of values with the bit, count of values)`: whether the result has it.
template <typename Rule>
Column BitCells(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries,
                Rule rule) {
  bool wide = PhysicalOf(form.type.kind) == PhysicalType::kInt64;
  int64_t result;
  int32_t narrow;
  return ResultCells(state, form.type, entries, [&](const Entry* entry, NoValue*) -> const void* {
    int64_t count = state.Count(entry);
    if (count == 0) return nullptr;
    result = state.bit_counts()->Where(entry, [&](int64_t with_bit) { return rule(with_bit, count); });
    if (wide) return &result;
    narrow = static_cast<int32_t>(result);
    return &narrow;
  });
}

Column And(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return BitCells(state, form, entries, [](int64_t with_bit, int64_t count) { return with_bit == count; });
}

Column Or(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return BitCells(state, form, entries, [](int64_t with_bit, int64_t count) { return with_bit != 0; });
}

Column Xor(const ArgumentState& state, const AggregateForm& form, std::span<const Entry* const> entries) {
  return BitCells(state, form, entries, [](int64_t with_bit, int64_t count) { return (with_bit & 1) != 0; });
}

}  // namespace

std::vector<AggregateFunction> BitFunctions() {
  constexpr AccumulatorNeeds kBits{.bits = true};
  std::vector<AggregateFunction> functions;
  for (TypeKind type : {TypeKind::kSmallint, TypeKind::kInteger, TypeKind::kBigint}) {
    functions.push_back({"bit_and", {type}, type, kBits, And, "the bits that all values have"});
    functions.push_back({"bit_or", {type}, type, kBits, Or, "the bits that a value has"});
    functions.push_back({"bit_xor", {type}, type, kBits, Xor, "the bits that an odd number of values has"});
  }
  return functions;
}

}  // namespace freshet
