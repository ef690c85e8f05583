// Keeps the rows of a materialized table or view on one shard, so that reads see one committed epoch while the next one
// is computed.
//
// Idea: rows are kept once, as of the running epoch. The first change of a key in an epoch puts the rows it had aside
// as a version that is valid up to that epoch; a reader at epoch p takes the version with the smallest end above p, or
// the rows themselves if there is none. A version lives only while an epoch that someone may read sees it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "engine/base/ids.h"
#include "engine/circuit/committable.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"
#include "engine/state/key_table.h"
#include "engine/state/relation_slot.h"

namespace freshet {

// Single-threaded: belongs to the compute thread.
class ViewStore : public Committable {
 public:
  struct Options {
    Schema schema;
    // Columns that reads may look up by; empty = all of them.
    KeyColumns key;
    uint64_t hash_seed = 0;
  };

  explicit ViewStore(Options options);
  ~ViewStore() override;

  const Schema& schema() const { return options_.schema; }
  const KeyColumns& key() const { return options_.key; }
  uint64_t hash_seed() const { return options_.hash_seed; }

  // Takes changes of the running epoch. Rows may be negative before their insertion comes.
  void Apply(const DeltaBatch& batch);

  // Makes the running epoch's changes the content at commitment.epoch. Until a commitment says load_complete, nothing
  // can be read, and no versions are kept.
  void Commit(const Commitment& commitment) override;

  // Whether the load is complete: only then reads are possible.
  bool visible() const { return visible_; }
  // The newest epoch that can be read.
  Epoch committed() const { return committed_; }
  // The last epoch that changed the content.
  Epoch last_changed() const { return last_changed_; }
  // Rows at committed(), each counted as often as it stands.
  uint64_t row_count() const { return committed_rows_; }

  // Keeps `epoch` readable until as many Unpin calls. False: it is not readable any more, or not yet.
  bool Pin(Epoch epoch);
  void Unpin(Epoch epoch);
  // Epochs from this one on stay readable without a pin. Grows; starts at 0. Without it every version would be kept.
  void SetOldestNeeded(Epoch epoch);

  // Writes the keys that changed since the last call, the running epoch's changes included; between seal and Commit.
  void SaveDirty(const StateId& id, StateWriter& writer);
  // Reads what SaveDirty wrote for a vnode into an empty store, before the first epoch.
  absl::Status Load(const StateId& id, VnodeId vnode, StateReader& reader);

  // Bytes of rows kept only for older epochs.
  size_t version_bytes() const { return version_bytes_; }
  size_t StateBytes() const { return table_.StateBytes(); }

 private:
  friend class ViewRead;

  // Rows of a key before epoch `until`, as far back as the next older version's `until`.
  struct Version {
    Version* older;
    Entry* entry;
    Epoch until;  // kPending while the epoch runs
    uint32_t count;
    // `count` rows of row_bytes() follow.
    char* rows() { return reinterpret_cast<char*>(this + 1); }
  };
  static constexpr Epoch kPending = Epoch(UINT64_MAX);

  ViewStore(Options options, EntryLayout layout);
  size_t VersionBytes(uint32_t count) const;
  void PutAside(Entry* entry);
  bool IsNeeded(const Version& version) const;
  void Free(Version* version);
  // Gives the entry up if no epoch has rows in it.
  void RetireIfEmpty(Entry* entry);
  // The entry of a key, given as one row of the key columns; nullptr: no epoch has rows of it.
  const Entry* FindKey(const DeltaBatch& key);
  // The rows with their weights as a batch of the schema.
  DeltaBatch GatherRows(std::span<const StoredRow* const> rows) const;
  // The rows of an entry at an epoch.
  void AppendRows(const Entry* entry, Epoch epoch, std::vector<const StoredRow*>* rows) const;

  const Options options_;
  RelationSlot rows_;
  uint32_t versions_offset_;
  EntryBit touched_;
  KeyTable table_;
  KeyBatch key_batch_;
  std::vector<ColumnIndex> all_columns_;

  bool visible_ = false;
  Epoch committed_;
  Epoch last_changed_;
  Epoch oldest_needed_;
  int64_t running_rows_ = 0;
  uint64_t committed_rows_ = 0;
  bool changed_ = false;
  EntryList touched_list_;
  std::map<Epoch, uint32_t> pins_;
  std::deque<Version*> recent_;   // until > oldest_needed_, in the order of `until`
  std::vector<Version*> pinned_;  // older ones that a pin sees
  size_t version_bytes_ = 0;
  std::vector<Entry*> entries_;  // scratch
};

}  // namespace freshet
