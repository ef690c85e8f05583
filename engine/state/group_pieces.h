// Numbers the leaves of a large group, so that a checkpoint writes those that changed, each as a piece of its own, and
// deletes those that are gone. For ordered_group.h.
#pragma once

#include <cstdint>

#include "engine/state/block_pool.h"

namespace freshet {

// A piece's number stays with its leaf. That of a leaf that is gone is given to another one once the store has no piece
// under it. All memory is of the pool; zero is empty, and there is no destructor: Clear frees it, or the pool goes as a
// whole.
class GroupPieces {
 public:
  static constexpr uint32_t kNone = ~0u;

  // A new leaf; its piece is listed.
  uint32_t Add(void* leaf, BlockPool& pool);
  // The leaf lies elsewhere now.
  void Move(uint32_t piece, void* leaf) { pieces_[piece].leaf = leaf; }
  // The leaf is gone.
  void Remove(uint32_t piece);
  // Says that a leaf has changed.
  void List(uint32_t piece);

  // For checkpoints. A piece that is listed: its leaf, nullptr if it is to be deleted; afterwards the store has it, or
  // has not. kNone: there is none left.
  uint32_t TakeListed(void** leaf);
  uint32_t stored_count() const { return stored_count_; }
  template <typename Visit>
  void ForEachStored(Visit visit) const {
    for (uint32_t piece = 0; piece < count_; ++piece) {
      if (pieces_[piece].stored) visit(piece);
    }
  }

  void Clear(BlockPool& pool);

 private:
  struct Piece {
    union {
      void* leaf;
      uint32_t next_free;  // while it is free
    };
    uint32_t next_listed;
    bool live;  // has a leaf
    bool listed;
    bool stored;
  };
  static_assert(sizeof(Piece) == 16);

  void Free(uint32_t piece);

  Piece* pieces_ = nullptr;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  uint32_t first_free_ = kNone;
  uint32_t first_listed_ = kNone;
  uint32_t stored_count_ = 0;
};

}  // namespace freshet
