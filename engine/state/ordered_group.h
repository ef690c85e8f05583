// Keeps the values of one group in order, each with a weight: min and max under retraction, top-k.
//
// A B+tree in the memory of a BlockPool. A small group is one leaf, which grows with it from one cache line (seven
// integers) on; past the largest leaf there are inner nodes of 32 children. Weights are kept only in leaves where one
// is not 1. A node goes when it is empty (free-at-empty, after Johnson and Shasha): simpler than merging, and as good
// where insertions are not much rarer than removals.
//
// The leaves of a tree are the pieces that checkpoints write (group_pieces.h); a group of one leaf is written by its
// owner.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/state/block_pool.h"
#include "engine/state/group_pieces.h"

namespace freshet {

// `Ops` has static members: `std::strong_ordering Compare(const T&, const T&)`, `T Own(const T&, BlockPool&)`, which
// makes a value that lives by itself, and `void Disown(const T&, BlockPool&)`. T is trivially copyable. The group is
// one word, zero when empty; it has no destructor: Clear frees it, or the pool goes as a whole.
template <typename T, typename Ops>
class OrderedGroup {
 public:
  // Distinct values with a weight other than 0.
  uint64_t size() const { return is_tree() ? tree()->size : handle_ == 0 ? 0 : leaf()->count; }
  bool empty() const { return handle_ == 0; }
  // Smallest and largest value; not of an empty group.
  const T& First() const { return Edge(false)->values()[0]; }
  const T& Last() const {
    const Leaf* leaf = Edge(true);
    return leaf->values()[leaf->count - 1];
  }
  int64_t FirstWeight() const { return Edge(false)->WeightAt(0); }
  int64_t LastWeight() const {
    const Leaf* leaf = Edge(true);
    return leaf->WeightAt(leaf->count - 1);
  }
  // What the next call will read first.
  const void* front() const { return reinterpret_cast<const void*>(handle_ & ~kTreeBit); }

  // Adds to the weight of a value; at 0 the value goes.
  void Add(const T& value, int64_t weight, BlockPool& pool) {
    if (weight == 0) return;
    if (is_tree()) return AddToTree(value, weight, pool);
    if (handle_ == 0) handle_ = reinterpret_cast<uintptr_t>(NewLeaf(1, weight != 1, pool));
    if constexpr (kHasLane) {
      if (weight == 1 && AddToLane(leaf(), value)) return;
    }
    void* node = leaf();
    int64_t added = 0;
    Split split = AddToLeaf(node, value, weight, &added, nullptr, pool);
    if (split.right != nullptr) {
      uint64_t size = uint64_t{static_cast<Leaf*>(node)->count} + static_cast<Leaf*>(split.right)->count;
      auto* tree = new (pool.Allocate(sizeof(Tree))) Tree{node, size, 0, {}};
      for (void* piece : {node, split.right}) MakePiece(static_cast<Leaf*>(piece), tree->pieces, pool);
      GrowRoot(tree, split, pool);
      handle_ = reinterpret_cast<uintptr_t>(tree) | kTreeBit;
      return;
    }
    handle_ = reinterpret_cast<uintptr_t>(node);
    if (leaf()->count == 0) Clear(pool);
  }

  // Whether the group is written in pieces. It stays so at least as long as the store has some.
  bool in_pieces() const { return is_tree(); }
  // Calls put(piece, for_each), where for_each(visit) calls visit(value, weight), or drop(piece), for each piece that
  // changed since the last call. A group that is in pieces.
  template <typename Put, typename Drop>
  void TakePieces(Put put, Drop drop) {
    void* node = nullptr;
    for (uint32_t piece; (piece = tree()->pieces.TakeListed(&node)) != GroupPieces::kNone;) {
      if (node == nullptr) {
        drop(piece);
        continue;
      }
      static_cast<Leaf*>(node)->listed = 0;
      put(piece, [&](auto visit) { Walk(node, 0, visit); });
    }
  }
  // Calls visit(piece) for those that the store has.
  template <typename Visit>
  void ForEachStoredPiece(Visit visit) const {
    if (is_tree()) tree()->pieces.ForEachStored(visit);
  }

