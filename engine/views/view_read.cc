#include "engine/views/view_read.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"

namespace freshet {

absl::StatusOr<std::unique_ptr<ViewRead>> ViewRead::Start(ViewStore& store, Query query) {
  if (query.limit == 0) return absl::InvalidArgumentError("the limit of a page must be at least 1");
  auto read = std::unique_ptr<ViewRead>(new ViewRead(store, std::move(query)));
  if (read->query_.order.empty()) {
    if (!read->query_.after.empty()) {
      ASSIGN_OR_RETURN(read->start_, DecodePlace(read->query_.after));
      read->cursor_ = read->place_ = {read->start_->major};
      read->next_key_ = read->start_->major;
    }
    read->collector_ = CollectInScanOrder(store.schema(), read->query_.limit, read->start_);
  } else {
    ASSIGN_OR_RETURN(read->collector_,
                     CollectSorted(store.schema(), read->query_.limit, read->query_.order, read->query_.after));
  }
  if (!store.Pin(read->query_.epoch)) {
    read->collector_.reset();  // not pinned
    return absl::OutOfRangeError("the epoch is not kept any more, or not committed yet");
  }
  return read;
}

ViewRead::ViewRead(ViewStore& store, Query query) : store_(store), query_(std::move(query)) {}

ViewRead::~ViewRead() {
  if (collector_ != nullptr) store_.Unpin(query_.epoch);
}

bool ViewRead::Step(uint32_t rows) {
  rows_.clear();
  places_.clear();
  bool left = query_.keys ? NextKeys(rows) : NextEntries(rows);
  if (!rows_.empty()) {
    DeltaBatch batch = store_.GatherRows(rows_);
    std::vector<uint32_t> kept;
    if (query_.keys) {
      DropOtherKeys(batch, &kept);
      if (query_.where != nullptr) {
        std::vector<uint32_t> true_rows, both;
        query_.where->Select(batch, &true_rows);
        std::set_intersection(kept.begin(), kept.end(), true_rows.begin(), true_rows.end(), std::back_inserter(both));
        kept = std::move(both);
      }
    } else if (query_.where != nullptr) {
      query_.where->Select(batch, &kept);
    } else {
      kept.resize(batch.size());
      std::iota(kept.begin(), kept.end(), 0u);
    }
    collector_->Add(batch, kept, places_);
  }
  return !left || collector_->complete();
}

bool ViewRead::NextKeys(uint32_t rows) {
  const DeltaBatch& keys = *query_.keys;
  KeyColumns columns(keys.column_count());
  for (uint32_t i = 0; i < columns.size(); ++i) columns[i] = ColumnIndex(i);
  for (; next_key_ < keys.size() && rows_.size() < rows; ++next_key_) {
    bool repeated = false;
    for (uint32_t before = 0; before < next_key_ && !repeated; ++before) {
      repeated = std::all_of(columns.begin(), columns.end(), [&](ColumnIndex column) {
        return CellsEqual(keys.column(column), before, keys.column(column), next_key_);
      });
    }
    if (repeated) continue;
    uint32_t row[] = {next_key_};
    const Entry* entry = store_.FindKey(GatherBatch(keys, row));
    if (entry != nullptr) AppendRows(entry, {next_key_, 0, 0, 0});
  }
  return next_key_ < keys.size();
}

bool ViewRead::NextEntries(uint32_t rows) {
  // Entries without rows at the epoch count too: a slice is bounded by what it looks at.
  for (uint32_t looked_at = 0; looked_at < rows && rows_.size() < rows; ++looked_at) {
    scanned_.clear();
    bool left = store_.table_.Scan(&cursor_, 1, &scanned_);
    size_t before = rows_.size();
    if (!scanned_.empty()) AppendRows(scanned_[0], {place_.next, 0, 0, 0});
    if (rows_.size() > before) place_ = cursor_;
    if (!left) return false;
  }
  return true;
}

void ViewRead::AppendRows(const Entry* entry, RowPlace place) {
  size_t before = rows_.size();
  store_.AppendRows(entry, query_.epoch, &rows_);
  for (size_t i = before; i < rows_.size(); ++i) {
    place.ordinal = static_cast<uint32_t>(i - before);
    places_.push_back(place);
  }
}

void ViewRead::DropOtherKeys(const DeltaBatch& batch, std::vector<uint32_t>* kept) const {
  const KeyColumns& key = store_.key();
  for (uint32_t row = 0; row < batch.size(); ++row) {
    bool equal = true;
    for (uint32_t i = 0; i < key.size() && equal; ++i) {
      equal = CellsEqual(batch.column(key[i]), row, query_.keys->column(ColumnIndex(i)), places_[row].major);
    }
    if (equal) kept->push_back(row);
  }
}

}  // namespace freshet
