// The exchange seam: how a circuit hands batches to the other shards, and tells them what it has taken and ended.
// Implemented by engine/runtime. Not used with one shard.
#pragma once

#include "engine/base/ids.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

class ExchangeChannel {
 public:
  virtual ~ExchangeChannel() = default;

  // Queues rows for a peer; never blocks. Rows for the own shard do not come here.
  virtual void Send(ExchangeId exchange, ShardId to, DeltaBatch batch) = 0;
  // Whether every peer has credit left on this exchange. Without it the circuit runs nothing that leads into it.
  virtual bool HasCredit(ExchangeId exchange) const = 0;
  // The circuit has taken a batch of `bytes` (BatchBytes) that `from` sent: it may send as much again.
  virtual void Taken(ExchangeId exchange, ShardId from, size_t bytes) = 0;
  // Nothing more of this epoch is sent on the exchanges that start in `stage`.
  virtual void EndStage(StageId stage) = 0;
};

}  // namespace freshet
