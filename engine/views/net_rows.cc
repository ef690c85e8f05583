#include "engine/views/net_rows.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/columnar/row_codec.h"

namespace freshet {

NetRows::NetRows(const Schema& schema) : schema_(schema) {
  for (uint32_t i = 0; i < schema.size(); ++i) columns_.push_back(ColumnIndex(i));
}

void NetRows::Add(const DeltaBatch& batch) {
  for (uint32_t row = 0; row < batch.size(); ++row) {
    row_.clear();
    EncodeRow(batch, columns_, row, &row_);
    if (auto found = index_.find(row_); found != index_.end()) {
      found->second->weight += batch.WeightAt(row);
      continue;
    }
    Item& item = items_.emplace_back(row_, batch.WeightAt(row));
    index_.emplace(item.row, &item);
  }
}

bool NetRows::Take(uint32_t rows, DeltaBatch* batch) {
  if (taken_ == items_.size()) {
    if (coming_) return false;
    coming_ = true;
    taken_ = 0;
  }
  std::vector<ColumnBuilder> builders;
  for (const Field& field : schema_) builders.emplace_back(field.type, rows);
  std::vector<int64_t> weights;
  for (; rows > 0 && taken_ < items_.size(); --rows, ++taken_) {
    const Item& item = items_[taken_];
    if (item.weight == 0 || (item.weight > 0) != coming_) continue;
    std::string_view bytes = item.row;
    CHECK(DecodeRow(&bytes, builders).ok());
    weights.push_back(item.weight);
  }
  std::vector<Column> cells;
  for (ColumnBuilder& builder : builders) cells.push_back(builder.Finish());
  BufferRef buffer = BufferRef::Of<int64_t>(weights.size());
  std::copy(weights.begin(), weights.end(), buffer.mutable_as<int64_t>());
  *batch = DeltaBatch(static_cast<uint32_t>(weights.size()), std::move(cells), std::move(buffer));
  return true;
}

}  // namespace freshet
