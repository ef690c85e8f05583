// The seam to where a shard's checkpoints go.
#pragma once

#include "engine/base/ids.h"
#include "engine/state/state_store.h"

namespace freshet {

class CheckpointTarget {
 public:
  virtual ~CheckpointTarget() = default;

  // At the seal of a checkpoint epoch: the writer that takes what changed since the checkpoint before.
  virtual StateWriter& Begin(Epoch epoch) = 0;
  // Everything of the epoch has been written to it.
  virtual void End(Epoch epoch) = 0;
};

}  // namespace freshet
