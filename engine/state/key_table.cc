// A vnode's directory is nearly in the order of hashes; entries lie in the order they came.
#include "engine/state/key_table.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/state/gather_cells.h"
#include "engine/state/key_match.h"

namespace freshet {
namespace {

constexpr uint32_t kSlice = 64;     // rows that the caller works on at once
constexpr uint32_t kDistance = 32;  // rows between the stages of a probe
constexpr uint32_t kStep = 8;       // rows that a stage goes on at once
constexpr uint32_t kSaveChunk = 1024;

}  // namespace

KeyTable::KeyTable(EntryLayout layout)
    : layout_(std::move(layout)),
      entries_(layout_.entry_bytes(), pool_),
      directories_(std::make_unique<KeyDirectory[]>(kVnodeCount)) {
  static_assert(kNullShift == key_match::kNullShift);
}

KeyTable::~KeyTable() = default;

// --- Probing ---

template <typename Key>
Entry* KeyTable::FindOne(uint64_t hash, uint32_t row, const Key& key, bool* same_hash) const {
  uint32_t number = DirectoryOf(hash).Find(hash, [&](uint32_t candidate) {
    const Entry* entry = entries_[candidate];
    *same_hash |= entry->hash == hash;
    return key.Matches(entry, row);
  });
  return number == KeyDirectory::kNone ? nullptr : entries_[number];
}

template <typename Key>
Entry* KeyTable::FindOrInsertOne(uint64_t hash, uint32_t row, const Key& key) {
  bool same_hash = false;
  if (Entry* entry = FindOne(hash, row, key, &same_hash); entry != nullptr) {
    if ((entry->meta & kRetired) != 0) Revive(entry);
    return entry;
  }
  uint32_t part = same_hash ? FreePart(hash) : 0;
  uint32_t number = NewEntry();
  Entry* entry = entries_[number];
  entry->hash = hash;
  entry->meta = part << kPartShift;
  key.Store(entry, row, pool_);
  DirectoryOf(hash).Insert(hash, number, pool_);
  ++live_;
  return entry;
}

// Each stage goes on by a few rows, kDistance rows behind the one before it: directory lines are fetched; candidates
// are found in them and fetched; the caller fetches what hangs under them; keys are compared. Short steps keep the
// misses of all stages under way at once; stages of many rows would wait for each other.
template <typename Settle>
void KeyTable::Probe(const KeyBatch& keys, Entry** entries, SliceWork peek, Settle settle, SliceWork work) const {
  const uint64_t* hashes = keys.hashes();
  uint32_t size = keys.size();
  uint32_t behind = std::min((size + kStep - 1) / kStep * kStep, kDistance);
  for (uint32_t step = 0; step < size + 3 * behind; step += kStep) {
    if (uint32_t begin = step; begin < size) {
      uint32_t end = std::min(size, begin + kStep);
      for (uint32_t i = begin; i < end; ++i) {
        uint64_t hash = hashes[keys.RowAt(i)];
        DirectoryOf(hash).Prefetch(hash);
      }
    }
    if (uint32_t begin = step - behind; begin < size) {
      uint32_t end = std::min(size, begin + kStep);
      for (uint32_t i = begin; i < end; ++i) {
        uint64_t hash = hashes[keys.RowAt(i)];
        uint32_t number = DirectoryOf(hash).Candidate(hash);
        entries[i] = number == KeyDirectory::kNone ? nullptr : entries_[number];
        __builtin_prefetch(entries[i], 1);
      }
    }
    if (uint32_t begin = step - 2 * behind; begin < size) peek(begin, std::min(size, begin + kStep));
    if (uint32_t begin = step - 3 * behind; begin < size) {
      uint32_t end = std::min(size, begin + kStep);
      for (uint32_t i = begin; i < end; ++i) {
        uint32_t row = keys.RowAt(i);
        entries[i] = settle(hashes[row], row, entries[i]);
      }
      if (end % kSlice == 0 || end == size) work((end - 1) / kSlice * kSlice, end);
    }
  }
}

namespace {

// Calls `visit` with the policy for the shape of the key.
template <typename Visit>
void WithKey(const EntryLayout& layout, const KeyBatch& keys, Visit visit) {
  auto is_word = [](DataType type) {
    PhysicalType physical = PhysicalOf(type.kind);
    return physical != PhysicalType::kNumeric && physical != PhysicalType::kString;
  };
  std::span<const EntryLayout::KeyCell> key = layout.key();
  if (key.empty()) return visit(key_match::NoKey());
  if (key.size() == 1 && is_word(key[0].type)) return visit(key_match::OneWord(keys));
  if (key.size() == 1 && PhysicalOf(key[0].type.kind) == PhysicalType::kString)
    return visit(key_match::OneString(keys));
  if (key.size() == 2 && is_word(key[0].type) && is_word(key[1].type)) return visit(key_match::TwoWords(keys));
  visit(key_match::AnyKey(keys, layout));
}

}  // namespace

void KeyTable::FindOrInsert(const KeyBatch& keys, Entry** entries) {
  auto nothing = [](uint32_t, uint32_t) {};
  FindOrInsert(keys, entries, nothing, nothing);
}

void KeyTable::FindOrInsert(const KeyBatch& keys, Entry** entries, SliceWork peek, SliceWork work) {
  WithKey(layout_, keys, [&](const auto& key) {
    auto settle = [&](uint64_t hash, uint32_t row, Entry* entry) {
      bool found = entry != nullptr && key.Matches(entry, row) && (entry->meta & kRetired) == 0;
      return found ? entry : FindOrInsertOne(hash, row, key);
    };
    Probe(keys, entries, peek, settle, work);
  });
}

void KeyTable::Find(const KeyBatch& keys, Entry** entries) const {
  WithKey(layout_, keys, [&](const auto& key) {
    bool same_hash;
    auto settle = [&](uint64_t hash, uint32_t row, Entry* entry) {
      if (entry == nullptr || !key.Matches(entry, row)) entry = FindOne(hash, row, key, &same_hash);
      return entry != nullptr && (entry->meta & kRetired) == 0 ? entry : nullptr;
    };
    auto nothing = [](uint32_t, uint32_t) {};
    Probe(keys, entries, nothing, settle, nothing);
  });
}

// --- Entries ---

uint32_t KeyTable::NewEntry() {
  uint32_t number = free_entry_;
  if (number == KeyDirectory::kNone) {
    number = entries_.Add();
  } else {
    free_entry_ = static_cast<uint32_t>(entries_[number]->hash);
  }
  Entry* entry = entries_[number];
  entry->bits = 0;
  for (uint32_t offset = layout_.slots_offset(); offset < layout_.entry_bytes(); offset += 8) {
    entry->At<uint64_t>(offset) = 0;
  }
  return number;
}

void KeyTable::Revive(Entry* entry) {
  entry->meta &= ~kRetired;
  if ((entry->meta & kStored) == 0) --dead_dirty_;
  ++live_;
}

void KeyTable::Retire(Entry* entry) {
  CHECK((entry->meta & (kRetired | kFree)) == 0);
  --live_;
  if ((entry->meta & (kStored | kDirty)) == 0) return FreeEntry(entry);
  entry->meta |= kRetired;
  if ((entry->meta & kStored) != 0) return MarkDirty(entry);
  ++dead_dirty_;
  if (dead_dirty_ > kSaveChunk && dead_dirty_ * 2 > dirty_.size()) SweepDirty();
}

void KeyTable::FreeEntry(Entry* entry) {
  uint32_t number = RemoveFromDirectory(entry);
  for (const EntryLayout::KeyCell& cell : layout_.key()) {
    if (PhysicalOf(cell.type.kind) == PhysicalType::kString) {
      key_match::DisownString(entry->At<StringCell>(cell.offset), pool_);
    }
  }
  entry->meta = kFree;
  entry->hash = free_entry_;
  free_entry_ = number;
}

uint32_t KeyTable::RemoveFromDirectory(Entry* entry) {
  KeyDirectory& directory = DirectoryOf(entry->hash);
  uint32_t number = directory.Find(entry->hash, [&](uint32_t candidate) { return entries_[candidate] == entry; });
  directory.Remove(entry->hash, number);
  return number;
}

uint32_t KeyTable::FreePart(uint64_t hash) const {
  bool used[256] = {};
  DirectoryOf(hash).Find(hash, [&](uint32_t number) {
    if (entries_[number]->hash == hash) used[PartOf(entries_[number])] = true;
    return false;
  });
  uint32_t part = static_cast<uint32_t>(std::find(used, used + 256, false) - used);
  CHECK_LT(part, 256u) << "256 keys have one 64-bit hash";
  return part;
}

// --- What a checkpoint needs ---

void KeyTable::AddDirty(Entry* entry) {
  entry->meta |= kDirty;
  dirty_.Add(entry);
}

void KeyTable::SweepDirty() {
  size_t kept = 0;
  for (size_t i = 0; i < dirty_.size(); ++i) {
    Entry* entry = dirty_[i];
    if ((entry->meta & (kRetired | kStored)) == kRetired) {
      FreeEntry(entry);
    } else {
      dirty_.Set(kept++, entry);
    }
  }
  dirty_.Truncate(kept);
  dead_dirty_ = 0;
}

void KeyTable::DrainDirty(const SaveChunk& save) {
  std::vector<Entry*> live, retired;
  for (size_t begin = 0; begin < dirty_.size(); begin += kSaveChunk) {
    size_t end = std::min(dirty_.size(), begin + kSaveChunk);
    live.clear();
    retired.clear();
    for (size_t i = begin; i < end; ++i) __builtin_prefetch(dirty_[i]);
    for (size_t i = begin; i < end; ++i) {
      Entry* entry = dirty_[i];
      if ((entry->meta & kRetired) == 0) {
        live.push_back(entry);
      } else if ((entry->meta & kStored) != 0) {
        retired.push_back(entry);
      } else {
        FreeEntry(entry);
      }
    }
    save(live, retired);
    for (Entry* entry : live) entry->meta = (entry->meta & ~kDirty) | kStored;
    for (Entry* entry : retired) FreeEntry(entry);
  }
  dirty_.Clear();
  dead_dirty_ = 0;
}

void KeyTable::MarkStored(Entry* entry, uint32_t part) {
  entry->meta = (entry->meta & ~(uint32_t{0xff} << kPartShift)) | ((part & 0xff) << kPartShift) | kStored;
}

size_t KeyTable::StateBytes() const { return pool_.used_bytes() + kVnodeCount * sizeof(KeyDirectory) + dirty_.Bytes(); }

// --- Reading ---

// Key cells are little-endian words: a narrow type's value is their first bytes.
Column KeyTable::GatherKey(uint32_t ordinal, std::span<const Entry* const> entries) const {
  const EntryLayout::KeyCell& cell = layout_.key()[ordinal];
  return GatherCells(
      cell.type, static_cast<uint32_t>(entries.size()),
      [&](uint32_t i) -> const void* {
        if (key_match::KeyIsNull(entries[i], layout_, ordinal)) return nullptr;
        return entries[i]->bytes() + cell.offset;
      },
      [](uint32_t) { return CellError::kNone; });
}

void KeyTable::ForEachInVnode(VnodeId vnode, const std::function<void(Entry*)>& visit) const {
  directories_[vnode.value()].ForEach([&](uint32_t number) {
    if ((entries_[number]->meta & kRetired) == 0) visit(entries_[number]);
  });
}

bool KeyTable::Scan(Cursor* cursor, uint32_t limit, std::vector<Entry*>* entries) const {
  for (; cursor->next < entries_.size(); ++cursor->next) {
    if (limit == 0) return true;
    Entry* entry = entries_[cursor->next];
    if ((entry->meta & (kFree | kRetired)) != 0) continue;
    entries->push_back(entry);
    --limit;
  }
  return false;
}

}  // namespace freshet
