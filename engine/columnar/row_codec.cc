// Per cell a tag byte: 0 = NULL, 1 = value, 128 + n = ERROR n. Behind a value's tag, by physical type:
//   boolean          one byte, 0 or 1
//   integers, times  zigzag varint
//   double           8 bytes, little-endian
//   numeric          scale in one byte, zigzag varint of the unscaled value (up to 19 bytes)
//   text             varint length, bytes
// Integers of all widths are alike, so that a widened column reads its old rows.
#include "engine/columnar/row_codec.h"

#include <bit>

#include "engine/base/str_cat.h"
#include "engine/columnar/array.h"

namespace freshet {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint8_t kNullTag = 0;
constexpr uint8_t kValueTag = 1;
constexpr uint8_t kErrorTag = 0x80;

// A tag, a byte and a varint of 128 bits.
constexpr size_t kShortCellBytes = 1 + 1 + 19;

template <typename Unsigned>
char* PutVarint(Unsigned value, char* out) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(static_cast<uint8_t>(value) | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

uint64_t ZigZag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
uint128 ZigZag128(int128 value) { return (static_cast<uint128>(value) << 1) ^ static_cast<uint128>(value >> 127); }

int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1))); }
int128 UnZigZag128(uint128 value) { return static_cast<int128>((value >> 1) ^ (0 - (value & 1))); }

// Writes what has no bytes of its own behind it: all but the bytes of a text.
char* PutValue(const Column& column, uint32_t row, char* out) {
  switch (column.physical()) {
    case PhysicalType::kBool:
      *out = static_cast<char>(column.values<uint8_t>()[row]);
      return out + 1;
    case PhysicalType::kInt32:
      return PutVarint(ZigZag(column.values<int32_t>()[row]), out);
    case PhysicalType::kInt64:
      return PutVarint(ZigZag(column.values<int64_t>()[row]), out);
    case PhysicalType::kDouble:
      std::memcpy(out, column.values<double>() + row, sizeof(double));
      return out + sizeof(double);
    case PhysicalType::kNumeric: {
      const Numeric& value = column.values<Numeric>()[row];
      *out = static_cast<char>(value.scale);
      return PutVarint(ZigZag128(value.unscaled()), out + 1);
    }
    case PhysicalType::kString:
      return PutVarint(column.values<StringCell>()[row].size(), out);
  }
  __builtin_unreachable();
}

void PutCell(const Column& column, uint32_t row, std::string* out) {
  if (!column.IsValue(row)) {
    CellError error = column.ErrorAt(row);
    out->push_back(static_cast<char>(error == CellError::kNone ? kNullTag : kErrorTag + static_cast<uint8_t>(error)));
    return;
  }
  char bytes[kShortCellBytes];
  bytes[0] = static_cast<char>(kValueTag);
  char* end = PutValue(column, row, bytes + 1);
  out->append(bytes, end - bytes);
  if (column.physical() == PhysicalType::kString) out->append(column.values<StringCell>()[row].view());
}

// Takes parts off the front of a row; false = they are not there.
class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : rest_(bytes) {}
  std::string_view rest() const { return rest_; }

  bool ReadByte(uint8_t* out) {
    if (rest_.empty()) return false;
    *out = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return true;
  }

  bool ReadBytes(uint64_t size, std::string_view* out) {
    if (size > rest_.size()) return false;
    *out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  template <typename Unsigned>
  bool ReadVarint(Unsigned* out) {
    constexpr unsigned kBits = sizeof(Unsigned) * 8;
    Unsigned value = 0;
    for (unsigned shift = 0; shift < kBits; shift += 7) {
      uint8_t byte = 0;
      if (!ReadByte(&byte)) return false;
      Unsigned part = byte & 0x7F;
      if (shift + 7 > kBits && (part >> (kBits - shift)) != 0) return false;
      value |= part << shift;
      if ((byte & 0x80) == 0) {
        *out = value;
        return true;
      }
    }
    return false;
  }

  bool ReadValue(ColumnBuilder& builder) {
    switch (PhysicalOf(builder.type().kind)) {
      case PhysicalType::kBool:
        return ReadBool(builder);
      case PhysicalType::kInt32:
      case PhysicalType::kInt64:
        return ReadInteger(builder);
      case PhysicalType::kDouble:
        return ReadDouble(builder);
      case PhysicalType::kNumeric:
        return ReadNumeric(builder);
      case PhysicalType::kString:
        return ReadString(builder);
    }
    __builtin_unreachable();
  }

 private:
  bool ReadBool(ColumnBuilder& builder) {
    uint8_t value = 0;
    if (!ReadByte(&value) || value > 1) return false;
    builder.Append(value);
    return true;
  }

  bool ReadInteger(ColumnBuilder& builder) {
    uint64_t coded = 0;
    if (!ReadVarint(&coded)) return false;
    int64_t value = UnZigZag(coded);
    if (PhysicalOf(builder.type().kind) == PhysicalType::kInt64) {
      builder.Append(value);
      return true;
    }
    if (value != static_cast<int32_t>(value)) return false;
    builder.Append(static_cast<int32_t>(value));
    return true;
  }

  bool ReadDouble(ColumnBuilder& builder) {
    std::string_view bytes;
    if (!ReadBytes(sizeof(double), &bytes)) return false;
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof(double));
    builder.Append(value);
    return true;
  }

  bool ReadNumeric(ColumnBuilder& builder) {
    uint8_t scale = 0;
    uint128 coded = 0;
    if (!ReadByte(&scale) || scale > kMaxNumericDigits || !ReadVarint(&coded)) return false;
    int128 unscaled = UnZigZag128(coded);
    if (unscaled > MaxNumericUnscaled() || unscaled < -MaxNumericUnscaled()) return false;
    builder.Append(Numeric::Make(unscaled, scale));
    return true;
  }

  bool ReadString(ColumnBuilder& builder) {
    uint32_t size = 0;
    std::string_view bytes;
    if (!ReadVarint(&size) || !ReadBytes(size, &bytes)) return false;
    if (builder.type().kind == TypeKind::kArray && !IsArrayCell(bytes, builder.type())) return false;
    builder.AppendString(bytes);
    return true;
  }

  std::string_view rest_;
};

bool ReadCell(RowReader& reader, ColumnBuilder& builder) {
  uint8_t tag = 0;
  if (!reader.ReadByte(&tag)) return false;
  if (tag == kValueTag) return reader.ReadValue(builder);
  if (tag == kNullTag) {
    builder.AppendNull();
    return true;
  }
  if (tag < kErrorTag || !IsCellErrorNumber(tag - kErrorTag)) return false;
  builder.AppendError(static_cast<CellError>(tag - kErrorTag));
  return true;
}

}  // namespace

void EncodeRow(const DeltaBatch& batch, std::span<const ColumnIndex> columns, uint32_t row, std::string* out) {
  for (ColumnIndex index : columns) PutCell(batch.column(index), row, out);
}

absl::Status DecodeRow(std::string_view* bytes, std::span<ColumnBuilder> builders) {
  RowReader reader(*bytes);
  for (size_t index = 0; index < builders.size(); ++index) {
    if (ReadCell(reader, builders[index])) continue;
    return absl::DataLossError(StrCat("a stored row is broken at column ", index + 1, " (",
                                      TypeName(builders[index].type()), "), byte ",
                                      bytes->size() - reader.rest().size(), " of ", bytes->size()));
  }
  *bytes = reader.rest();
  return absl::OkStatus();
}

}  // namespace freshet
