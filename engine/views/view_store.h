// Keeps the rows of a materialized table or view on one shard, so that reads see one committed epoch while the next one
// is computed.
//
// Idea: rows are kept once, as of the running epoch, and what changed since an older epoch beside them
// (versioned_rows.h). A version lives only while an epoch that someone may read sees it; giving it up is done in
// bounded steps.
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
#include "engine/state/state_store.h"
#include "engine/views/versioned_rows.h"

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
  // Gives up to `limit` versions back that no epoch needs any more. True: there may be more of them. The calls above
  // and Commit do so too, in proportion to what they were called for.
  bool DropVersions(uint32_t limit = kDropAtOnce);

  // Writes the keys that changed since the last call, the running epoch's changes included; between seal and Commit.
  void SaveDirty(const StateId& id, StateWriter& writer);
  // Reads what SaveDirty wrote for a vnode into an empty store, before the first epoch.
  absl::Status Load(const StateId& id, VnodeId vnode, StateReader& reader);

  // Bytes of what is kept only for older epochs, and of what DropVersions has not come to yet.
  size_t version_bytes() const { return version_count_ * rows_.VersionBytes(); }
  size_t StateBytes() const { return table_.StateBytes(); }

 private:
  friend class ViewRead;

  static constexpr uint32_t kDropAtOnce = 1024;
  struct PinnedEpoch {
    uint32_t pins = 0;
    std::deque<RowVersion*> versions;  // that it needs, each with one of those that do
  };

  ViewStore(Options options, EntryLayout layout);
  // A version that the newest epochs do not need: it goes to a pinned epoch that does, or is given up.
  void Settle(RowVersion* version);
  void GiveUp(RowVersion* version);
  // The entry of a key, by the hash of its cells; nullptr: no epoch has rows of it. Leaves the key in key_batch_.
  Entry* FindKey(uint64_t hash);

  const Options options_;
  VersionedRows rows_;
  EntryBit emptied_;
  KeyTable table_;
  KeyBatch key_batch_;
  DeltaBatch key_;  // of FindKey

  bool visible_ = false;
  Epoch committed_;
  Epoch last_changed_;
  Epoch oldest_needed_;
  int64_t running_rows_ = 0;
  uint64_t committed_rows_ = 0;
  bool changed_ = false;
  // Entries that were seen without rows in this epoch: retired at its commit if they still are.
  EntryList emptied_list_;
  // Every version is in one of these, or with a pin.
  std::deque<RowVersion*> pending_;               // of the running epoch
  std::deque<RowVersion*> recent_;                // in the order of `until`
  std::deque<std::deque<RowVersion*>> unpinned_;  // whose pin is gone
  std::map<Epoch, PinnedEpoch> pins_;
  size_t version_count_ = 0;
  std::vector<Entry*> entries_;  // scratch
};

}  // namespace freshet
