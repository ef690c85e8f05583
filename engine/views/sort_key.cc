#include "engine/views/sort_key.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "engine/base/check.h"

namespace freshet {
namespace {

template <typename T>
void AppendBigEndian(T value, std::string* key) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    key->push_back(static_cast<char>(value >> shift));
  }
}

void AppendInteger(int64_t value, std::string* key) {
  AppendBigEndian(static_cast<uint64_t>(value) ^ (uint64_t{1} << 63), key);
}

// IEEE order made unsigned; -0.0 sorts as 0.0 with its sign behind, every NaN behind infinity.
void AppendDouble(double value, std::string* key) {
  uint64_t bits = std::isnan(value) ? ~uint64_t{0} : std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  if (!std::isnan(value)) bits = (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
  AppendBigEndian(bits, key);
}

// Integer part, then the fraction scaled to 38 digits; both floored, so that negative numbers sort as they should.
void AppendNumeric(const Numeric& value, std::string* key) {
  int128 unit = PowerOfTen(value.scale);
  int128 whole = value.unscaled() / unit;
  int128 fraction = value.unscaled() % unit;
  if (fraction < 0) {
    whole -= 1;
    fraction += unit;
  }
  fraction *= PowerOfTen(kMaxNumericDigits - value.scale);
  AppendBigEndian(static_cast<uint128>(whole) ^ (static_cast<uint128>(1) << 127), key);
  AppendBigEndian(static_cast<uint128>(fraction), key);
}

// Zero bytes are escaped, so that the end of a text sorts before every further byte.
void AppendText(std::string_view text, std::string* key) {
  for (char c : text) {
    key->push_back(c);
    if (c == '\0') key->push_back('\xff');
  }
  key->append(2, '\0');
}

void AppendValue(const Column& column, uint32_t row, std::string* key) {
  switch (column.physical()) {
    case PhysicalType::kBool:
      key->push_back(static_cast<char>(column.values<uint8_t>()[row]));
      return;
    case PhysicalType::kInt32:
      return AppendInteger(column.values<int32_t>()[row], key);
    case PhysicalType::kInt64:
      return AppendInteger(column.values<int64_t>()[row], key);
    case PhysicalType::kDouble:
      return AppendDouble(column.values<double>()[row], key);
    case PhysicalType::kNumeric:
      return AppendNumeric(column.values<Numeric>()[row], key);
    case PhysicalType::kString:
      return AppendText(column.values<StringCell>()[row].view(), key);
  }
}

// Equal values of different form: tells 1.0 from 1.00 and 0.0 from -0.0.
void AppendForm(const Column& column, uint32_t row, std::string* key) {
  if (!column.IsValue(row)) return;
  if (column.physical() == PhysicalType::kNumeric) {
    key->push_back(static_cast<char>(column.values<Numeric>()[row].scale));
  } else if (column.physical() == PhysicalType::kDouble) {
    key->push_back(std::signbit(column.values<double>()[row]) ? '\1' : '\0');
  }
}

}  // namespace

void AppendSortKey(const DeltaBatch& batch, uint32_t row, std::span<const SortColumn> order, std::string* key) {
  // The first byte of a cell: 1 NULL or ERROR in front, 2 a value, 3 NULL or ERROR behind.
  for (const SortColumn& sort : order) {
    const Column& column = batch.column(sort.column);
    size_t begin = key->size();
    if (!column.IsValue(row)) {
      key->push_back(sort.nulls_first ? '\1' : '\3');
      key->push_back(static_cast<char>(column.ErrorAt(row)));
      continue;
    }
    key->push_back('\2');
    AppendValue(column, row, key);
    if (sort.descending) {
      for (size_t i = begin + 1; i < key->size(); ++i) (*key)[i] = static_cast<char>(~(*key)[i]);
    }
  }
  for (const Column& column : batch.columns()) {
    if (column.IsValue(row)) {
      key->push_back('\2');
      AppendValue(column, row, key);
    } else {
      key->push_back('\3');
      key->push_back(static_cast<char>(column.ErrorAt(row)));
    }
  }
  for (const Column& column : batch.columns()) AppendForm(column, row, key);
}

}  // namespace freshet
