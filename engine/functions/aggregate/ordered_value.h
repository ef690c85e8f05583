// How values of an argument lie in ordered states: integers, times and booleans as int64_t; doubles as int64_t in
// PostgreSQL's order (NaN last, -0.0 = 0.0); numerics by value, then by scale, so that which of 1.0 and 1.00 is the
// minimum does not depend on what came first; text by bytes.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>

#include "engine/columnar/double_order.h"
#include "engine/columnar/numeric.h"
#include "engine/columnar/string_cell.h"
#include "engine/functions/aggregate/state_bytes.h"
#include "engine/state/block_pool.h"

namespace freshet {

// The state form of a cell.
inline int64_t OrderedForm(uint8_t value) { return value; }
inline int64_t OrderedForm(int32_t value) { return value; }
inline int64_t OrderedForm(int64_t value) { return value; }
inline int64_t OrderedForm(double value) {
  int64_t bits = static_cast<int64_t>(CanonicalDoubleBits(value));
  return bits < 0 ? bits ^ INT64_MAX : bits;
}
inline const Numeric& OrderedForm(const Numeric& value) { return value; }
inline const StringCell& OrderedForm(const StringCell& value) { return value; }

// The cell of a state form.
template <typename Cell, typename Value>
Cell CellForm(const Value& value) {
  return static_cast<Cell>(value);
}
template <>
inline double CellForm<double, int64_t>(const int64_t& value) {
  return std::bit_cast<double>(value < 0 ? value ^ INT64_MAX : value);
}

template <typename Value>
struct OrderedValueOps {
  static std::strong_ordering Compare(const Value& a, const Value& b) { return a <=> b; }
  static Value Own(const Value& value, BlockPool& pool) { return value; }
  static void Disown(const Value& value, BlockPool& pool) {}
  static void Put(const Value& value, std::string* out) { PutFixed(value, out); }
  // What is taken may refer to `bytes`.
  static bool Take(std::string_view* bytes, Value* value) { return TakeFixed(bytes, value); }
};

template <>
inline std::strong_ordering OrderedValueOps<Numeric>::Compare(const Numeric& a, const Numeric& b) {
  auto order = a <=> b;
  return order != 0 ? order : a.scale <=> b.scale;
}

template <>
struct OrderedValueOps<StringCell> {
  static std::strong_ordering Compare(const StringCell& a, const StringCell& b) { return a <=> b; }
  static StringCell Own(const StringCell& cell, BlockPool& pool) {
    if (cell.is_inline()) return cell;
    char* copy = static_cast<char*>(pool.Allocate(cell.size()));
    std::memcpy(copy, cell.data(), cell.size());
    return StringCell(copy, cell.size());
  }
  static void Disown(const StringCell& cell, BlockPool& pool) {
    if (!cell.is_inline()) pool.Free(const_cast<char*>(cell.data()), cell.size());
  }
  static void Put(const StringCell& cell, std::string* out) { PutText(cell.view(), out); }
  static bool Take(std::string_view* bytes, StringCell* cell) {
    std::string_view text;
    if (!TakeText(bytes, &text)) return false;
    *cell = StringCell(text);
    return true;
  }
};

}  // namespace freshet
