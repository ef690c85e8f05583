#include "engine/state/row_layout.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/columnar/double_order.h"
#include "engine/state/gather_cells.h"

namespace freshet {
namespace {

// Order in memory: wide cells first, so that all are aligned without gaps; text last.
constexpr PhysicalType kPlacement[] = {PhysicalType::kNumeric, PhysicalType::kInt64, PhysicalType::kDouble,
                                       PhysicalType::kInt32, PhysicalType::kBool};

// Any seed does: fingerprints are never stored.
constexpr uint64_t kFingerprintSeed = 0x51ED270B7A1F3C4Dull;

template <typename T>
void CopyCells(const Column& column, const uint32_t* rows, uint32_t count, char* to, uint32_t stride) {
  const T* values = column.values<T>();
  for (uint32_t i = 0; i < count; ++i, to += stride) std::memcpy(to, &values[rows == nullptr ? i : rows[i]], sizeof(T));
}

}  // namespace

RowLayout::RowLayout(std::vector<DataType> columns) : types_(std::move(columns)), offsets_(types_.size()) {
  uint32_t offset = sizeof(StoredRow);
  for (PhysicalType physical : kPlacement) {
    for (size_t i = 0; i < types_.size(); ++i) {
      if (StoredAs(types_[i]) != physical) continue;
      offsets_[i] = offset;
      offset += static_cast<uint32_t>(WidthOf(physical));
    }
  }
  invalid_offset_ = offset;
  if (types_.size() > StoredRow::kInvalidBits) {
    offset += static_cast<uint32_t>(types_.size() - StoredRow::kInvalidBits + 7) / 8;
  }
  strings_offset_ = (offset + 7) / 8 * 8;
  has_gaps_ = strings_offset_ != invalid_offset_;
  offset = strings_offset_;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (PhysicalOf(types_[i].kind) != PhysicalType::kString) continue;
    offsets_[i] = offset;
    offset += sizeof(StringCell);
    ++string_count_;
  }
  row_bytes_ = offset;
}

void RowLayout::Stage(const DeltaBatch& batch, std::span<const ColumnIndex> columns, const uint32_t* rows,
                      uint32_t count, RowStaging* staging) const {
  CHECK_EQ(columns.size(), types_.size());
  const size_t words = size_t{count} * (row_bytes_ / 8);
  if (staging->memory.size() < words) staging->memory.resize(words);
  if (has_gaps_) std::fill_n(staging->memory.begin(), words, 0);
  for (size_t word = 0; word < words; word += row_bytes_ / 8) staging->memory[word] = StoredRow::kIsRow;
  char* to = reinterpret_cast<char*>(staging->memory.data());
  for (uint32_t i = 0; i < columns.size() && count > 0; ++i) StageColumn(batch.column(columns[i]), i, rows, count, to);
}

void RowLayout::StageColumn(const Column& column, uint32_t ordinal, const uint32_t* rows, uint32_t count,
                            char* to) const {
  DCHECK(column.physical() == PhysicalOf(types_[ordinal].kind));
  char* cell = to + offsets_[ordinal];
  switch (column.physical()) {
    case PhysicalType::kBool:
      CopyCells<uint8_t>(column, rows, count, cell, row_bytes_);
      break;
    case PhysicalType::kInt32:
      CopyCells<int32_t>(column, rows, count, cell, row_bytes_);
      break;
    case PhysicalType::kInt64:
      CopyCells<int64_t>(column, rows, count, cell, row_bytes_);
      break;
    case PhysicalType::kDouble:
      CopyCells<double>(column, rows, count, cell, row_bytes_);
      for (uint32_t i = 0; i < count; ++i) {  // all NaN are one value
        double* value = reinterpret_cast<double*>(cell + size_t{i} * row_bytes_);
        if (*value != *value) *reinterpret_cast<uint64_t*>(value) = CanonicalDoubleBits(*value);
      }
      break;
    case PhysicalType::kNumeric:
      if (IsShortNumeric(types_[ordinal])) {
        StageShortNumerics(column, rows, count, cell);
      } else {
        CopyCells<Numeric>(column, rows, count, cell, row_bytes_);
      }
      break;
    case PhysicalType::kString:
      CopyCells<StringCell>(column, rows, count, cell, row_bytes_);
      break;
  }
  if (column.all_valid()) return;
  size_t width = WidthOf(StoredAs(types_[ordinal]));
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = rows == nullptr ? i : rows[i];
    if (column.IsValue(row)) continue;
    char* place = to + size_t{i} * row_bytes_;
    std::memset(place + offsets_[ordinal], 0, width);
    place[offsets_[ordinal]] = static_cast<char>(column.ErrorAt(row));
    SetInvalid(reinterpret_cast<StoredRow*>(place), ordinal);
  }
}

