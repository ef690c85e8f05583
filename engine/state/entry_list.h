// Lists entries in the order they were added: what an epoch touched, what a checkpoint must write. Grows by blocks, so
// that a list of millions is never copied.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/state/entry.h"

namespace freshet {

class EntryList {
 public:
  static constexpr uint32_t kBlock = 1024;

  void Add(Entry* entry) {
    if (size_ % kBlock == 0 && size_ / kBlock == blocks_.size()) AddBlock();
    blocks_[size_ / kBlock][size_ % kBlock] = entry;
    ++size_;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Entry* operator[](size_t i) const { return blocks_[i / kBlock][i % kBlock]; }
  // The entries of one block; block b begins at b * kBlock.
  Entry* const* Block(size_t block) const { return blocks_[block].get(); }

  // Keeps the first `size`.
  void Truncate(size_t size) { size_ = size; }
  void Set(size_t i, Entry* entry) { blocks_[i / kBlock][i % kBlock] = entry; }
  // Empties it; keeps one block.
  void Clear() {
    size_ = 0;
    if (blocks_.size() > 1) blocks_.resize(1);
  }
  size_t Bytes() const { return blocks_.size() * kBlock * sizeof(Entry*); }

 private:
  void AddBlock() { blocks_.push_back(std::make_unique_for_overwrite<Entry*[]>(kBlock)); }

  std::vector<std::unique_ptr<Entry*[]>> blocks_;
  size_t size_ = 0;
};

}  // namespace freshet
