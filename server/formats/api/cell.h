// One field of a record as it was found, and its value as its column's type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/columnar/column_builder.h"
#include "engine/columnar/datum.h"
#include "engine/columnar/numeric.h"
#include "engine/columnar/string_cell.h"
#include "engine/columnar/types.h"
#include "server/formats/api/digits.h"

namespace freshet {

enum class FieldKind : uint8_t {
  kMissing,  // the record has no such field
  kNull,
  kText,       // characters: a CSV field, a JSON string without its escapes, a message; may be invalid UTF-8
  kValidText,  // the same, known to be valid UTF-8
  kNumber,     // a JSON number as it is written
  kBoolean,    // JSON true or false
  kComposite,  // a JSON object or array as it is written
  kBad,        // a scalar that its format does not know (JSON: tru, 01, "\q")
};

// `text` is valid until the next record is decoded.
struct FieldCell {
  FieldKind kind = FieldKind::kMissing;
  std::string_view text;
  bool padded = false;  // characters behind which at least 12 bytes more can be read; never at kNull, kMissing
};

enum class CellState : uint8_t { kNull, kValue, kBad };

// The value of one cell by its physical type: `integer` (bool, int32, int64), `real`, `numeric` or `text`.
struct Cell {
  CellState state = CellState::kNull;
  union {
    int64_t integer = 0;
    double real;
  };
  Numeric numeric;
  std::string_view text;
  std::string made;  // what `text` leads into where it is not the field's own
};

// Reads a field that is neither missing nor null as the type. Texts are read in PostgreSQL's input syntax; a number or
// text with a fraction of zeros (2.0, 1e3) is an integer too; text columns take every kind but kBad, as it is written.
// Sets `out` and returns true, or false: it does not fit.
bool ReadCell(const FieldCell& field, DataType type, Cell* out);

// The value of a default or of metadata; text lives as long as the datum.
Cell CellOf(const Datum& datum, DataType type);

// Appends to a builder of the type that the cell was read for; kBad as ERROR(BAD_VALUE).
void AppendCell(const Cell& cell, ColumnBuilder& builder);

// Reads what nearly every integer of nearly every record is: a minus or none and 1 to 16 digits, as text or number.
// False: it may still be a number, for ReadCell.
inline bool ReadShortInteger(const FieldCell& field, int64_t* out) {
  if (field.padded) return ReadPaddedDigits(field.text, out);
  bool digits =
      field.kind == FieldKind::kText || field.kind == FieldKind::kNumber || field.kind == FieldKind::kValidText;
  return digits && ReadShortDigits(field.text, out);
}

bool IsValidUtf8(std::string_view text);

// Reads what most texts are: a few characters of text or ASCII, that a cell holds inline. False: it is for ReadCell.
inline bool ReadShortText(const FieldCell& field, StringCell* out) {
  if (!field.padded || field.text.size() > StringCell::kInlineBytes) return false;
  *out = StringCell::FromPadded(field.text.data(), static_cast<uint32_t>(field.text.size()));
  return field.kind == FieldKind::kValidText || (field.kind == FieldKind::kText && out->is_inline_ascii());
}

}  // namespace freshet
