#include "engine/columnar/key_columns.h"

#include <algorithm>

#include "engine/base/key_hash.h"
#include "engine/columnar/double_order.h"

namespace freshet {
namespace {

// Inputs of the hash for what has no value. Any constants do; they are part of the storage format.
constexpr uint64_t kEmptyKey = 0x5851F42D4C957F2Dull;
constexpr uint64_t kNullCell = 0x14057B7EF767814Full;
constexpr uint64_t kErrorCell = 0x2545F4914F6CDD1Dull;

uint64_t HashValue(uint8_t value, uint64_t seed) { return HashInteger(value, seed); }
uint64_t HashValue(int32_t value, uint64_t seed) { return HashInteger(static_cast<uint64_t>(int64_t{value}), seed); }
uint64_t HashValue(int64_t value, uint64_t seed) { return HashInteger(static_cast<uint64_t>(value), seed); }
uint64_t HashValue(double value, uint64_t seed) { return HashInteger(CanonicalDoubleBits(value), seed); }
uint64_t HashValue(const Numeric& value, uint64_t seed) { return value.Hash(seed); }
uint64_t HashValue(const StringCell& value, uint64_t seed) { return value.Hash(seed); }

uint64_t HashInvalid(CellError error, uint64_t seed) {
  return HashInteger(error == CellError::kNone ? kNullCell : kErrorCell + static_cast<uint64_t>(error), seed);
}

// How the hash of a column meets that of the columns before it.
struct FirstColumn {
  static void Put(uint64_t* hash, uint64_t next) { *hash = next; }
};
struct LaterColumn {
  static void Put(uint64_t* hash, uint64_t next) { *hash = CombineHash(*hash, next); }
};

template <typename T, typename Place>
void HashColumn(const Column& column, uint64_t seed, uint64_t* hashes) {
  const T* values = column.values<T>();
  uint32_t size = column.size();
  if (column.all_valid()) {
    for (uint32_t row = 0; row < size; ++row) Place::Put(hashes + row, HashValue(values[row], seed));
    return;
  }
  for (uint32_t row = 0; row < size; ++row) {
    Place::Put(hashes + row,
               column.IsValue(row) ? HashValue(values[row], seed) : HashInvalid(column.ErrorAt(row), seed));
  }
}

template <typename Place>
void HashByType(const Column& column, uint64_t seed, uint64_t* hashes) {
  switch (column.physical()) {
    case PhysicalType::kBool:
      return HashColumn<uint8_t, Place>(column, seed, hashes);
    case PhysicalType::kInt32:
      return HashColumn<int32_t, Place>(column, seed, hashes);
    case PhysicalType::kInt64:
      return HashColumn<int64_t, Place>(column, seed, hashes);
    case PhysicalType::kDouble:
      return HashColumn<double, Place>(column, seed, hashes);
    case PhysicalType::kNumeric:
      return HashColumn<Numeric, Place>(column, seed, hashes);
    case PhysicalType::kString:
      return HashColumn<StringCell, Place>(column, seed, hashes);
  }
  __builtin_unreachable();
}

// 0 = value, 1 = NULL, 2 = ERROR: the order of what cells are.
int RankOf(const Column& column, uint32_t row) {
  if (column.IsValue(row)) return 0;
  return column.IsError(row) ? 2 : 1;
}

}  // namespace

KeyColumns LeadingColumns(size_t count) {
  KeyColumns columns(count);
  for (uint32_t i = 0; i < count; ++i) columns[i] = ColumnIndex(i);
  return columns;
}

BufferRef HashKeys(const DeltaBatch& batch, std::span<const ColumnIndex> key, uint64_t seed) {
  if (batch.HashesFor(key) != nullptr) return batch.hashes_buffer();
  BufferRef buffer = BufferRef::Of<uint64_t>(batch.size());
  uint64_t* hashes = buffer.mutable_as<uint64_t>();
  if (key.empty()) {
    std::fill_n(hashes, batch.size(), HashInteger(kEmptyKey, seed));
    return buffer;
  }
  HashByType<FirstColumn>(batch.column(key[0]), seed, hashes);
  for (ColumnIndex index : key.subspan(1)) HashByType<LaterColumn>(batch.column(index), seed, hashes);
  return buffer;
}

uint64_t HashCell(const Column& column, uint32_t row, uint64_t seed) {
  if (!column.IsValue(row)) return HashInvalid(column.ErrorAt(row), seed);
  switch (column.physical()) {
    case PhysicalType::kBool:
      return HashValue(column.values<uint8_t>()[row], seed);
    case PhysicalType::kInt32:
      return HashValue(column.values<int32_t>()[row], seed);
    case PhysicalType::kInt64:
      return HashValue(column.values<int64_t>()[row], seed);
    case PhysicalType::kDouble:
      return HashValue(column.values<double>()[row], seed);
    case PhysicalType::kNumeric:
      return HashValue(column.values<Numeric>()[row], seed);
    case PhysicalType::kString:
      return HashValue(column.values<StringCell>()[row], seed);
  }
  __builtin_unreachable();
}

bool CellsEqual(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row) {
  DCHECK(a.physical() == b.physical());
  bool is_value = a.IsValue(a_row);
  if (is_value != b.IsValue(b_row)) return false;
  if (!is_value) return a.ErrorAt(a_row) == b.ErrorAt(b_row);
  switch (a.physical()) {
    case PhysicalType::kBool:
      return a.values<uint8_t>()[a_row] == b.values<uint8_t>()[b_row];
    case PhysicalType::kInt32:
      return a.values<int32_t>()[a_row] == b.values<int32_t>()[b_row];
    case PhysicalType::kInt64:
      return a.values<int64_t>()[a_row] == b.values<int64_t>()[b_row];
    case PhysicalType::kDouble:
      return DoublesEqual(a.values<double>()[a_row], b.values<double>()[b_row]);
    case PhysicalType::kNumeric:
      return a.values<Numeric>()[a_row] == b.values<Numeric>()[b_row];
    case PhysicalType::kString:
      return a.values<StringCell>()[a_row] == b.values<StringCell>()[b_row];
  }
  __builtin_unreachable();
}

std::strong_ordering CompareCells(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row) {
  DCHECK(a.physical() == b.physical());
  int rank = RankOf(a, a_row);
  if (auto order = rank <=> RankOf(b, b_row); order != 0) return order;
  if (rank != 0) return a.ErrorAt(a_row) <=> b.ErrorAt(b_row);
  switch (a.physical()) {
    case PhysicalType::kBool:
      return a.values<uint8_t>()[a_row] <=> b.values<uint8_t>()[b_row];
    case PhysicalType::kInt32:
      return a.values<int32_t>()[a_row] <=> b.values<int32_t>()[b_row];
    case PhysicalType::kInt64:
      return a.values<int64_t>()[a_row] <=> b.values<int64_t>()[b_row];
    case PhysicalType::kDouble:
      return CompareDoubles(a.values<double>()[a_row], b.values<double>()[b_row]);
    case PhysicalType::kNumeric:
      return a.values<Numeric>()[a_row] <=> b.values<Numeric>()[b_row];
    case PhysicalType::kString:
      return a.values<StringCell>()[a_row] <=> b.values<StringCell>()[b_row];
  }
  __builtin_unreachable();
}

}  // namespace freshet