  // Calls visit(value, weight) in order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (is_tree()) {
      Walk(tree()->root, tree()->height, visit);
    } else if (handle_ != 0) {
      Walk(leaf(), 0, visit);
    }
  }

  // The same, until visit answers false.
  template <typename Visit>
  void ForEachWhile(Visit visit) const {
    if (is_tree()) {
      WalkWhile(tree()->root, tree()->height, visit);
    } else if (handle_ != 0) {
      WalkWhile(leaf(), 0, visit);
    }
  }

  // Frees everything.
  void Clear(BlockPool& pool) {
    if (is_tree()) {
      FreeBelow(tree()->root, tree()->height, pool);
      tree()->pieces.Clear(pool);
      pool.Free(tree(), sizeof(Tree));
    } else if (handle_ != 0) {
      FreeBelow(leaf(), 0, pool);
    }
    handle_ = 0;
  }

 private:
  static constexpr uintptr_t kTreeBit = 1;
  static constexpr uint32_t kLine = 64;
  static constexpr uint32_t kMostLines = sizeof(T) <= 8 ? 8 : 16;  // of a leaf without weights; with them twice that
  static constexpr uint32_t kFanout = 32;

  // A block of 1, 2, 4 ... cache lines: the values, then the weights.
  struct alignas(8) Leaf {
    uint8_t count;
    uint8_t capacity;
    uint8_t lines;
    uint8_t weighted : 1;  // 0: all weights are 1, and not kept
    uint8_t listed : 1;    // in a tree: its piece is listed
    uint32_t piece;        // in a tree: its number

    T* values() { return reinterpret_cast<T*>(this + 1); }
    const T* values() const { return reinterpret_cast<const T*>(this + 1); }
    int64_t* weights() { return reinterpret_cast<int64_t*>(values() + capacity); }
    const int64_t* weights() const { return reinterpret_cast<const int64_t*>(values() + capacity); }
    int64_t WeightAt(uint32_t at) const { return weighted != 0 ? weights()[at] : 1; }
  };
  static_assert(sizeof(Leaf) == 8);
  struct Tree {
    void* root;
    uint64_t size;
    uint32_t height;  // of the root; that of a leaf is 0
    GroupPieces pieces;
  };
  struct Inner {
    uint32_t count;
    void* children[kFanout];
    T lows[kFanout];  // lows[i], i > 0: no value below child i is smaller, all below child i - 1 are. Owned.
  };
  // What a full node gives away to a new right sibling; right == nullptr: nothing.
  struct Split {
    void* right = nullptr;
    T low{};
  };

  bool is_tree() const { return (handle_ & kTreeBit) != 0; }
  Tree* tree() const { return reinterpret_cast<Tree*>(handle_ - kTreeBit); }
  Leaf* leaf() const { return reinterpret_cast<Leaf*>(handle_); }

  static uint32_t CapacityOf(uint32_t lines, bool weighted) {
    return (lines * kLine - sizeof(Leaf)) / (sizeof(T) + (weighted ? sizeof(int64_t) : 0));
  }
  static Leaf* NewLeaf(uint32_t lines, bool weighted, BlockPool& pool) {
    auto capacity = static_cast<uint8_t>(CapacityOf(lines, weighted));
    auto* leaf = new (pool.Allocate(lines * kLine)) Leaf{0, capacity, static_cast<uint8_t>(lines), weighted, 0, 0};
    if (kHasLane && lines == 1)
      std::memset(static_cast<void*>(leaf + 1), 0, kLine - sizeof(Leaf));  // AddToLane reads all
    return leaf;
  }

  const Leaf* Edge(bool last) const {
    if (!is_tree()) return leaf();
    const void* node = tree()->root;
    for (uint32_t height = tree()->height; height > 0; --height) {
      auto* inner = static_cast<const Inner*>(node);
      node = inner->children[last ? inner->count - 1 : 0];
    }
    return static_cast<const Leaf*>(node);
  }

  void AddToTree(const T& value, int64_t weight, BlockPool& pool) {
    Tree* tree = this->tree();
    int64_t added = 0;
    Split split = AddBelow(tree->root, tree->height, value, weight, &added, &tree->pieces, pool);
    tree->size += static_cast<uint64_t>(added);
    if (split.right != nullptr) GrowRoot(tree, split, pool);
    if (tree->size == 0) {
      CHECK_EQ(tree->pieces.stored_count(), 0u) << "nobody would delete the pieces";
      return Clear(pool);
    }
    while (tree->height > 0 && static_cast<Inner*>(tree->root)->count == 1) {
      auto* inner = static_cast<Inner*>(tree->root);
      tree->root = inner->children[0];
      --tree->height;
      pool.Free(inner, sizeof(Inner));
    }
    if (tree->height > 0 || tree->pieces.stored_count() > 0) return;
    handle_ = reinterpret_cast<uintptr_t>(tree->root);
    tree->pieces.Clear(pool);
    pool.Free(tree, sizeof(Tree));
  }

  static void MakePiece(Leaf* leaf, GroupPieces& pieces, BlockPool& pool) {
    leaf->piece = pieces.Add(leaf, pool);
    leaf->listed = 1;
  }

  static void GrowRoot(Tree* tree, const Split& split, BlockPool& pool) {
    auto* inner = static_cast<Inner*>(pool.Allocate(sizeof(Inner)));
    inner->count = 2;
    inner->children[0] = tree->root;
    inner->children[1] = split.right;
    inner->lows[1] = split.low;
    tree->root = inner;
    ++tree->height;
  }

  // The first place whose value is not smaller.
  static uint32_t LowerBound(const Leaf* leaf, const T& value) {
    uint32_t low = 0, high = leaf->count;
    if constexpr (std::is_integral_v<T>) {
      if (high <= 16) {  // no branch that depends on a value
        for (uint32_t i = 0; i < high; ++i) low += leaf->values()[i] < value ? 1 : 0;
        return low;
      }
    }
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      if (Ops::Compare(leaf->values()[middle], value) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  static uint32_t ChildOf(const Inner* inner, const T& value) {
    uint32_t low = 1, high = inner->count;  // the first child whose low is larger
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      if (Ops::Compare(inner->lows[middle], value) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  // Both add a value below `node`, which may be replaced; *added counts the values.
  static Split AddBelow(void*& node, uint32_t height, const T& value, int64_t weight, int64_t* added,
                        GroupPieces* pieces, BlockPool& pool) {
    if (height == 0) return AddToLeaf(node, value, weight, added, pieces, pool);
    auto* inner = static_cast<Inner*>(node);
    uint32_t child = ChildOf(inner, value);
    Split split = AddBelow(inner->children[child], height - 1, value, weight, added, pieces, pool);
    if (split.right != nullptr) return InsertChild(inner, child + 1, split, pool);
    if (CountOf(inner->children[child], height - 1) == 0) {
      if (height == 1) pieces->Remove(static_cast<Leaf*>(inner->children[child])->piece);
      RemoveChild(inner, child, height, pool);
    }
    return {};
  }

  static uint32_t CountOf(const void* node, uint32_t height) {
    return height == 0 ? static_cast<const Leaf*>(node)->count : static_cast<const Inner*>(node)->count;
  }

  // `pieces` of a tree, nullptr else.
  static Split AddToLeaf(void*& node, const T& value, int64_t weight, int64_t* added, GroupPieces* pieces,
                         BlockPool& pool) {
    auto* leaf = static_cast<Leaf*>(node);
    if (pieces != nullptr && leaf->listed == 0) {
      leaf->listed = 1;
      pieces->List(leaf->piece);
    }
    uint32_t at = LowerBound(leaf, value);
    if (at < leaf->count && Ops::Compare(leaf->values()[at], value) == 0) {
      int64_t sum = leaf->WeightAt(at) + weight;
      if (sum == 0) {
        RemoveFromLeaf(leaf, at, pool);
        --*added;
        return {};
      }
      if (leaf->weighted == 0) node = leaf = Resize(leaf, leaf->lines, true, pieces, pool);
      leaf->weights()[at] = sum;
      return {};
    }
    ++*added;
    if (leaf->weighted == 0 && weight != 1) node = leaf = Resize(leaf, leaf->lines, true, pieces, pool);
    Split split;
    if (leaf->count == leaf->capacity) {
      if (leaf->lines < (leaf->weighted != 0 ? 2 * kMostLines : kMostLines)) {
        node = leaf = Resize(leaf, leaf->lines * 2, leaf->weighted != 0, pieces, pool);
      } else {
        // Values that come in order fill leaves wholly.
        uint32_t keep = at == leaf->count ? at : leaf->count / 2;
        Leaf* right = NewLeaf(leaf->lines, leaf->weighted != 0, pool);
        if (pieces != nullptr) MakePiece(right, *pieces, pool);
        Move(leaf, keep, right);
        split.right = right;
        if (at >= keep) {
          leaf = right;
          at -= keep;
        }
      }
    }
    InsertIntoLeaf(leaf, at, Ops::Own(value, pool), weight);
    if (split.right != nullptr) split.low = Ops::Own(static_cast<Leaf*>(split.right)->values()[0], pool);
    return split;
  }

  // A leaf of one line without weights, of integers, is worked on as a whole, without a branch that depends on values
  // or on their number. False: the value is there already, or there is no room.
  static constexpr uint32_t kLane = (kLine - 8) / sizeof(T);
  static constexpr bool kHasLane = std::is_integral_v<T> && sizeof(T) == 8;
  static bool AddToLane(Leaf* leaf, const T& value) {
    uint32_t count = leaf->count;
    if (leaf->lines != 1 || leaf->weighted != 0 || count == leaf->capacity) return false;
    T* values = leaf->values();
    uint32_t at = 0, equal = 0;
    for (uint32_t i = 0; i < kLane; ++i) {
      at += (i < count) & (values[i] < value);
      equal |= (i < count) & (values[i] == value);
    }
    if (equal != 0) return false;
    for (uint32_t i = kLane - 1; i > 0; --i) values[i] = i > at ? values[i - 1] : values[i];
    values[at] = value;
    leaf->count = static_cast<uint8_t>(count + 1);
    return true;
  }

  static void InsertIntoLeaf(Leaf* leaf, uint32_t at, const T& owned, int64_t weight) {
    std::copy_backward(leaf->values() + at, leaf->values() + leaf->count, leaf->values() + leaf->count + 1);
    leaf->values()[at] = owned;
    if (leaf->weighted != 0) {
      std::copy_backward(leaf->weights() + at, leaf->weights() + leaf->count, leaf->weights() + leaf->count + 1);
      leaf->weights()[at] = weight;
    }
    ++leaf->count;
  }

  static void RemoveFromLeaf(Leaf* leaf, uint32_t at, BlockPool& pool) {
    Ops::Disown(leaf->values()[at], pool);
    std::copy(leaf->values() + at + 1, leaf->values() + leaf->count, leaf->values() + at);
    if (leaf->weighted != 0) {
      std::copy(leaf->weights() + at + 1, leaf->weights() + leaf->count, leaf->weights() + at);
    }
    --leaf->count;
  }

  // Moves the values from `begin` on to the empty leaf `to`, which has room for them.
  static void Move(Leaf* from, uint32_t begin, Leaf* to) {
    std::copy(from->values() + begin, from->values() + from->count, to->values());
    for (uint32_t i = begin; to->weighted != 0 && i < from->count; ++i) to->weights()[i - begin] = from->WeightAt(i);
    to->count = static_cast<uint8_t>(from->count - begin);
    from->count = static_cast<uint8_t>(begin);
  }

  // The same values in a leaf of `lines`, or more where these are too few.
  static Leaf* Resize(Leaf* leaf, uint32_t lines, bool weighted, GroupPieces* pieces, BlockPool& pool) {
    while (CapacityOf(lines, weighted) < leaf->count) lines *= 2;
    Leaf* resized = NewLeaf(lines, weighted, pool);
    Move(leaf, 0, resized);
    if (pieces != nullptr) {
      resized->piece = leaf->piece;
      resized->listed = leaf->listed;
      pieces->Move(leaf->piece, resized);
    }
    FreeNode(leaf, 0, pool);
    return resized;
  }

  static Split InsertChild(Inner* inner, uint32_t at, const Split& child, BlockPool& pool) {
    Split split;
    if (inner->count == kFanout) {
      uint32_t keep = at == kFanout ? kFanout - 1 : kFanout / 2;
      auto* right = static_cast<Inner*>(pool.Allocate(sizeof(Inner)));
      right->count = kFanout - keep;
      std::memcpy(right->children, inner->children + keep, right->count * sizeof(void*));
      std::memcpy(right->lows, inner->lows + keep, right->count * sizeof(T));
      inner->count = keep;
      split = {right, right->lows[0]};  // ownership goes up
      if (at > keep) {
        inner = right;
        at -= keep;
      }
    }
    uint32_t behind = inner->count - at;
    std::memmove(inner->children + at + 1, inner->children + at, behind * sizeof(void*));
    std::memmove(inner->lows + at + 1, inner->lows + at, behind * sizeof(T));
    inner->children[at] = child.right;
    inner->lows[at] = child.low;
    ++inner->count;
    return split;
  }

  static void RemoveChild(Inner* inner, uint32_t at, uint32_t height, BlockPool& pool) {
    FreeNode(inner->children[at], height - 1, pool);
    uint32_t low = at == 0 ? 1 : at;  // the first child needs no low
    if (low < inner->count) {
      Ops::Disown(inner->lows[low], pool);
      std::memmove(inner->lows + low, inner->lows + low + 1, (inner->count - low - 1) * sizeof(T));
    }
    std::memmove(inner->children + at, inner->children + at + 1, (inner->count - at - 1) * sizeof(void*));
    --inner->count;
  }

  static void FreeNode(void* node, uint32_t height, BlockPool& pool) {
    pool.Free(node, height == 0 ? static_cast<Leaf*>(node)->lines * kLine : sizeof(Inner));
  }

  static void FreeBelow(void* node, uint32_t height, BlockPool& pool) {
    if (height == 0) {
      auto* leaf = static_cast<Leaf*>(node);
      for (uint32_t i = 0; i < leaf->count; ++i) Ops::Disown(leaf->values()[i], pool);
    } else {
      auto* inner = static_cast<Inner*>(node);
      for (uint32_t i = 0; i < inner->count; ++i) {
        if (i > 0) Ops::Disown(inner->lows[i], pool);
        FreeBelow(inner->children[i], height - 1, pool);
      }
    }
    FreeNode(node, height, pool);
  }

  template <typename Visit>
  static void Walk(const void* node, uint32_t height, Visit& visit) {
    auto always = [&](const T& value, int64_t weight) {
      visit(value, weight);
      return true;
    };
    WalkWhile(node, height, always);
  }
  template <typename Visit>
  static bool WalkWhile(const void* node, uint32_t height, Visit& visit) {
    if (height == 0) {
      auto* leaf = static_cast<const Leaf*>(node);
      for (uint32_t i = 0; i < leaf->count; ++i) {
        if (!visit(leaf->values()[i], leaf->WeightAt(i))) return false;
      }
      return true;
    }
    auto* inner = static_cast<const Inner*>(node);
    for (uint32_t i = 0; i < inner->count; ++i) {
      if (!WalkWhile(inner->children[i], height - 1, visit)) return false;
    }
    return true;
  }

  uintptr_t handle_ = 0;  // a Leaf, or a Tree with kTreeBit
};

}  // namespace freshet
