#include "engine/columnar/column.h"

#include <algorithm>

namespace freshet {
namespace {

struct Bytes16 {
  uint64_t words[2];
};
struct Bytes24 {
  uint64_t words[3];
};

template <typename T>
BufferRef GatherValues(const char* from, std::span<const uint32_t> rows) {
  BufferRef to = BufferRef::Of<T>(rows.size());
  const T* source = reinterpret_cast<const T*>(from);
  T* target = to.mutable_as<T>();
  for (size_t i = 0; i < rows.size(); ++i) target[i] = source[rows[i]];
  return to;
}

BufferRef GatherByWidth(const Column& column, std::span<const uint32_t> rows) {
  const char* from = column.raw_values();
  switch (column.physical()) {
    case PhysicalType::kBool:
      return GatherValues<uint8_t>(from, rows);
    case PhysicalType::kInt32:
      return GatherValues<uint32_t>(from, rows);
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return GatherValues<uint64_t>(from, rows);
    case PhysicalType::kNumeric:
      return GatherValues<Bytes24>(from, rows);
    case PhysicalType::kString:
      return GatherValues<Bytes16>(from, rows);
  }
  __builtin_unreachable();
}

// Empty when every gathered cell is a value.
BufferRef GatherBits(const uint64_t* bits, std::span<const uint32_t> rows) {
  size_t words = BitmapWords(static_cast<uint32_t>(rows.size()));
  BufferRef to = BufferRef::Of<uint64_t>(words);
  uint64_t* target = to.mutable_as<uint64_t>();
  uint64_t missing = 0;
  for (size_t word = 0; word < words; ++word) {
    size_t begin = word * 64;
    size_t count = std::min<size_t>(64, rows.size() - begin);
    uint64_t clear = 0;
    for (size_t i = 0; i < count; ++i) {
      uint32_t row = rows[begin + i];
      clear |= (~(bits[row / 64] >> (row % 64)) & 1) << i;
    }
    target[word] = ~clear;
    missing |= clear;
  }
  return missing == 0 ? BufferRef() : to;
}

// Empty when no gathered cell is ERROR.
BufferRef GatherErrors(const uint8_t* codes, std::span<const uint32_t> rows) {
  BufferRef to = BufferRef::Of<uint8_t>(rows.size());
  uint8_t* target = to.mutable_as<uint8_t>();
  uint8_t any = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    target[i] = codes[rows[i]];
    any |= target[i];
  }
  return any == 0 ? BufferRef() : to;
}

// Sets the bits [begin, begin + count) of an all-ones bitmap to those of `bits`.
void PlaceBits(const uint64_t* bits, uint32_t count, uint64_t* target, size_t begin) {
  size_t shift = begin % 64;
  uint64_t* out = target + begin / 64;
  for (uint32_t word = 0; word < BitmapWords(count); ++word) {
    uint32_t left = count - word * 64;
    uint64_t clear = ~bits[word];
    if (left < 64) clear &= (uint64_t{1} << left) - 1;
    if (clear == 0) continue;
    out[word] &= ~(clear << shift);
    if (shift != 0 && (clear >> (64 - shift)) != 0) out[word + 1] &= ~(clear >> (64 - shift));
  }
}

// Each heap once: batches of one source share theirs.
HeapRefs UnionOfHeaps(std::span<const Column> parts) {
  HeapRefs heaps;
  for (const Column& part : parts) heaps.insert(heaps.end(), part.heaps().begin(), part.heaps().end());
  std::sort(heaps.begin(), heaps.end(),
            [](const BufferRef& a, const BufferRef& b) { return a.as<char>() < b.as<char>(); });
  heaps.erase(std::unique(heaps.begin(), heaps.end()), heaps.end());
  return heaps;
}

// Bytes of long strings in cells that are values.
size_t LongStringBytes(const Column& column) {
  const StringCell* cells = column.values<StringCell>();
  size_t bytes = 0;
  for (uint32_t row = 0; row < column.size(); ++row) {
    if (!cells[row].is_inline() && column.IsValue(row)) bytes += cells[row].size();
  }
  return bytes;
}

}  // namespace

