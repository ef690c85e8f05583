// What cells of arrays hold: the elements' sort keys (sort_key.h) one after another, so that arrays compare as their
// bytes do, element by element, NULLs last and equal to each other, a shorter array before a longer one that begins
// with it, as in PostgreSQL. Arrays have one dimension, and their first element has the index 1; -0 is 0 in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/columnar/datum.h"

namespace freshet {

// One element as it lies in a cell.
struct ArrayElement {
  std::string_view key;   // equal for equal values
  std::string_view rest;  // what the key of a numeric or interval leaves out: digits behind the point, months and days

  bool is_null() const;
};

// Calls for the elements of a cell in their order.
class ArrayReader {
 public:
  ArrayReader(std::string_view cell, DataType array);

  // False: there is no further one.
  bool Next(ArrayElement* element);

 private:
  std::string_view keys_;
  std::string_view rests_;
  TypeKind element_;
};

// Makes a cell.
class ArrayWriter {
 public:
  explicit ArrayWriter(DataType array) : element_(ElementOf(array)) {}

  // A value of the element type, or NULL.
  void Append(const Datum& value);
  // An element of another array of the type.
  void Append(const ArrayElement& element);

  size_t bytes() const { return keys_.size() + rests_.size(); }
  // The cell; the writer is empty then.
  std::string Finish();

 private:
  DataType element_;
  std::string keys_;
  std::string rests_;
};

// Whether these bytes, which come from elsewhere, are a cell. The others take nothing but cells.
bool IsArrayCell(std::string_view bytes, DataType array);

Datum DatumOf(const ArrayElement& element, DataType array);
int64_t CountElements(std::string_view cell, DataType array);
// The element at an index from 1 on; false: there is none.
bool FindElement(std::string_view cell, DataType array, int64_t index, ArrayElement* element);

// Reads PostgreSQL's form, `{1,2,NULL,"a b"}`; writes it.
absl::StatusOr<Datum> ParseArray(std::string_view text, DataType array);
std::string FormatArray(std::string_view cell, DataType array);
// Appends the elements' texts as FormatArray does, quoted where they have to be.
void AppendArrayText(std::string_view text, std::string* out);

// What two cells of a type have in common if they are equal: of an interval its span, of an array its keys; of any
// other bytes all.
std::string_view ComparedBytes(std::string_view cell, DataType type);
// Whether equal values always have equal cells, so that rows can be found by them. Not those of intervals, nor arrays
// of intervals or of numerics of any scale.
bool HasOneForm(DataType type);

}  // namespace freshet
