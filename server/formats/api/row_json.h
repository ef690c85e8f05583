// Writes rows as JSON and CSV (values: INTERFACES in the docs): bigint a number or, if asked, a string; numeric, NaN
// and Infinity strings; times RFC 3339; NULL and ERROR null.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"

namespace freshet {

struct RowJsonOptions {
  bool int64_as_string = false;
};

// Appends a JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string* out);

// Appends one row as an object, in the order of the schema.
void AppendRowJson(const Schema& schema, const DeltaBatch& batch, uint32_t row, const RowJsonOptions& options,
                   std::string* out);
// Appends `"column":"CODE",...` of the row's ERROR cells, without braces; false: it has none.
bool AppendRowErrors(const Schema& schema, const DeltaBatch& batch, uint32_t row, std::string* out);

// A line with the columns' names, and one line a row; RFC 4180, \r\n. NULL is an empty field, an empty text is quoted.
// An ERROR cell is an empty field too; it is counted in the answer's errors only in JSON.
void AppendCsvHeader(const Schema& schema, std::string* out);
void AppendRowCsv(const Schema& schema, const DeltaBatch& batch, uint32_t row, std::string* out);

}  // namespace freshet
