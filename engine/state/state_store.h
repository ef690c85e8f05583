// The seam between keyed states and where they are kept: in memory (engine/runtime), later RocksDB (server/storage).
// A key is (state id, vnode, key hash, part); a value is logical columns coded by row_codec.h, never an entry's memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/base/ids.h"

namespace freshet {

// Names one logical slot of one node: the node's fingerprint and the slot ("left", "right", "groups", ...). Stable over
// restarts, numbers of shards and revisions in which the node is the same.
struct StateId {
  std::string node;
  std::string slot;

  auto operator<=>(const StateId&) const = default;
};

// Takes the dirty entries of states at the seal of an epoch.
class StateWriter {
 public:
  virtual ~StateWriter() = default;

  // Replaces what is stored under the key. `part` tells apart keys of equal hash and the pieces of a large group; the
  // state chooses it (0 .. n-1) and reads it back.
  virtual void Put(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) = 0;
  // Removes it; absent is fine.
  virtual void Delete(const StateId& id, VnodeId vnode, uint64_t hash, uint32_t part) = 0;
};

// Gives back what was written, vnode by vnode.
class StateReader {
 public:
  virtual ~StateReader() = default;

  // Calls `visit` for every stored key of the vnode, in the order of (hash, part), until it fails.
  virtual absl::Status Load(
      const StateId& id, VnodeId vnode,
      const std::function<absl::Status(uint64_t hash, uint32_t part, std::string_view value)>& visit) = 0;
};

}  // namespace freshet
