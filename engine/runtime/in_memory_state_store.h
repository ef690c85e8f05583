// A state store in memory: one shard's or a whole group's states, with the checkpoints that were taken.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "engine/runtime/checkpoint_target.h"

namespace freshet {

class InMemoryStateStore : public StateWriter, public StateReader, public CheckpointTarget {
 public:
  void Put(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) override;
  void Delete(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part) override;
  absl::Status Load(
      const StateId& id, VnodeId vnode,
      const std::function<absl::Status(uint64_t hash, uint32_t part, std::string_view value)>& visit) override;

  // Several shards may share one store: their vnodes are apart.
  StateWriter& Begin(Epoch) override { return *this; }
  void End(Epoch epoch) override { last_checkpoint_ = epoch; }

  Epoch last_checkpoint() const { return last_checkpoint_; }
  size_t size() const { return values_.size(); }

 private:
  using Key = std::tuple<StateId, VnodeId, uint64_t, uint32_t>;

  std::map<Key, std::string> values_;
  Epoch last_checkpoint_;
};

}  // namespace freshet
