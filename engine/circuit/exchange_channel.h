// The exchange seam: how an exchange node hands batches to the other shards. Implemented by engine/runtime.
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
};

}  // namespace freshet
