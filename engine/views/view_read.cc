#include "engine/views/view_read.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"

namespace freshet {

// A key to look up costs about as much as some rows.
constexpr uint32_t kRowsPerLookUp = 4;

absl::StatusOr<std::unique_ptr<ViewRead>> ViewRead::Start(ViewStore& store, Query query) {
  if (query.limit == 0) return absl::InvalidArgumentError("the limit of a page must be at least 1");
  auto read = std::unique_ptr<ViewRead>(new ViewRead(store, std::move(query)));
  if (read->query_.order.empty()) {
    std::optional<RowPlace> last;
    if (!read->query_.after.empty()) {
      ASSIGN_OR_RETURN(last, DecodePlace(read->query_.after));
      read->place_ = {last->major};
      read->next_key_ = last->major;
      uint32_t keys = read->query_.keys ? read->query_.keys->size() : 0;
      for (uint32_t key = 0; key < std::min(keys, last->major); ++key) {
        read->looked_up_.emplace(read->key_hashes_.as<uint64_t>()[key], key);
      }
      read->position_ = last->ordinal;  // some copies of this row may be left
    }
    read->collector_ = CollectInScanOrder(store.schema(), read->query_.limit, last);
  } else {
    ASSIGN_OR_RETURN(read->collector_,
                     CollectSorted(store.schema(), read->query_.limit, read->query_.order, read->query_.after));
  }
  if (!store.Pin(read->query_.epoch)) {
    return absl::OutOfRangeError("the epoch is not kept any more, or not committed yet");
  }
  read->pinned_ = true;
  return read;
}

ViewRead::ViewRead(ViewStore& store, Query query) : store_(store), query_(std::move(query)) {
  if (query_.keys) {
    key_hashes_ = HashKeys(*query_.keys, LeadingColumns(query_.keys->column_count()), store_.hash_seed());
  }
}

ViewRead::~ViewRead() {
  if (pinned_) store_.Unpin(query_.epoch);
}

std::unique_ptr<PageCollector> ViewRead::TakeCollector() { return std::move(collector_); }

bool ViewRead::Step(uint32_t rows) {
  seen_.rows.clear();
  seen_.weights.clear();
  seen_.positions.clear();
  places_.clear();
  bool left = query_.keys ? NextKeys(rows) : NextEntries(rows);
  if (!seen_.rows.empty()) {
    DeltaBatch batch = store_.rows_.Gather(seen_.rows, seen_.weights);
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
  KeyColumns columns = LeadingColumns(keys.column_count());
  for (; next_key_ < keys.size() && rows > 0; ++next_key_, position_ = 0) {
    uint64_t hash = key_hashes_.as<uint64_t>()[next_key_];
    auto [same_hash, end] = looked_up_.equal_range(hash);
    bool repeated = std::any_of(same_hash, end, [&](const auto& before) {
      return before.second < next_key_ &&
             std::all_of(
                 columns.begin(), columns.end(),
                 [&](ColumnIndex column) {
                   return CellsEqual(keys.column(column), before.second, keys.column(column), next_key_);
                 });
    });
    rows -= std::min(rows, kRowsPerLookUp);
    if (repeated) continue;
    const Entry* entry = store_.FindKey(hash);
    if (entry != nullptr && !Look(entry, {next_key_, 0, 0, 0}, &rows)) return true;
    looked_up_.emplace(hash, next_key_);
  }
  return next_key_ < keys.size();
}

bool ViewRead::NextEntries(uint32_t rows) {
  constexpr uint32_t kPlaces = 256;
  while (rows > 0) {
    entries_.clear();
    KeyTable::Cursor begin = place_;
    KeyTable::Cursor next = place_;
    bool left = store_.table_.ScanPlaces(&next, std::min(rows, kPlaces), &entries_);
    for (const KeyTable::PlacedEntry& each : entries_) store_.rows_.Prefetch(each.entry);
    // Places without an entry count too: a slice is bounded by what it looks at.
    rows -= std::min(rows, next.next - begin.next - static_cast<uint32_t>(entries_.size()));
    for (const KeyTable::PlacedEntry& each : entries_) {
      bool same = each.place.next == begin.next;
      if (!same) position_ = 0;
      place_ = each.place;
      if (rows == 0 || !Look(each.entry, {each.place.next, 0, 0, 0}, &rows)) return true;
    }
    place_ = next;
    position_ = 0;
    if (!left) return false;
  }
  return true;
}

bool ViewRead::Look(const Entry* entry, RowPlace place, uint32_t* budget) {
  uint32_t next = store_.rows_.Scan(entry, query_.epoch, position_, budget, &seen_);
  for (size_t i = places_.size(); i < seen_.positions.size(); ++i) {
    place.ordinal = seen_.positions[i];
    places_.push_back(place);
  }
  if (next == VersionedRows::kEnd) return true;
  position_ = next;
  return false;
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
