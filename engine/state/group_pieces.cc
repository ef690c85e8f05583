#include "engine/state/group_pieces.h"

#include <algorithm>
#include <cstring>

namespace freshet {

uint32_t GroupPieces::Add(void* leaf, BlockPool& pool) {
  uint32_t piece = first_free_;
  if (piece != kNone) {
    first_free_ = pieces_[piece].next_free;
  } else {
    if (count_ == capacity_) {
      const uint32_t capacity = std::max(8u, capacity_ * 2);
      auto* pieces = static_cast<Piece*>(pool.Allocate(capacity * sizeof(Piece)));
      if (count_ > 0) std::memcpy(static_cast<void*>(pieces), pieces_, count_ * sizeof(Piece));
      if (capacity_ > 0) pool.Free(pieces_, capacity_ * sizeof(Piece));
      pieces_ = pieces;
      capacity_ = capacity;
    }
    piece = count_++;
    pieces_[piece].listed = pieces_[piece].stored = false;
  }
  pieces_[piece].leaf = leaf;
  pieces_[piece].live = true;
  List(piece);
  return piece;
}

void GroupPieces::Remove(uint32_t piece) {
  pieces_[piece].live = false;
  if (pieces_[piece].stored) {
    pieces_[piece].leaf = nullptr;
    List(piece);
  } else {
    Free(piece);  // it may be listed still
  }
}

void GroupPieces::Free(uint32_t piece) {
  pieces_[piece].next_free = first_free_;
  first_free_ = piece;
}

void GroupPieces::List(uint32_t piece) {
  if (pieces_[piece].listed) return;
  pieces_[piece].listed = true;
  pieces_[piece].next_listed = first_listed_;
  first_listed_ = piece;
}

uint32_t GroupPieces::TakeListed(void** leaf) {
  while (first_listed_ != kNone) {
    const uint32_t number = first_listed_;
    Piece& piece = pieces_[number];
    first_listed_ = piece.next_listed;
    piece.listed = false;
    if (!piece.live && !piece.stored) continue;
    *leaf = piece.live ? piece.leaf : nullptr;
    stored_count_ += (piece.live ? 1 : 0) - (piece.stored ? 1 : 0);
    piece.stored = piece.live;
    if (!piece.live) Free(number);
    return number;
  }
  return kNone;
}

void GroupPieces::Clear(BlockPool& pool) {
  if (capacity_ > 0) pool.Free(pieces_, capacity_ * sizeof(Piece));
  *this = GroupPieces();
}

}  // namespace freshet
