#include "engine/state/entry_slabs.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr uint32_t kSmallestSlab = 1 << 10;
constexpr uint32_t kLargestSlab = 1 << 20;
constexpr uint32_t kMostEntries = 0xfff00000;  // numbers have 32 bits

uint32_t LogEntries(uint32_t slab_bytes, uint32_t entry_bytes) {
  return static_cast<uint32_t>(std::bit_width(std::max(1u, slab_bytes / entry_bytes))) - 1;
}

}  // namespace

EntrySlabs::EntrySlabs(uint32_t entry_bytes, BlockPool& pool)
    : pool_(pool),
      entry_bytes_(entry_bytes),
      log_first_(LogEntries(kSmallestSlab, entry_bytes)),
      log_slab_(LogEntries(kLargestSlab, entry_bytes)) {}

void EntrySlabs::AddSlab() {
  CHECK_LE(capacity_, kMostEntries) << "too many keys in a table";
  uint32_t entries = capacity_ == 0 ? 1u << log_first_ : capacity_ >> log_slab_ == 0 ? capacity_ : 1u << log_slab_;
  auto memory = reinterpret_cast<uintptr_t>(pool_.AllocateForGood(size_t{entries} * entry_bytes_));
  bases_.push_back(memory - uint64_t{capacity_} * entry_bytes_);
  capacity_ += entries;
}

}  // namespace freshet
