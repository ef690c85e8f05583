// Writes and reads states of one value for each entry: the key's cells, then bytes of the owner's own.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/state/key_table.h"
#include "engine/state/state_store.h"

namespace freshet {

// For KeyTable::DrainDirty: puts the live entries under `id`, deletes the retired ones. `append` adds an entry's bytes.
void SaveEntries(const KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired,
                 const StateId& id, StateWriter& writer, const std::function<void(const Entry*, std::string*)>& append);

// Reads what SaveEntries wrote for a vnode: makes the entries and gives each its bytes. False from `take`: they are
// broken, which is DATA_LOSS. `seed` is that of the key hash.
absl::Status LoadEntries(KeyTable& table, uint64_t seed, const StateId& id, VnodeId vnode, StateReader& reader,
                         const std::function<bool(Entry*, std::string_view)>& take);

}  // namespace freshet
