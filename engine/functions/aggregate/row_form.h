// Rows of several columns as values of an aggregate: sort keys one after another, so that their order is that of bytes
// and everything that keeps texts in order keeps rows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/strong_id.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/sort_key.h"

namespace freshet {

struct RowPart {
  ColumnIndex column;
  DataType type;
  SortOrder order;
  bool skips_null = false;  // a row with NULL here takes no part

  bool operator==(const RowPart&) const = default;
};
using RowForm = std::vector<RowPart>;

// The rows, none of them with an ERROR, as cells of text.
Column EncodeRows(const RowForm& form, const DeltaBatch& batch, std::span<const uint32_t> rows);
// A part of an encoded row.
Datum PartOf(const RowForm& form, std::string_view encoded, uint32_t part);

}  // namespace freshet
