// Codes single rows as bytes: the values of the state store and of dead letters. Stable: new versions read old bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/columnar/column_builder.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

// Appends the cells of `row` in the given columns.
void EncodeRow(const DeltaBatch& batch, std::span<const ColumnIndex> columns, uint32_t row, std::string* out);
// Reads one row from the front of `bytes`, appends its cells to `builders` and takes it off `bytes`. Never reads past
// `bytes`; a malformed text is DATA_LOSS, and the builders may hold part of the row then: drop them.
absl::Status DecodeRow(std::string_view* bytes, std::span<ColumnBuilder> builders);

}  // namespace freshet
