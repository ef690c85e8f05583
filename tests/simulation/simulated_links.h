// The links between the shards of one generation: frames of a pair keep their order, everything else is up to whoever
// takes them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/runtime/in_memory_network.h"
#include "tests/simulation/hasty_link.h"

namespace freshet {

class SimulatedLinks {
 public:
  // `hasty_markers`: a planted bug (hasty_link.h).
  SimulatedLinks(uint16_t shard_count, bool hasty_markers) : network_(shard_count) {
    for (uint16_t shard = 0; hasty_markers && shard < shard_count; ++shard) {
      hasty_.push_back(std::make_unique<HastyLink>(network_.link(ShardId(shard))));
    }
  }

  Link* link(ShardId from) { return hasty_.empty() ? network_.link(from) : hasty_[from.value()].get(); }
  std::optional<Frame> Take(ShardId from, ShardId to) { return network_.Take(from, to); }

 private:
  InMemoryNetwork network_;
  std::vector<std::unique_ptr<HastyLink>> hasty_;
};

}  // namespace freshet
