// The seam to the other shards: ordered, reliable frames, one link per pair. A link that breaks ends the group; the
// next generation starts from what is durable.
#pragma once

#include "engine/base/ids.h"
#include "engine/runtime/frame.h"

namespace freshet {

class Link {
 public:
  virtual ~Link() = default;

  // Queues a frame; never blocks. Frames to one shard arrive in order. Not for the own shard.
  virtual void Send(ShardId to, Frame frame) = 0;
};

}  // namespace freshet
