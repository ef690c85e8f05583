// Reads one page of a view at one epoch, in slices, so that the compute thread is never held for long.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/ordered_row_codec.h"
#include "engine/expr/program.h"
#include "engine/views/page_collector.h"
#include "engine/views/view_store.h"

namespace freshet {

class ViewRead {
 public:
  struct Query {
    Epoch epoch;
    // The key columns, in their order, of the keys to look up; NULL finds NULL. No value: all rows.
    std::optional<DeltaBatch> keys = {};
    // A boolean over the view's schema. Rows where it is not TRUE are left out. nullptr: all.
    std::unique_ptr<Program> where = nullptr;
    // Empty: an order of the shard's own, which stays the same while the epoch is pinned.
    std::vector<SortColumn> order = {};
    // Rows of the page, each copy of an equal row counted; at least 1.
    uint32_t limit = 100;
    // Cursor of the last row of the page before; empty: from the start.
    std::string after = {};
  };

  // Errors: OUT_OF_RANGE if the epoch is not kept any more or not committed yet; INVALID_ARGUMENT for a cursor that no
  // page gave. Pins the epoch while it lives; the store must outlive it.
  static absl::StatusOr<std::unique_ptr<ViewRead>> Start(ViewStore& store, Query query);
  ~ViewRead();

  // Looks at up to about `rows` rows, also in the middle of a key; true: the page is complete.
  bool Step(uint32_t rows = kBatchRows);
  ViewPage TakePage() { return collector_->TakePage(); }
  // What makes the page, for another thread: once the page is complete.
  std::unique_ptr<PageCollector> TakeCollector();

 private:
  ViewRead(ViewStore& store, Query query);
  // Appends the rows of the next keys, or of the next entries, to seen_; false: there are none left.
  bool NextKeys(uint32_t rows);
  bool NextEntries(uint32_t rows);
  // Looks at an entry from position_ on. False: the budget ended before it did.
  bool Look(const Entry* entry, RowPlace place, uint32_t* budget);
  // Keeps of the rows seen those that have the key they were looked up by.
  void DropOtherKeys(const DeltaBatch& batch, std::vector<uint32_t>* kept) const;

  ViewStore& store_;
  Query query_;
  bool pinned_ = false;
  std::unique_ptr<PageCollector> collector_;
  // Where to go on: at position_ of the entry at place_ (if one that the epoch sees is there, it is the same one as
  // before), or of the key next_key_.
  KeyTable::Cursor place_;
  uint32_t next_key_ = 0;
  uint32_t position_ = 0;
  std::vector<KeyTable::PlacedEntry> entries_;
  // Of query_.keys, and those that were looked up.
  BufferRef key_hashes_;
  std::unordered_multimap<uint64_t, uint32_t> looked_up_;
  // The rows of one step, and where they are.
  VersionedRows::Seen seen_;
  std::vector<RowPlace> places_;
};

}  // namespace freshet
