// What may stand in the place of a scalar is restricted to what the parser takes for exactly one: a string without
// escapes that is closed inside of the record, or a run of letters, digits, signs and points. Behind it follow bytes
// that stood behind a scalar before, so that the run is the whole scalar.
#include "server/formats/json/json_shape.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "server/formats/json/json_scalar.h"
#include "server/formats/json/string_scan.h"

namespace freshet {
namespace {

// Larger records gain little.
constexpr size_t kRecordBytesMax = 4 << 10;
constexpr size_t kScalarsMax = 128;

constexpr std::array<bool, 256> MakeScalarBytes() {
  std::array<bool, 256> bytes{};
  for (int c = 0; c < 256; ++c) {
    bytes[static_cast<size_t>(c)] =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
  }
  return bytes;
}
constexpr std::array<bool, 256> kScalarBytes = MakeScalarBytes();

bool IsScalarByte(char c) { return kScalarBytes[static_cast<unsigned char>(c)]; }

// Behind the characters of a string that has no escapes, at its closing quote; nullptr: it is none, or not closed.
const char* EndOfString(const char* begin, const char* end) {
  uint32_t not_ascii = 0;
  for (const char* at = begin; at < end; at += kStringScanBytes) {
    const StringMasks masks = ScanString(at);
    if (masks.special == 0) {
      not_ascii |= masks.not_ascii;
      continue;
    }
    const int first = std::countr_zero(masks.special);
    const char* close = at + first;
    if (close >= end || *close != '"') return nullptr;
    not_ascii |= masks.not_ascii & ((uint32_t{1} << first) - 1);
    const bool valid = not_ascii == 0 || IsValidUtf8({begin, static_cast<size_t>(close - begin)});
    return valid ? close : nullptr;
  }
  return nullptr;
}

// Whether a row's cell shows where in the record it stands.
bool ShowsPlace(const FieldCell& cell, std::string_view record) {
  switch (cell.kind) {
    case FieldKind::kValidText:
    case FieldKind::kNumber:
    case FieldKind::kBoolean:
      return cell.text.data() >= record.data() && cell.text.data() < record.data() + record.size();
    case FieldKind::kMissing:
    case FieldKind::kNull:
    case FieldKind::kText:
    case FieldKind::kComposite:
    case FieldKind::kBad:
      return false;
  }
  __builtin_unreachable();
}

bool IsScalar(const JsonIndex& index, uint32_t token) {
  const char c = index.At(token);
  if (c == '"') return index.At(token + 1) != ':';  // else a name
  return c != '{' && c != '}' && c != '[' && c != ']' && c != ':' && c != ',';
}

}  // namespace

JsonShape::Part JsonShape::AddBytes(std::string_view bytes) {
  Part part;
  part.begin = static_cast<uint32_t>(bytes_.size());
  part.size = static_cast<uint32_t>(bytes.size());
  bytes_.append(bytes);
  return part;
}

std::optional<JsonShape> JsonShape::Of(const JsonIndex& index, const FieldRow& row) {
  const std::string_view record = index.text();
  if (record.size() > kRecordBytesMax) return std::nullopt;
  std::vector<std::pair<const char*, uint32_t>> places;
  for (uint32_t column = 0; column < row.cells.size(); ++column) {
    const FieldCell& cell = row.cells[column];
    if (cell.kind == FieldKind::kMissing) continue;
    if (!ShowsPlace(cell, record)) return std::nullopt;
    places.emplace_back(cell.text.data(), column);
  }
  JsonShape shape;
  shape.unknown_fields_ = row.unknown_fields;
  size_t behind = 0;  // the scalar before
  for (uint32_t token = 0; token < index.size(); ++token) {
    if (!IsScalar(index, token)) continue;
    if (shape.parts_.size() == kScalarsMax) return std::nullopt;
    const std::string_view scalar = index.TokenText(token);
    const size_t begin = index.PositionOf(token);
    Part part = shape.AddBytes(record.substr(behind, begin - behind));
    part.columns_begin = static_cast<uint32_t>(shape.columns_.size());
    const char* content = scalar.data() + (scalar.front() == '"' ? 1 : 0);
    for (const auto& [place, column] : places) {
      if (place == content) shape.columns_.push_back(column);
    }
    part.columns_end = static_cast<uint32_t>(shape.columns_.size());
    shape.parts_.push_back(part);
    behind = begin + scalar.size();
  }
  if (shape.columns_.size() != places.size()) return std::nullopt;
  shape.end_ = shape.AddBytes(record.substr(behind));
  shape.bytes_.append(kStringScanBytes, '\0');
  return shape;
}

bool JsonShape::Fill(std::string_view record, FieldRow& row) const {
  const char* at = record.data();
  const char* const end = at + record.size();
  const auto starts_with = [&](const Part& part) {
    const char* bytes = bytes_.data() + part.begin;
    if (part.size <= kStringScanBytes) return EqualStart(at, bytes, part.size);
    return part.size <= static_cast<size_t>(end - at) && std::memcmp(at, bytes, part.size) == 0;
  };
  for (const Part& part : parts_) {
    if (!starts_with(part)) return false;
    at += part.size;
    if (at >= end) return false;
    FieldCell cell;
    if (*at == '"') {
      const char* close = EndOfString(at + 1, end);
      if (close == nullptr) return false;
      cell = {FieldKind::kValidText, {at + 1, static_cast<size_t>(close - at - 1)}, true};
      at = close + 1;
    } else {
      const char* begin = at;
      while (at < end && IsScalarByte(*at)) ++at;
      if (at == begin) return false;
      if (part.columns_begin == part.columns_end) continue;
      cell = ScalarCell({begin, static_cast<size_t>(at - begin)});
      cell.padded = cell.kind == FieldKind::kNumber;
    }
    for (uint32_t i = part.columns_begin; i < part.columns_end; ++i) row.cells[columns_[i]] = cell;
  }
  row.unknown_fields = unknown_fields_;
  return starts_with(end_) && at + end_.size == end;
}

}  // namespace freshet
