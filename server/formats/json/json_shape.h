// What a record looks like apart from its values. Most records of a source are written by one program: the same names
// in one order, with the same blanks between them. A record whose bytes between the scalars are those of another that
// was decoded before has the same structure, and its fields stand at the same scalars: nothing of it has to be parsed
// anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/formats/api/record.h"
#include "server/formats/json/json_index.h"

namespace freshet {

class JsonShape {
 public:
  // Of the record in `index`, which is one balanced object and whose fields went to `row`. No value: the row does not
  // tell where its fields stand (one is null, has escapes, or is an object or array), or the record is large.
  static std::optional<JsonShape> Of(const JsonIndex& index, const FieldRow& row);

  // Fills a cleared row from a record of this shape, with what parsing it would give. False: the record has another
  // shape, or a string with escapes or of invalid UTF-8; the row may hold some of its cells then.
  bool Fill(std::string_view record, FieldRow& row) const;

 private:
  // The bytes before a scalar, and the columns that take it.
  struct Part {
    uint32_t begin = 0;  // in bytes_
    uint32_t size = 0;
    uint32_t columns_begin = 0;  // in columns_
    uint32_t columns_end = 0;
  };

  Part AddBytes(std::string_view bytes);

  std::vector<Part> parts_;  // a scalar stands behind each of them
  Part end_;
  std::string bytes_;  // readable behind each part as EqualStart needs it
  std::vector<uint32_t> columns_;
  uint64_t unknown_fields_ = 0;
};

}  // namespace freshet
