// Keeps the changes of one view on one shard, epoch by epoch, so that subscribers can go on after an epoch that they
// have seen.
//
// Idea: an epoch's rows are put aside as coded bytes while they come, which costs a copy and pins no other memory;
// they are summed up (NetRows) only when someone reads them. What no longer fits the retention falls out, oldest epoch
// first, and oldest() says after which epochs nothing is missing.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/circuit/committable.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"
#include "engine/views/change_retention.h"

namespace freshet {

// Single-threaded: belongs to the compute thread. Nothing is kept of a load: its result is a view's first content.
class ChangeRing : public Committable {
 public:
  // `retention` outlives the ring's last call.
  ChangeRing(Schema schema, ChangeRetention* retention) : schema_(std::move(schema)), retention_(retention) {}

  const Schema& schema() const { return schema_; }

  void Begin(Epoch epoch, bool load) override;
  // Takes changes of the running epoch.
  void Add(const DeltaBatch& batch);
  void Commit(const Commitment& commitment) override;

  // Whether changes can be read: the load is complete, and a replay over.
  bool visible() const { return visible_; }
  Epoch committed() const { return committed_; }
  // The changes after each epoch from this one up to committed() are kept.
  Epoch oldest() const { return oldest_; }

  // For ChangeRetention: gives up the oldest epoch kept; the one that runs.
  void DropOldest();
  void GiveUpRunning();

 private:
  friend class ChangeRead;

  struct Kept {
    Epoch epoch;
    std::vector<std::string> pieces;  // coded batches of bounded size
    uint64_t bytes = 0;
    bool net = true;  // no row stands twice with weights that cancel out
  };

  void Put(const DeltaBatch& batch);
  // The first kept epoch behind `after`; nullptr: none changed the view.
  Kept* FirstAfter(Epoch after);
  // Replaces the pieces of an epoch by those of its net rows.
  void SetNet(Kept& kept, std::vector<std::string> pieces);

  const Schema schema_;
  ChangeRetention* const retention_;
  std::deque<Kept> kept_;
  Kept running_;
  bool loading_ = true;
  bool gave_up_ = false;  // the running epoch is too large
  bool visible_ = false;
  Epoch committed_;
  Epoch oldest_;
};

// Appends the rows coded as pieces of at most about kPieceBytes.
void AppendPieces(const DeltaBatch& batch, std::vector<std::string>* pieces);
inline constexpr size_t kPieceBytes = 256 << 10;

}  // namespace freshet
