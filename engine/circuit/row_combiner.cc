#include "engine/circuit/row_combiner.h"

#include <algorithm>

namespace freshet {
namespace {

// A stage of fewer rows is not worth a table.
constexpr uint64_t kStageRowsMin = 16'384;
// A table that stays in the cache; and how long rows may wait in it.
constexpr size_t kEntriesMax = 16'384;
constexpr uint64_t kTakenMax = 1 << 18;
// Fewer rows for each that goes on are not worth the look-ups; then it is tried again after a while.
constexpr uint64_t kRowsForOne = 4;
constexpr uint64_t kPauseRows = 1 << 20;

}  // namespace

struct RowCombiner::Table {
  Table(const KeyColumns& key, const std::vector<DataType>& types, uint64_t hash_seed)
      : keys(key, types, hash_seed, NullKeys::kGroup), table(LayoutOf(types, &weight)) {}

  static EntryLayout LayoutOf(const std::vector<DataType>& types, uint32_t* weight) {
    EntryLayout layout(types);
    *weight = layout.AddSlot(sizeof(int64_t));
    return layout;
  }

  uint32_t weight = 0;
  KeyBatch keys;
  KeyTable table;
};

RowCombiner::RowCombiner(KeyColumns key, uint64_t hash_seed) : key_(std::move(key)), hash_seed_(hash_seed) {}
RowCombiner::~RowCombiner() = default;

// Each column stands in the key once, and a table gives it back as it was.
bool RowCombiner::Fits(const DeltaBatch& batch) {
  if (!std::exchange(looked_, true)) {
    const size_t columns = batch.columns().size();
    fits_ = key_.size() == columns;
    for (uint32_t column = 0; column < columns && fits_; ++column) {
      fits_ =
          std::ranges::find(key_, ColumnIndex(column)) != key_.end() && KeepsKeyForm(batch.columns()[column].type());
    }
  }
  return fits_ && batch.weights() == nullptr;
}

bool RowCombiner::Take(const DeltaBatch& batch) {
  if (!Fits(batch)) return false;
  rows_of_stage_ += batch.size();
  if (rows_of_stage_ < kStageRowsMin) return false;
  if (pause_rows_ > 0) {
    pause_rows_ -= std::min<uint64_t>(pause_rows_, batch.size());
    return false;
  }
  if (table_ == nullptr) {
    std::vector<DataType> types;
    for (ColumnIndex column : key_) types.push_back(batch.column(column).type());
    table_ = std::make_unique<Table>(key_, types, hash_seed_);
  }
  table_->keys.Assign(batch);
  if (!table_->keys.error_rows().empty()) return false;
  entries_.resize(std::max<size_t>(entries_.size(), batch.size()));
  table_->table.FindOrInsert(table_->keys, entries_.data());
  for (uint32_t row = 0; row < batch.size(); ++row) ++entries_[row]->At<int64_t>(table_->weight);
  taken_ += batch.size();
  return true;
}

bool RowCombiner::full() const { return taken_ >= kTakenMax || (taken_ > 0 && table_->table.size() >= kEntriesMax); }

void RowCombiner::Drain(std::vector<DeltaBatch>* batches) {
  if (taken_ == 0) return;
  if (taken_ < kRowsForOne * table_->table.size()) pause_rows_ = kPauseRows;
  taken_ = 0;
  KeyTable::Cursor cursor;
  bool more = true;
  while (more) {
    std::vector<Entry*> entries;
    more = table_->table.Scan(&cursor, kBatchRows, &entries);
    if (entries.empty()) continue;
    std::vector<Column> columns(key_.size());
    const std::span<const Entry* const> rows(entries);
    for (uint32_t i = 0; i < key_.size(); ++i) columns[key_[i].value()] = table_->table.GatherKey(i, rows);
    BufferRef weights = BufferRef::Of<int64_t>(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      weights.mutable_as<int64_t>()[i] = entries[i]->At<int64_t>(table_->weight);
    }
    batches->emplace_back(static_cast<uint32_t>(entries.size()), std::move(columns), std::move(weights));
  }
  table_ = nullptr;
}

}  // namespace freshet
