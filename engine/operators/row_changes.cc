#include "engine/operators/row_changes.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"
#include "engine/operators/cell_form.h"

namespace freshet {
namespace {

constexpr size_t kFirstSlots = 64;

}  // namespace

void RowChanges::Add(const DeltaBatch& batch) {
  if (batch.empty()) return;
  CHECK_EQ(taken_, 0u) << "rows are added while others are taken";
  if (columns_.empty()) {
    for (uint32_t i = 0; i < batch.column_count(); ++i) columns_.emplace_back(i);
  }
  // Not what the batch carries, which is hashed with the seed of the data directory; others may carry nothing.
  const BufferRef hashes = HashKeys(DeltaBatch(batch.size(), batch.columns()), columns_, 0);
  const auto number = static_cast<uint32_t>(batches_.size());
  const size_t before = items_.size();
  batches_.push_back(batch);
  for (uint32_t row = 0; row < batch.size(); ++row) {
    FindOrInsert(hashes.as<uint64_t>()[row], number, row).weight += batch.WeightAt(row);
  }
  if (items_.size() == before) {
    batches_.pop_back();  // nothing new stands in it
  } else {
    bytes_ += BatchBytes(batch);
  }
}

RowChanges::Item& RowChanges::FindOrInsert(uint64_t hash, uint32_t batch, uint32_t row) {
  if (slots_.size() < 2 * (items_.size() + 1)) Grow();
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == 0) {
      items_.push_back({hash, batch, row, 0});
      slots_[at] = static_cast<uint32_t>(items_.size());
      return items_.back();
    }
    Item& item = items_[slots_[at] - 1];
    if (item.hash == hash &&
        RowsHaveSameForm(batches_[item.batch].columns(), item.row, batches_[batch].columns(), row)) {
      return item;
    }
  }
}

void RowChanges::Grow() {
  slots_.assign(slots_.empty() ? kFirstSlots : slots_.size() * 2, 0);
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < items_.size(); ++i) {
    size_t at = items_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<uint32_t>(i + 1);
  }
}

bool RowChanges::Take(DeltaBatch* batch) {
  std::vector<uint32_t> rows;
  while (taken_ < items_.size() && rows.empty()) {
    const uint32_t number = items_[taken_].batch;
    size_t end = taken_;
    for (; end < items_.size() && items_[end].batch == number && rows.size() < kBatchRows; ++end) {
      if (items_[end].weight != 0) rows.push_back(items_[end].row);
    }
    if (!rows.empty()) {
      BufferRef weights = BufferRef::Allocate(rows.size() * sizeof(int64_t));
      bool all_one = true;
      size_t next = 0;
      for (size_t i = taken_; i < end; ++i) {
        if (items_[i].weight == 0) continue;
        weights.mutable_as<int64_t>()[next++] = items_[i].weight;
        all_one &= items_[i].weight == 1;
      }
      DeltaBatch gathered = GatherBatch(batches_[number], rows);
      *batch = DeltaBatch(gathered.size(), gathered.columns(), all_one ? BufferRef() : std::move(weights));
    }
    taken_ = end;
  }
  if (!rows.empty()) return true;
  Clear();
  return false;
}

void RowChanges::Compact() {
  RowChanges kept;
  for (DeltaBatch batch; Take(&batch);) {
    std::vector<Column> columns;
    for (const Column& column : batch.columns()) columns.push_back(CompactStrings(column));
    kept.Add(DeltaBatch(batch.size(), std::move(columns), batch.weights_buffer()));
  }
  *this = std::move(kept);
}

void RowChanges::Clear() { *this = RowChanges(); }

}  // namespace freshet
