// A frame is a header, the hash key, the weights, the hashes, and per column a header and its buffers as they lie in
// memory. String cells that are long carry an offset into the column's packed heap in the place of their pointer; cells
// that follow each other may share a text. Cells that are no values are written as zeros, whatever lies in memory
// there.
//
// Decoding trusts nothing: sizes are held against the bytes that are left before memory is taken, and each value that
// would break an invariant of the engine (booleans, scales, error codes, string cells) is looked at.
#include "engine/columnar/batch_codec.h"

#include <algorithm>
#include <bit>

#include "engine/base/str_cat.h"
#include "engine/columnar/array.h"

namespace freshet {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint16_t kFormat = 0xFB01;

constexpr uint8_t kHasWeights = 1;
constexpr uint8_t kHasHashes = 2;
constexpr uint8_t kIsPaired = 4;

constexpr uint8_t kHasValid = 1;
constexpr uint8_t kHasErrors = 2;

struct FrameHeader {
  uint16_t format = kFormat;
  uint8_t flags = 0;
  uint8_t reserved = 0;
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint32_t key_columns = 0;  // of the hash
};
static_assert(sizeof(FrameHeader) == 16);

struct ColumnHeader {
  uint8_t kind = 0;
  uint8_t flags = 0;
  uint16_t reserved = 0;
  uint32_t reserved_too = 0;
  uint64_t heap_bytes = 0;
};
static_assert(sizeof(ColumnHeader) == 16);

// A StringCell as it stands in a frame.
struct CodedCell {
  uint32_t size;
  char prefix[4];
  uint64_t rest;  // the other inline bytes, or the offset in the heap
};
static_assert(sizeof(CodedCell) == sizeof(StringCell));

// --- encoding

template <typename T>
void Put(const T& value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void PutBytes(const void* bytes, size_t size, std::string* out) {
  if (size != 0) out->append(static_cast<const char*>(bytes), size);
}

template <typename T>
void PutValues(const Column& column, std::string* out) {
  size_t begin = out->size();
  PutBytes(column.raw_values(), column.size() * sizeof(T), out);
  if (column.all_valid()) return;
  char* place = out->data() + begin;
  for (uint32_t row = 0; row < column.size(); ++row) {
    if (!column.IsValue(row)) std::memset(place + row * sizeof(T), 0, sizeof(T));
  }
}

// Whether a long cell's text is the one before it in memory, as the name of a partition is under all its rows: it goes
// into the frame once.
bool IsSameText(const StringCell& cell, const StringCell* before) {
  return before != nullptr && before->size() == cell.size() && before->data() == cell.data();
}

size_t HeapBytes(const Column& column) {
  const StringCell* cells = column.values<StringCell>();
  const StringCell* last = nullptr;
  size_t bytes = 0;
  for (uint32_t row = 0; row < column.size(); ++row) {
    if (cells[row].is_inline() || !column.IsValue(row) || IsSameText(cells[row], last)) continue;
    last = &cells[row];
    bytes += last->size();
  }
  return bytes;
}

void PutStrings(const Column& column, size_t heap_bytes, std::string* out) {
  const StringCell* cells = column.values<StringCell>();
  size_t begin = out->size();
  size_t heap_begin = begin + column.size() * sizeof(CodedCell);
  out->resize(heap_begin + heap_bytes);
  CodedCell coded;
  const StringCell* last = nullptr;
  size_t heap_used = 0;
  for (uint32_t row = 0; row < column.size(); ++row) {
    const StringCell& cell = cells[row];
    if (!column.IsValue(row)) {
      coded = CodedCell{};
    } else {
      std::memcpy(&coded, &cell, sizeof(coded));
      if (!cell.is_inline()) {
        if (!IsSameText(cell, last)) {
          std::memcpy(out->data() + heap_begin + heap_used, cell.data(), cell.size());
          heap_used += cell.size();
          last = &cell;
        }
        coded.rest = heap_used - cell.size();
      }
    }
    std::memcpy(out->data() + begin + row * sizeof(coded), &coded, sizeof(coded));
  }
}

void PutColumn(const Column& column, std::string* out) {
  bool is_string = column.physical() == PhysicalType::kString;
  ColumnHeader header;
  header.kind = static_cast<uint8_t>(column.type().kind);
  header.flags = (column.valid_bits() != nullptr ? kHasValid : 0) |
                 (column.valid_bits() != nullptr && column.error_codes() != nullptr ? kHasErrors : 0);
  header.heap_bytes = is_string ? HeapBytes(column) : 0;
  Put(header, out);
  if ((header.flags & kHasValid) != 0) {
    PutBytes(column.valid_bits(), BitmapWords(column.size()) * sizeof(uint64_t), out);
  }
  if ((header.flags & kHasErrors) != 0) PutBytes(column.error_codes(), column.size(), out);
  switch (column.physical()) {
    case PhysicalType::kBool:
      return PutValues<uint8_t>(column, out);
    case PhysicalType::kInt32:
      return PutValues<int32_t>(column, out);
    case PhysicalType::kInt64:
      return PutValues<int64_t>(column, out);
    case PhysicalType::kDouble:
      return PutValues<double>(column, out);
    case PhysicalType::kNumeric:
      return PutValues<Numeric>(column, out);
    case PhysicalType::kString:
      return PutStrings(column, header.heap_bytes, out);
  }
  __builtin_unreachable();
}

// --- decoding

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("a coded batch is malformed: ", what));
}

