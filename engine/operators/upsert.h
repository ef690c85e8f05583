// Turns the records of a table with a primary key into its rows: of all records of a key the one with the largest
// version and stamp says what the row is, or that there is none. The rows are a function of the set of records, not of
// the order in which they arrive.
//
// Input columns: the table's columns, then stamp_time (bigint: the largest record time so far in the partition, in
// microseconds), stamp_partition (text), stamp_offset (bigint). Weight > 0: the row replaces the key's row; weight < 0:
// the key's row is deleted, and only the key and the version matter. Output: the table's columns, at seal, only what
// changed; replaced rows as pairs.
//
// A deleted key is remembered, so that an older record that comes later does not bring it back, until a seal whose
// epoch had a record more than the retention younger.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/operators/keyed_rows.h"

namespace freshet {

struct UpsertOptions {
  std::vector<DataType> table_types;
  // The primary key. Rows with NULL or ERROR in it are skipped and counted.
  KeyColumns key;
  // Orders the records of a key before the stamp does. NULL and ERROR are older than every version.
  std::optional<ColumnIndex> version;
  int64_t tombstone_retention_micros = 0;
  // The node's part of the id of its state.
  std::string node;
  uint64_t hash_seed = 0;
  // Counts the rows with an ERROR in the key. May be nullptr, else it outlives the operator.
  ErrorCounter* errors = nullptr;
};

class Upsert : public Operator {
 public:
  explicit Upsert(UpsertOptions options);

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;
  size_t StateBytes() const override { return table_.StateBytes(); }

  // Since the start: deletes that found no row, and rows that were skipped for their key.
  int64_t deletes_of_absent_keys() const { return deletes_of_absent_keys_; }
  int64_t rows_without_key() const { return rows_without_key_; }

 private:
  // A key that a batch names: what is stored under it, and the batch's row that replaces it so far.
  struct Candidate {
    Entry* entry;
    int32_t stored;  // row of stored_columns_; -1: nothing is stored
    int32_t row;     // of the batch; -1: none is newer
  };
  // Keys that were touched first in one batch, with their rows before the epoch.
  struct Touched {
    std::vector<Entry*> entries;
    std::vector<int32_t> old_rows;  // of old_columns; -1: there was none
    std::vector<Column> old_columns;
  };
  // A deleted key, to be forgotten when its time is past. An entry is in the queue at most once.
  struct Tombstone {
    int64_t time;
    Entry* entry;
    bool operator>(const Tombstone& other) const { return time > other.time; }
  };

  uint32_t& CandidateOf(Entry* entry) { return entry->At<uint32_t>(candidate_offset_); }
  const StoredRow* StoredRowOf(const Entry* entry) const { return rows_.slot().RowsFrom(entry, 0).Row(0); }
  bool IsLive(const Entry* entry) const { return StoredRowOf(entry)->weight() > 0; }

  void CountSkipped(const DeltaBatch& batch);
  void NoteTimes(const DeltaBatch& batch);
  void FindCandidates(const DeltaBatch& batch);
  void ChooseNewest(const DeltaBatch& batch);
  bool IsNewer(const DeltaBatch& batch, uint32_t row, const Candidate& candidate) const;
  void Replace(const DeltaBatch& batch);

  uint32_t EmitChanges(const Touched& touched, uint32_t begin, uint32_t count, Output& out);
  void Finish();
  void ScheduleTombstones(std::span<Entry* const> entries);
  void ForgetTombstones();
  std::vector<int64_t> StampTimes(std::span<Entry* const> entries) const;

  UpsertOptions options_;
  uint32_t table_columns_;
  EntryLayout layout_;  // complete once all members up to table_ are made
  KeyedRows rows_;      // one row under each key: weight > 0 the row, < 0 the tombstone
  EntryBit touched_, scheduled_;
  uint32_t candidate_offset_;
  KeyTable table_;

  // Of the batch at work.
  std::vector<Entry*> entries_;
  std::vector<uint32_t> candidate_of_;  // by position in keys()
  std::vector<Candidate> candidates_;
  std::vector<const StoredRow*> stored_rows_;
  std::vector<const Entry*> stored_entries_;
  std::vector<Column> stored_columns_;

  // Of the epoch.
  std::vector<Touched> epoch_;
  std::optional<int64_t> largest_time_;
  size_t next_ = 0;  // in epoch_
  uint32_t position_ = 0;

  std::priority_queue<Tombstone, std::vector<Tombstone>, std::greater<>> tombstones_;
  int64_t deletes_of_absent_keys_ = 0;
  int64_t rows_without_key_ = 0;
};

}  // namespace freshet
