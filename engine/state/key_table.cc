// Directory words: 16 bits tag (the hash's low bits), 48 bits address. 0 = empty, 1 = deleted. A word's place begins at
// the hash bits below the vnode's, so that a directory is nearly in the order of hashes; collisions go to the next
// word.
#include "engine/state/key_table.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/state/gather_cells.h"
#include "engine/state/key_match.h"

namespace freshet {
namespace {

constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
constexpr uint64_t kDeleted = 1;
constexpr uint32_t kProbeChunk = 128;
constexpr uint32_t kSaveChunk = 1024;
constexpr uint32_t kSmallestLogSlots = 3;
constexpr uint32_t kLargestSlab = 1 << 20;

// The directory of all empty segments: never written, since its segment has no room.
uint64_t kEmptyDirectory[2] = {0, 0};

uint64_t WordOf(const Entry* entry) { return (entry->hash << 48) | reinterpret_cast<uintptr_t>(entry); }
Entry* EntryOf(uint64_t word) { return reinterpret_cast<Entry*>(word & kPointerMask); }
bool IsEntry(uint64_t word) { return word > kDeleted; }
bool TagMatches(uint64_t word, uint64_t hash) { return ((word ^ (hash << 48)) >> 48) == 0 && IsEntry(word); }

uint64_t SlotOf(uint64_t hash, uint32_t shift) { return (hash << kVnodeBits) >> shift; }

// Slots that may be filled: three quarters.
uint32_t RoomOf(uint32_t log_slots) { return (3u << log_slots) >> 2; }

}  // namespace

KeyTable::KeyTable(EntryLayout layout)
    : layout_(std::move(layout)), segments_(std::make_unique<Segment[]>(kVnodeCount)) {
  static_assert(kNullShift == key_match::kNullShift);
  std::fill_n(segments_.get(), kVnodeCount, Segment{kEmptyDirectory, 0, 63, 1});
}

KeyTable::~KeyTable() = default;

// --- Probing ---

template <typename Key>
Entry* KeyTable::FindOne(uint64_t hash, uint32_t row, const Key& key) const {
  const Segment& segment = segments_[hash >> (64 - kVnodeBits)];
  uint64_t mask = (uint64_t{1} << segment.log_slots) - 1;
  for (uint64_t slot = SlotOf(hash, segment.shift);; slot = (slot + 1) & mask) {
    uint64_t word = segment.directory[slot];
    if (word == 0) return nullptr;
    if (TagMatches(word, hash) && key.Matches(EntryOf(word), row)) return EntryOf(word);
  }
}

template <typename Key>
Entry* KeyTable::FindOrInsertOne(uint64_t hash, uint32_t row, const Key& key) {
  Segment& segment = segments_[hash >> (64 - kVnodeBits)];
  if (segment.room == 0) Grow(segment);
  uint64_t mask = (uint64_t{1} << segment.log_slots) - 1;
  uint64_t* place = nullptr;  // the first deleted word on the way
  bool same_hash = false;
  uint64_t slot = SlotOf(hash, segment.shift);
  for (;; slot = (slot + 1) & mask) {
    uint64_t word = segment.directory[slot];
    if (word == 0) break;
    if (word == kDeleted) {
      if (place == nullptr) place = &segment.directory[slot];
      continue;
    }
    if (!TagMatches(word, hash)) continue;
    Entry* entry = EntryOf(word);
    if (key.Matches(entry, row)) {
      if ((entry->meta & kRetired) != 0) Revive(entry);
      return entry;
    }
    same_hash |= entry->hash == hash;
  }
  if (place == nullptr) {
    place = &segment.directory[slot];
    --segment.room;
  }
  Entry* entry = AllocateEntry();
  entry->hash = hash;
  entry->meta = same_hash ? FreePart(hash) << kPartShift : 0;
  key.Store(entry, row, pool_);
  *place = WordOf(entry);
  ++live_;
  return entry;
}

template <typename Key>
void KeyTable::FindOrInsertKeys(const KeyBatch& keys, const Key& key, Entry** entries) {
  const uint64_t* hashes = keys.hashes();
  uint32_t size = keys.size();
  for (uint32_t begin = 0; begin < size; begin += kProbeChunk) {
    uint32_t end = std::min(size, begin + kProbeChunk);
    for (uint32_t i = begin; i < end; ++i) {
      uint64_t hash = hashes[keys.RowAt(i)];
      const Segment& segment = segments_[hash >> (64 - kVnodeBits)];
      __builtin_prefetch(segment.directory + SlotOf(hash, segment.shift));
    }
    for (uint32_t i = begin; i < end; ++i) {
      uint64_t hash = hashes[keys.RowAt(i)];
      const Segment& segment = segments_[hash >> (64 - kVnodeBits)];
      uint64_t mask = (uint64_t{1} << segment.log_slots) - 1;
      uint64_t slot = SlotOf(hash, segment.shift);
      uint64_t word = segment.directory[slot];
      while (word != 0 && !TagMatches(word, hash)) {
        slot = (slot + 1) & mask;
        word = segment.directory[slot];
      }
      entries[i] = word == 0 ? nullptr : EntryOf(word);
      __builtin_prefetch(entries[i], 1);
    }
    for (uint32_t i = begin; i < end; ++i) {
      uint32_t row = keys.RowAt(i);
      Entry* entry = entries[i];
      if (entry == nullptr || !key.Matches(entry, row) || (entry->meta & kRetired) != 0) {
        entries[i] = FindOrInsertOne(hashes[row], row, key);
      }
    }
  }
}

template <typename Key>
void KeyTable::FindKeys(const KeyBatch& keys, const Key& key, Entry** entries) const {
  const uint64_t* hashes = keys.hashes();
  uint32_t size = keys.size();
  for (uint32_t begin = 0; begin < size; begin += kProbeChunk) {
    uint32_t end = std::min(size, begin + kProbeChunk);
    for (uint32_t i = begin; i < end; ++i) {
      uint64_t hash = hashes[keys.RowAt(i)];
      const Segment& segment = segments_[hash >> (64 - kVnodeBits)];
      __builtin_prefetch(segment.directory + SlotOf(hash, segment.shift));
    }
    for (uint32_t i = begin; i < end; ++i) {
      uint64_t hash = hashes[keys.RowAt(i)];
      const Segment& segment = segments_[hash >> (64 - kVnodeBits)];
      uint64_t mask = (uint64_t{1} << segment.log_slots) - 1;
      uint64_t slot = SlotOf(hash, segment.shift);
      uint64_t word = segment.directory[slot];
      while (word != 0 && !TagMatches(word, hash)) {
        slot = (slot + 1) & mask;
        word = segment.directory[slot];
      }
      entries[i] = word == 0 ? nullptr : EntryOf(word);
      __builtin_prefetch(entries[i]);
    }
    for (uint32_t i = begin; i < end; ++i) {
      if (entries[i] == nullptr) continue;
      uint32_t row = keys.RowAt(i);
      if (!key.Matches(entries[i], row)) entries[i] = FindOne(hashes[row], row, key);
      if (entries[i] != nullptr && (entries[i]->meta & kRetired) != 0) entries[i] = nullptr;
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
  WithKey(layout_, keys, [&](const auto& key) { FindOrInsertKeys(keys, key, entries); });
}

void KeyTable::Find(const KeyBatch& keys, Entry** entries) const {
  WithKey(layout_, keys, [&](const auto& key) { FindKeys(keys, key, entries); });
}

// --- Entries and directories ---

Entry* KeyTable::AllocateEntry() {
  Entry* entry = free_entries_;
  if (entry != nullptr) {
    free_entries_ = reinterpret_cast<Entry*>(entry->hash);
  } else {
    if (slabs_.empty() || slabs_.back().used == slabs_.back().capacity) AddSlab();
    Slab& slab = slabs_.back();
    entry = reinterpret_cast<Entry*>(slab.memory + size_t{slab.used++} * layout_.entry_bytes());
  }
  entry->bits = 0;
  std::memset(entry->bytes() + layout_.slots_offset(), 0, layout_.entry_bytes() - layout_.slots_offset());
  return entry;
}

void KeyTable::AddSlab() {
  uint32_t entry_bytes = layout_.entry_bytes();
  size_t bytes = slabs_.empty()
                     ? std::max<size_t>(1024, entry_bytes)
                     : std::clamp<size_t>(size_t{slabs_.back().capacity} * entry_bytes * 2, entry_bytes, kLargestSlab);
  if (bytes < entry_bytes) bytes = entry_bytes;
  bytes = BlockPool::ClassBytes(bytes);
  char* memory = static_cast<char*>(pool_.Allocate(bytes));
  slabs_.push_back({memory, static_cast<uint32_t>(bytes / entry_bytes), 0});
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
  RemoveFromDirectory(entry);
  for (const EntryLayout::KeyCell& cell : layout_.key()) {
    if (PhysicalOf(cell.type.kind) == PhysicalType::kString) {
      key_match::DisownString(entry->At<StringCell>(cell.offset), pool_);
    }
  }
  entry->meta = kFree;
  entry->hash = reinterpret_cast<uintptr_t>(free_entries_);
  free_entries_ = entry;
}

void KeyTable::RemoveFromDirectory(Entry* entry) {
  Segment& segment = segments_[entry->hash >> (64 - kVnodeBits)];
  uint64_t mask = (uint64_t{1} << segment.log_slots) - 1;
  uint64_t slot = SlotOf(entry->hash, segment.shift);
  while (segment.directory[slot] != WordOf(entry)) slot = (slot + 1) & mask;
  segment.directory[slot] = kDeleted;
  if (segment.directory[(slot + 1) & mask] != 0) return;
  // At the end of its run, deleted words can be empty again.
  for (; segment.directory[slot] == kDeleted; slot = (slot - 1) & mask) {
    segment.directory[slot] = 0;
    ++segment.room;
  }
}

void KeyTable::Grow(Segment& segment) {
  bool first = segment.directory == kEmptyDirectory;
  uint32_t old_slots = 1u << segment.log_slots;
  uint32_t log_slots = kSmallestLogSlots;
  uint32_t live = 0;
  if (!first) {
    for (uint32_t i = 0; i < old_slots; ++i) live += IsEntry(segment.directory[i]) ? 1 : 0;
    // Small directories grow by four: each growth reads all entries again.
    uint32_t step = live * 8 <= old_slots * 3 ? 0 : segment.log_slots < 9 ? 2 : 1;
    log_slots = segment.log_slots + step;
    CHECK_LE(log_slots, 38 - kVnodeBits) << "too many keys in a vnode";
  }
  size_t slots = size_t{1} << log_slots;
  auto* directory = static_cast<uint64_t*>(pool_.Allocate(slots * 8));
  std::memset(directory, 0, slots * 8);
  uint32_t shift = 64 - log_slots;
  for (uint32_t i = 0; !first && i < old_slots; ++i) {
    constexpr uint32_t kAhead = 12;
    if (i + kAhead < old_slots) __builtin_prefetch(EntryOf(segment.directory[i + kAhead]));
    uint64_t word = segment.directory[i];
    if (!IsEntry(word)) continue;
    uint64_t slot = SlotOf(EntryOf(word)->hash, shift);
    while (directory[slot] != 0) slot = (slot + 1) & (slots - 1);
    directory[slot] = word;
  }
  if (!first) pool_.Free(segment.directory, size_t{old_slots} * 8);
  segment = {directory, RoomOf(log_slots) - live, static_cast<uint16_t>(shift), static_cast<uint16_t>(log_slots)};
}

uint32_t KeyTable::FreePart(uint64_t hash) const {
  bool used[256] = {};
  const Segment& segment = segments_[hash >> (64 - kVnodeBits)];
  uint64_t mask = (uint64_t{1} << segment.log_slots) - 1;
  for (uint64_t slot = SlotOf(hash, segment.shift); segment.directory[slot] != 0; slot = (slot + 1) & mask) {
    uint64_t word = segment.directory[slot];
    if (TagMatches(word, hash) && EntryOf(word)->hash == hash) used[PartOf(EntryOf(word))] = true;
  }
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

size_t KeyTable::StateBytes() const { return pool_.used_bytes() + kVnodeCount * sizeof(Segment) + dirty_.Bytes(); }

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
  const Segment& segment = segments_[vnode.value()];
  for (uint32_t i = 0; i < (1u << segment.log_slots); ++i) {
    uint64_t word = segment.directory[i];
    if (IsEntry(word) && (EntryOf(word)->meta & kRetired) == 0) visit(EntryOf(word));
  }
}

bool KeyTable::Scan(Cursor* cursor, uint32_t limit, std::vector<Entry*>* entries) const {
  for (; cursor->slab < slabs_.size(); ++cursor->slab, cursor->index = 0) {
    const Slab& slab = slabs_[cursor->slab];
    for (; cursor->index < slab.used; ++cursor->index) {
      if (limit == 0) return true;
      auto* entry = reinterpret_cast<Entry*>(slab.memory + size_t{cursor->index} * layout_.entry_bytes());
      if ((entry->meta & (kFree | kRetired)) != 0) continue;
      entries->push_back(entry);
      --limit;
    }
    // The last slab may still grow: the walk ends behind what is in it now.
    if (cursor->slab + 1 == slabs_.size()) return false;
  }
  return false;
}

}  // namespace freshet