class FrameReader {
 public:
  explicit FrameReader(std::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<DeltaBatch> Read(std::span<const DataType> types) {
    RETURN_IF_ERROR(ReadHeader(types.size()));
    KeyColumns key;
    for (uint32_t i = 0; i < header_.key_columns; ++i) {
      uint32_t index = 0;
      if (!Take(&index) || index >= header_.columns) return Malformed("hash key");
      key.push_back(ColumnIndex(index));
    }
    BufferRef weights;
    BufferRef hashes;
    if ((header_.flags & kHasWeights) != 0 && !TakeArray(sizeof(int64_t), &weights)) return Malformed("weights");
    if ((header_.flags & kHasHashes) != 0 && !TakeArray(sizeof(uint64_t), &hashes)) return Malformed("hashes");
    std::vector<Column> columns;
    columns.reserve(types.size());
    for (DataType type : types) {
      ASSIGN_OR_RETURN(Column column, ReadColumn(type));
      columns.push_back(std::move(column));
    }
    if (!rest_.empty()) return Malformed("bytes behind its end");
    DeltaBatch batch(header_.rows, std::move(columns), std::move(weights));
    if (hashes) batch.SetHashes(std::move(key), std::move(hashes));
    batch.set_paired((header_.flags & kIsPaired) != 0);
    return batch;
  }

 private:
  absl::Status ReadHeader(size_t expected_columns) {
    if (!Take(&header_)) return Malformed("too short");
    if (header_.format != kFormat) {
      return Malformed(StrCat("format ", header_.format, ", this release reads ", kFormat));
    }
    if (header_.columns != expected_columns) {
      return Malformed(StrCat(header_.columns, " columns instead of ", expected_columns));
    }
    if ((header_.flags & ~(kHasWeights | kHasHashes | kIsPaired)) != 0 || header_.reserved != 0) {
      return Malformed("flags");
    }
    if ((header_.flags & kHasHashes) == 0 && header_.key_columns != 0) return Malformed("hash key without hashes");
    if ((header_.flags & kIsPaired) != 0 && header_.rows % 2 != 0) return Malformed("pairs with an odd number of rows");
    return absl::OkStatus();
  }

  template <typename T>
  bool Take(T* out) {
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(out, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }

  // The next `size` bytes in a buffer of their own.
  bool TakeBuffer(uint64_t size, BufferRef* out) {
    if (size > rest_.size()) return false;
    *out = BufferRef::Allocate(size);
    if (size != 0) std::memcpy(out->mutable_as<char>(), rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }
  bool TakeArray(size_t width, BufferRef* out) { return TakeBuffer(uint64_t{header_.rows} * width, out); }

  absl::StatusOr<Column> ReadColumn(DataType type) {
    ColumnHeader header;
    if (!Take(&header)) return Malformed("no column where one must be");
    if (header.kind != static_cast<uint8_t>(type.kind)) {
      return Malformed(StrCat("a column of type ", header.kind, " where ", TypeName(type), " must be"));
    }
    bool is_string = PhysicalOf(type.kind) == PhysicalType::kString;
    if ((header.flags & ~(kHasValid | kHasErrors)) != 0 || header.reserved != 0 || header.reserved_too != 0 ||
        header.flags == kHasErrors || (!is_string && header.heap_bytes != 0)) {
      return Malformed("column flags");
    }
    BufferRef valid;
    BufferRef errors;
    BufferRef values;
    if ((header.flags & kHasValid) != 0 && !TakeBuffer(BitmapWords(header_.rows) * sizeof(uint64_t), &valid)) {
      return Malformed("bitmap");
    }
    if ((header.flags & kHasErrors) != 0 && (!TakeArray(1, &errors) || !ErrorsFit(valid, errors))) {
      return Malformed("cell errors");
    }
    if (!TakeArray(WidthOf(PhysicalOf(type.kind)), &values)) return Malformed("values");
    HeapRefs heaps;
    if (header.heap_bytes != 0) {
      BufferRef heap;
      if (!TakeBuffer(header.heap_bytes, &heap)) return Malformed("heap");
      heaps.push_back(std::move(heap));
    }
    if (!ValuesFit(PhysicalOf(type.kind), heaps, &values)) return Malformed("a value");
    Column column(type, header_.rows, std::move(values), std::move(valid), std::move(errors), std::move(heaps));
    if (type.kind == TypeKind::kArray && !ArraysFit(column)) return Malformed("an array");
    return column;
  }

  static bool ArraysFit(const Column& column) {
    for (uint32_t row = 0; row < column.size(); ++row) {
      if (column.IsValue(row) && !IsArrayCell(column.values<StringCell>()[row].view(), column.type())) return false;
    }
    return true;
  }

  // Known codes, and only where the cell is no value.
  bool ErrorsFit(const BufferRef& valid, const BufferRef& errors) const {
    const uint64_t* bits = valid.as<uint64_t>();
    const uint8_t* codes = errors.as<uint8_t>();
    for (uint32_t row = 0; row < header_.rows; ++row) {
      if (codes[row] == 0) continue;
      if (!IsCellErrorNumber(codes[row]) || ((bits[row / 64] >> (row % 64)) & 1) != 0) return false;
    }
    return true;
  }

  bool ValuesFit(PhysicalType type, const HeapRefs& heaps, BufferRef* values) const {
    switch (type) {
      case PhysicalType::kBool:
        return BooleansFit(*values);
      case PhysicalType::kInt32:
      case PhysicalType::kInt64:
      case PhysicalType::kDouble:
        return true;
      case PhysicalType::kNumeric:
        return NumericsFit(*values);
      case PhysicalType::kString:
        return PointIntoHeap(heaps.empty() ? BufferRef() : heaps[0], values);
    }
    __builtin_unreachable();
  }

  bool BooleansFit(const BufferRef& values) const {
    uint8_t all = 0;
    for (uint32_t row = 0; row < header_.rows; ++row) all |= values.as<uint8_t>()[row];
    return all <= 1;
  }

  bool NumericsFit(const BufferRef& values) const {
    for (uint32_t row = 0; row < header_.rows; ++row) {
      const Numeric& value = values.as<Numeric>()[row];
      if (value.scale < 0 || value.scale > kMaxNumericDigits || value.reserved != 0) return false;
      if (value.unscaled() > MaxNumericUnscaled() || value.unscaled() < -MaxNumericUnscaled()) return false;
    }
    return true;
  }

  // Turns offsets into pointers. Inline cells must have zeros behind their text, long ones the text's own prefix, since
  // equality of cells rests on both.
  bool PointIntoHeap(const BufferRef& heap, BufferRef* values) const {
    char* cells = values->mutable_as<char>();
    for (uint32_t row = 0; row < header_.rows; ++row) {
      CodedCell coded;
      std::memcpy(&coded, cells + row * sizeof(coded), sizeof(coded));
      if (coded.size <= StringCell::kInlineBytes) {
        if (!ZerosBehind(coded)) return false;
        continue;
      }
      if (coded.rest > heap.size() || coded.size > heap.size() - coded.rest) return false;
      StringCell cell(heap.as<char>() + coded.rest, coded.size);
      if (std::memcmp(heap.as<char>() + coded.rest, coded.prefix, sizeof(coded.prefix)) != 0) return false;
      std::memcpy(cells + row * sizeof(cell), &cell, sizeof(cell));
    }
    return true;
  }

  static bool ZerosBehind(const CodedCell& coded) {
    uint32_t prefix = 0;
    std::memcpy(&prefix, coded.prefix, sizeof(prefix));
    if (coded.size < 4) return coded.rest == 0 && prefix >> (coded.size * 8) == 0;
    return coded.size == StringCell::kInlineBytes || coded.rest >> ((coded.size - 4) * 8) == 0;
  }

  std::string_view rest_;
  FrameHeader header_;
};

}  // namespace

void EncodeBatch(const DeltaBatch& batch, std::string* out) {
  FrameHeader header;
  bool has_hashes = static_cast<bool>(batch.hashes_buffer());
  header.flags =
      (batch.weights() != nullptr ? kHasWeights : 0) | (has_hashes ? kHasHashes : 0) | (batch.paired() ? kIsPaired : 0);
  header.rows = batch.size();
  header.columns = batch.column_count();
  header.key_columns = has_hashes ? static_cast<uint32_t>(batch.hash_key().size()) : 0;
  Put(header, out);
  if (has_hashes) {
    for (ColumnIndex index : batch.hash_key()) Put(index.value(), out);
  }
  if (batch.weights() != nullptr) PutBytes(batch.weights(), batch.size() * sizeof(int64_t), out);
  if (has_hashes) PutBytes(batch.hashes_buffer().as<char>(), batch.size() * sizeof(uint64_t), out);
  for (const Column& column : batch.columns()) {
    DCHECK(column.size() == batch.size());
    PutColumn(column, out);
  }
}

size_t CodedBytesMax(const DeltaBatch& batch) {
  size_t bytes = sizeof(FrameHeader);
  if (batch.weights() != nullptr) bytes += batch.size() * sizeof(int64_t);
  if (batch.hashes_buffer()) bytes += batch.hash_key().size() * sizeof(uint32_t) + batch.size() * sizeof(uint64_t);
  for (const Column& column : batch.columns()) {
    bytes += sizeof(ColumnHeader) + column.size() * WidthOf(column.physical());
    if (column.valid_bits() != nullptr) bytes += BitmapWords(column.size()) * sizeof(uint64_t);
    if (column.error_codes() != nullptr) bytes += column.size();
    if (column.physical() == PhysicalType::kString) bytes += HeapBytes(column);
  }
  return bytes;
}

absl::StatusOr<DeltaBatch> DecodeBatch(std::string_view bytes, std::span<const DataType> types) {
  return FrameReader(bytes).Read(types);
}

}  // namespace freshet
