// Writes and reads states of one value for each entry: the key's cells, then bytes of the owner's own. What is too
// large to be written whole stands in pieces under a state id of its own.
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

// Writes pieces of entries.
class PieceWriter {
 public:
  // All outlive the writer.
  PieceWriter(const KeyTable& table, const StateId& id, StateWriter& writer)
      : table_(table), id_(id), writer_(writer) {}

  // Replaces a piece of an entry, by its number: less than 2^24.
  void Put(const Entry* entry, uint32_t piece, std::string_view bytes);
  void Delete(const Entry* entry, uint32_t piece);

 private:
  const KeyTable& table_;
  const StateId& id_;
  StateWriter& writer_;
  const Entry* entry_ = nullptr;  // whose key value_ begins with
  size_t key_bytes_ = 0;
  std::string value_;
};

// Reads what SaveEntries or a PieceWriter wrote for a vnode: makes or finds the entries and gives each its bytes, those
// of SaveEntries as piece 0. False from `take`: they are broken, which is DATA_LOSS. `seed` is that of the key hash.
absl::Status LoadEntries(KeyTable& table, uint64_t seed, const StateId& id, VnodeId vnode, StateReader& reader,
                         const std::function<bool(Entry*, uint32_t piece, std::string_view)>& take);

}  // namespace freshet
