// Maps keys to entries: a hash table in memory, split by vnode, written by one thread.
//
// Each vnode has a directory of its own; entries have a fixed size known from the plan and never move. A batch is
// probed by slices in a pipeline, so that the cache misses of many rows overlap with each other and with the work on
// rows before them: prefetch directory lines; find the candidates by tag and prefetch them; compare keys (after
// DuckDB's and Velox's join tables).
//
// Life of an entry: FindOrInsert makes it with zeroed slots. Its users change it and call MarkDirty. When all slots are
// empty again (zero, nothing owned), the user calls Retire: Find no longer sees it, FindOrInsert revives it. A retired
// entry that the state store knows stays until DrainDirty has told it to the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/base/ids.h"
#include "engine/columnar/column.h"
#include "engine/state/block_pool.h"
#include "engine/state/entry.h"
#include "engine/state/entry_layout.h"
#include "engine/state/entry_list.h"
#include "engine/state/entry_slabs.h"
#include "engine/state/key_batch.h"
#include "engine/state/key_directory.h"

namespace freshet {

class KeyTable {
 public:
  explicit KeyTable(EntryLayout layout);
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // Sets entries[i] to the entry of row keys.RowAt(i), i < keys.size(). `keys` has the layout's key types.
  void FindOrInsert(const KeyBatch& keys, Entry** entries);
  // The same, and calls work(begin, end) for slices of entries once they are set, in their order, while those of later
  // slices are on their way to the cache. Before that peek(begin, end) sees, a few at a time, where they will most
  // likely be (nullptr: not known yet), to fetch what hangs under them. Neither may use the table.
  using SliceWork = absl::FunctionRef<void(uint32_t begin, uint32_t end)>;
  void FindOrInsert(const KeyBatch& keys, Entry** entries, SliceWork peek, SliceWork work);
  // The entries of rows keys.RowAt(i) that are there; nullptr where there is none.
  void Find(const KeyBatch& keys, Entry** entries) const;

  // Puts the entry on the dirty list, once until it is drained. Cheap when it is there already.
  void MarkDirty(Entry* entry) {
    if ((entry->meta & kDirty) == 0) AddDirty(entry);
  }
  // Gives up an entry whose slots are all empty. The pointer is not to be used after that.
  void Retire(Entry* entry);

  // Hands the entries that changed since the last call to `save` in chunks of up to 1024: live ones, and retired ones
  // that the store may know and must delete. After it they are clean; the live ones count as stored.
  using SaveChunk = std::function<void(std::span<Entry* const> live, std::span<Entry* const> retired)>;
  void DrainDirty(const SaveChunk& save);
  // Says that an entry just loaded stands in the store under `part`'s low byte (see PartOf).
  void MarkStored(Entry* entry, uint32_t part);
  // Tells apart the keys of equal hash in this table: 0 .. 255. The part of the store's key begins with it: a value in
  // pieces has the parts PartOf + 256 * piece.
  static uint32_t PartOf(const Entry* entry) { return (entry->meta >> kPartShift) & 0xff; }

  // The key cells of the entries, one row for each; a pointer may stand twice. Long strings are copied.
  Column GatherKey(uint32_t ordinal, std::span<const Entry* const> entries) const;

  // Calls `visit` for each entry of a vnode that is not retired; it must not insert or retire.
  void ForEachInVnode(VnodeId vnode, const std::function<void(Entry*)>& visit) const;

  // Walks over all entries in memory order. Entries may come and go between calls: one that lives during the whole walk
  // is seen exactly once.
  struct Cursor {
    uint32_t next = 0;
  };
  // Appends up to `limit` entries that are not retired; false: the walk is over.
  bool Scan(Cursor* cursor, uint32_t limit, std::vector<Entry*>* entries) const;
  // Likewise, with the places of the entries (a walk that begins there sees the entry first), and bounded by the places
  // it looks at, empty ones included.
  struct PlacedEntry {
    Entry* entry = nullptr;
    Cursor place;
  };
  bool ScanPlaces(Cursor* cursor, uint32_t places, std::vector<PlacedEntry>* entries) const {
    for (; cursor->next < entries_.size(); ++cursor->next, --places) {
      if (places == 0) return true;
      Entry* entry = entries_[cursor->next];
      if ((entry->meta & (kFree | kRetired)) == 0) entries->push_back({entry, *cursor});
    }
    return false;
  }

  // Entries that are not retired.
  size_t size() const { return live_; }
  const EntryLayout& layout() const { return layout_; }
  // Memory of the entries' slots: long strings, chunks of rows. Freed with the table.
  BlockPool& pool() { return pool_; }
  // Bytes of entries, directories and everything from pool().
  size_t StateBytes() const;

 private:
  // Entry::meta: flags below, the part in bits 8-15, the NULL bits of the first 16 key columns above.
  static constexpr uint32_t kDirty = 1, kStored = 2, kRetired = 4, kFree = 8;
  static constexpr uint32_t kPartShift = 8, kNullShift = 16;

  template <typename Settle>
  void Probe(const KeyBatch& keys, Entry** entries, SliceWork peek, Settle settle, SliceWork work) const;
  template <typename Key>
  Entry* FindOne(uint64_t hash, uint32_t row, const Key& key, bool* same_hash) const;
  template <typename Key>
  Entry* FindOrInsertOne(uint64_t hash, uint32_t row, const Key& key);

  KeyDirectory& DirectoryOf(uint64_t hash) { return directories_[hash >> (64 - kVnodeBits)]; }
  const KeyDirectory& DirectoryOf(uint64_t hash) const { return directories_[hash >> (64 - kVnodeBits)]; }
  void AddDirty(Entry* entry);
  uint32_t NewEntry();
  void Revive(Entry* entry);
  void FreeEntry(Entry* entry);
  // The smallest part that no other key of this hash has.
  uint32_t FreePart(uint64_t hash) const;
  // Takes it out of its directory; its number.
  uint32_t RemoveFromDirectory(Entry* entry);
  // Frees the retired entries on the dirty list that the store does not know, once they are many.
  void SweepDirty();

  EntryLayout layout_;
  BlockPool pool_;
  EntrySlabs entries_;
  std::unique_ptr<KeyDirectory[]> directories_;  // by vnode
  uint32_t free_entry_ = KeyDirectory::kNone;    // linked by `hash`
  EntryList dirty_;
  size_t dead_dirty_ = 0;  // entries on dirty_ that are retired and not stored
  size_t live_ = 0;
};

}  // namespace freshet