void RowLayout::StageShortNumerics(const Column& column, const uint32_t* rows, uint32_t count, char* to) const {
  const Numeric* values = column.values<Numeric>();
  const int32_t scale = column.type().scale;
  for (uint32_t i = 0; i < count; ++i, to += row_bytes_) {
    const Numeric& value = values[rows == nullptr ? i : rows[i]];
    uint64_t unscaled = value.low;
    if (__builtin_expect(value.scale != scale, false)) unscaled = RescaleNumeric(value, scale).value_or(Numeric()).low;
    std::memcpy(to, &unscaled, sizeof(unscaled));
  }
}

void RowLayout::SetInvalid(StoredRow* row, uint32_t column) const {
  if (column < StoredRow::kInvalidBits) {
    row->head |= uint64_t{1} << (StoredRow::kInvalidShift + column);
    return;
  }
  const uint32_t bit = column - StoredRow::kInvalidBits;
  reinterpret_cast<uint8_t*>(row)[invalid_offset_ + bit / 8] |= static_cast<uint8_t>(1 << (bit % 8));
}

uint32_t RowLayout::Fingerprint(const StoredRow* row) const {
  const char* bytes = reinterpret_cast<const char*>(row);
  uint64_t hash = CombineHash(kFingerprintSeed, row->head & StoredRow::kInvalidMask);
  for (uint32_t offset = sizeof(StoredRow); offset < strings_offset_; offset += 8) {
    hash = CombineHash(hash, WordAt(bytes + offset));
  }
  const auto* strings = reinterpret_cast<const StringCell*>(bytes + strings_offset_);
  for (uint32_t i = 0; i < string_count_; ++i) hash = CombineHash(hash, strings[i].Hash(kFingerprintSeed));
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

bool RowLayout::SameStrings(const StoredRow* a, const StoredRow* b) const {
  const auto* a_strings = reinterpret_cast<const StringCell*>(reinterpret_cast<const char*>(a) + strings_offset_);
  const auto* b_strings = reinterpret_cast<const StringCell*>(reinterpret_cast<const char*>(b) + strings_offset_);
  for (uint32_t i = 0; i < string_count_; ++i) {
    if (!(a_strings[i] == b_strings[i])) return false;
  }
  return true;
}

void RowLayout::SetFarWeight(StoredRow* row, int64_t weight, BlockPool& pool) const {
  if ((row->head & StoredRow::kFarWeight) != 0) FreeFarWeight(row, pool);
  row->head &= StoredRow::kInvalidMask | StoredRow::kIsRow;
  const uint64_t shifted = static_cast<uint64_t>(weight) << StoredRow::kWeightShift;
  if (static_cast<int64_t>(shifted) >> StoredRow::kWeightShift == weight) {
    row->head |= shifted;
    return;
  }
  auto* far = static_cast<int64_t*>(pool.Allocate(sizeof(int64_t)));
  *far = weight;
  row->head |= StoredRow::kFarWeight | reinterpret_cast<uint64_t>(far) << StoredRow::kWeightShift;
}

void RowLayout::FreeFarWeight(const StoredRow* row, BlockPool& pool) const {
  pool.Free(reinterpret_cast<int64_t*>(row->head >> StoredRow::kWeightShift), sizeof(int64_t));
}

void RowLayout::OwnStrings(StoredRow* row, BlockPool& pool) const {
  auto* strings = reinterpret_cast<StringCell*>(reinterpret_cast<char*>(row) + strings_offset_);
  for (uint32_t i = 0; i < string_count_; ++i) {
    if (strings[i].is_inline()) continue;
    char* copy = static_cast<char*>(pool.Allocate(strings[i].size()));
    std::memcpy(copy, strings[i].data(), strings[i].size());
    strings[i] = StringCell(copy, strings[i].size());
  }
}

void RowLayout::DisownStrings(const StoredRow* row, BlockPool& pool) const {
  const auto* strings = reinterpret_cast<const StringCell*>(reinterpret_cast<const char*>(row) + strings_offset_);
  for (uint32_t i = 0; i < string_count_; ++i) {
    if (!strings[i].is_inline()) pool.Free(const_cast<char*>(strings[i].data()), strings[i].size());
  }
}

Column RowLayout::Gather(uint32_t column, std::span<const StoredRow* const> rows) const {
  if (IsShortNumeric(types_[column])) {
    Numeric value;
    return GatherCells(
        types_[column], static_cast<uint32_t>(rows.size()),
        [&](uint32_t i) -> const void* {
          if (!IsValue(rows[i], column)) return nullptr;
          value = Numeric::Make(static_cast<int64_t>(WordAt(CellOf(rows[i], column))), types_[column].scale);
          return &value;
        },
        [&](uint32_t i) { return static_cast<CellError>(*CellOf(rows[i], column)); });
  }
  return GatherCells(
      types_[column], static_cast<uint32_t>(rows.size()),
      [&](uint32_t i) -> const void* { return IsValue(rows[i], column) ? CellOf(rows[i], column) : nullptr; },
      [&](uint32_t i) { return static_cast<CellError>(*CellOf(rows[i], column)); });
}

}  // namespace freshet