Column GatherColumn(const Column& column, std::span<const uint32_t> rows) {
  BufferRef valid = column.valid_bits() == nullptr ? BufferRef() : GatherBits(column.valid_bits(), rows);
  BufferRef errors = valid && column.error_codes() != nullptr ? GatherErrors(column.error_codes(), rows) : BufferRef();
  return Column(column.type(), static_cast<uint32_t>(rows.size()), GatherByWidth(column, rows), std::move(valid),
                std::move(errors), column.heaps());
}

Column ConcatColumns(std::span<const Column> parts) {
  CHECK(!parts.empty());
  if (parts.size() == 1) return parts[0];
  size_t size = 0;
  bool any_valid = false;
  bool any_errors = false;
  for (const Column& part : parts) {
    DCHECK(part.physical() == parts[0].physical());
    size += part.size();
    any_valid |= part.valid_bits() != nullptr;
    any_errors |= part.error_codes() != nullptr;
  }
  CHECK(size <= UINT32_MAX);
  size_t width = WidthOf(parts[0].physical());
  BufferRef values = BufferRef::Allocate(size * width);
  BufferRef valid;
  BufferRef errors;
  if (any_valid) {
    size_t words = BitmapWords(static_cast<uint32_t>(size));
    valid = BufferRef::Of<uint64_t>(words);
    std::fill_n(valid.mutable_as<uint64_t>(), words, ~uint64_t{0});
  }
  if (any_errors) errors = BufferRef::AllocateZeroed(size);

  size_t row = 0;
  for (const Column& part : parts) {
    if (part.size() == 0) continue;
    std::memcpy(values.mutable_as<char>() + row * width, part.raw_values(), part.size() * width);
    if (part.valid_bits() != nullptr) PlaceBits(part.valid_bits(), part.size(), valid.mutable_as<uint64_t>(), row);
    if (part.error_codes() != nullptr) std::memcpy(errors.mutable_as<char>() + row, part.error_codes(), part.size());
    row += part.size();
  }
  HeapRefs heaps;
  if (parts[0].physical() == PhysicalType::kString) heaps = UnionOfHeaps(parts);
  return Column(parts[0].type(), static_cast<uint32_t>(size), std::move(values), std::move(valid), std::move(errors),
                std::move(heaps));
}

Column CompactStrings(const Column& column) {
  if (column.physical() != PhysicalType::kString || column.heaps().empty()) return column;
  const StringCell* cells = column.values<StringCell>();
  BufferRef values = BufferRef::Of<StringCell>(column.size());
  StringCell* target = values.mutable_as<StringCell>();
  BufferRef heap = BufferRef::Allocate(LongStringBytes(column));
  char* free = heap.mutable_as<char>();
  bool any_long = false;
  for (uint32_t row = 0; row < column.size(); ++row) {
    const StringCell& cell = cells[row];
    if (cell.is_inline()) {
      target[row] = cell;
    } else if (column.IsValue(row)) {
      std::memcpy(free, cell.data(), cell.size());
      target[row] = StringCell(free, cell.size());
      free += cell.size();
      any_long = true;
    } else {
      target[row] = StringCell();
    }
  }
  HeapRefs heaps;
  if (any_long) heaps.push_back(std::move(heap));
  return Column(column.type(), column.size(), std::move(values), column.valid_buffer(), column.errors_buffer(),
                std::move(heaps));
}

size_t ColumnBytes(const Column& column) {
  size_t bytes = column.size() * WidthOf(column.physical());
  if (column.valid_bits() != nullptr) bytes += BitmapWords(column.size()) * sizeof(uint64_t);
  if (column.error_codes() != nullptr) bytes += column.size();
  if (column.physical() == PhysicalType::kString && !column.heaps().empty()) bytes += LongStringBytes(column);
  return bytes;
}

}  // namespace freshet
