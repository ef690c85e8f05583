// Holds the entries of one KeyTable: fixed-size, never moved, each named by a 32-bit number given in order. Slabs grow
// from 1 KiB to 1 MiB, so that a small table is small.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "engine/state/block_pool.h"
#include "engine/state/entry.h"

namespace freshet {

class EntrySlabs {
 public:
  // `entry_bytes` is a multiple of 8. The slabs are of the pool and go with it.
  EntrySlabs(uint32_t entry_bytes, BlockPool& pool);

  // The number of a new entry, whose memory is not initialised.
  uint32_t Add() {
    if (size_ == capacity_) AddSlab();
    return size_++;
  }
  uint32_t size() const { return size_; }
  uint32_t entry_bytes() const { return entry_bytes_; }

  Entry* operator[](uint32_t number) const {
    return reinterpret_cast<Entry*>(bases_[SlabOf(number)] + uint64_t{number} * entry_bytes_);
  }

 private:
  // The first slabs are small: the first one has 2^log_first_ entries, each further one as many as all before it, up
  // to 2^log_slab_ in all; every later one has 2^log_slab_.
  uint32_t SlabOf(uint32_t number) const {
    uint32_t large = number >> log_slab_;
    if (__builtin_expect(large != 0, true)) return large + log_slab_ - log_first_;
    return static_cast<uint32_t>(std::bit_width(number >> log_first_));
  }
  void AddSlab();

  BlockPool& pool_;
  uint32_t entry_bytes_;
  uint32_t log_first_;
  uint32_t log_slab_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  std::vector<uintptr_t> bases_;  // by slab: where entry 0 would lie if the slab reached back to it
};

}  // namespace freshet
