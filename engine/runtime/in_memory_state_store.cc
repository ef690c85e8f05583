#include "engine/runtime/in_memory_state_store.h"

#include "engine/base/check.h"

namespace freshet {

void InMemoryStateStore::Put(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) {
  values_[Key(id, vnode, hash, part)] = std::string(value);
}

void InMemoryStateStore::Delete(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part) {
  values_.erase(Key(id, vnode, hash, part));
}

absl::Status InMemoryStateStore::Load(
    const StateId& id, VnodeId vnode,
    const std::function<absl::Status(uint64_t hash, uint32_t part, std::string_view value)>& visit) {
  for (auto it = values_.lower_bound(Key(id, vnode, 0, 0)); it != values_.end(); ++it) {
    const auto& [at_id, at_vnode, hash, part] = it->first;
    if (at_id != id || at_vnode != vnode) break;
    RETURN_IF_ERROR(visit(hash, part, it->second));
  }
  return absl::OkStatus();
}

}  // namespace freshet
