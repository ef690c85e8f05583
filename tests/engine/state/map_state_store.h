// A state store in a map, for tests of what states save and load.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "engine/base/key_hash.h"
#include "engine/state/state_store.h"

namespace freshet {

class MapStateStore : public StateWriter, public StateReader {
 public:
  void Put(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) override {
    ++puts;
    put_bytes += static_cast<int64_t>(value.size());
    values_[{id, vnode, hash, part}] = std::string(value);
  }
  void Delete(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part) override {
    ++deletes;
    values_.erase({id, vnode, hash, part});
  }
  absl::Status Load(const StateId& id, VnodeId vnode,
                    const std::function<absl::Status(uint64_t, uint32_t, std::string_view)>& visit) override {
    for (auto it = values_.lower_bound({id, vnode, 0, 0}); it != values_.end(); ++it) {
      const auto& [key_id, key_vnode, hash, part] = it->first;
      if (key_id != id || key_vnode != vnode) break;
      if (absl::Status status = visit(hash, part, it->second); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  size_t size() const { return values_.size(); }

  int64_t puts = 0;
  int64_t put_bytes = 0;
  int64_t deletes = 0;

 private:
  std::map<std::tuple<StateId, VnodeId, uint64_t, uint32_t>, std::string> values_;
};

}  // namespace freshet
