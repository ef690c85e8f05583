// A word is emptied, not marked deleted, where its line has an empty word already: no look-up has gone past that line.
#include "engine/state/key_directory.h"

#include <cstring>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr uint32_t kMostLogLines = 26;

// Words that may be filled: three quarters.
uint32_t RoomOf(uint32_t words) { return words / 4 * 3; }

}  // namespace

KeyDirectory::Line KeyDirectory::empty_line = {};

void KeyDirectory::Put(uint32_t tag, uint64_t word) {
  for (uint32_t at = LineOf(tag);; at = NextLine(at)) {
    Line* line = LineAt(at);
    if (uint32_t empty = line->EmptyMask(); empty != 0) {
      line->words[std::countr_zero(empty)] = word;
      --room_;
      return;
    }
    for (uint64_t& place : line->words) {
      if (place != kDeleted) continue;
      place = word;
      return;
    }
  }
}

void KeyDirectory::Remove(uint64_t hash, uint32_t number) {
  uint32_t tag = TagOf(hash);
  uint64_t word = WordOf(tag, number);
  for (uint32_t at = LineOf(tag);; at = NextLine(at)) {
    Line* line = LineAt(at);
    bool has_empty = line->EmptyMask() != 0;
    for (uint64_t& place : line->words) {
      if (place != word) continue;
      place = has_empty ? 0 : kDeleted;
      room_ += has_empty ? 1 : 0;
      return;
    }
    CHECK(!has_empty) << "an entry is not in its directory";
  }
}

void KeyDirectory::Grow(BlockPool& pool) {
  bool first = lines_ == &empty_line;
  Line* old = lines_;
  uint32_t old_lines = line_count();
  uint32_t live = 0;
  if (!first) ForEach([&](uint32_t) { ++live; });
  // Otherwise many words are deleted, and are only cleaned away.
  if (!first && live * 8 > old_lines * kLineWords * 3) log_lines_ += log_lines_ < 6 ? 2 : 1;
  CHECK_LE(log_lines_, kMostLogLines) << "too many keys in a vnode";
  size_t bytes = line_count() * sizeof(Line);
  lines_ = static_cast<Line*>(pool.Allocate(bytes));
  std::memset(static_cast<void*>(lines_), 0, bytes);
  room_ = RoomOf(line_count() * kLineWords);
  if (first) return;
  for (uint32_t at = 0; at < old_lines; ++at) {
    for (uint64_t word : old[at].words) {
      if (word > kDeleted) Put(static_cast<uint32_t>(word >> 32), word);
    }
  }
  pool.Free(old, old_lines * sizeof(Line));
}

}  // namespace freshet
