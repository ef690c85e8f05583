// Keeps the values of one group in order, each with a weight: min and max under retraction.
//
// A B+tree in the memory of a BlockPool. A small group is one leaf that grows with it (4 to 64 values); past that
// leaves hold 64 values and inner nodes 32 children. A node goes when it is empty (free-at-empty, after Johnson and
// Shasha): simpler than merging, and as good where insertions are not much rarer than removals.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/base/check.h"
#include "engine/state/block_pool.h"

namespace freshet {

// `Ops` has static members: `std::strong_ordering Compare(const T&, const T&)`, `T Own(const T&, BlockPool&)`, which
// makes a value that lives by itself, and `void Disown(const T&, BlockPool&)`. T is trivially copyable. The group has
// no destructor: Clear frees it, or the pool goes as a whole.
template <typename T, typename Ops>
class OrderedGroup {
 public:
  // Distinct values with a weight other than 0.
  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Smallest and largest value; not of an empty group.
  const T& First() const { return Edge(false)->values()[0]; }
  const T& Last() const {
    const Leaf* leaf = Edge(true);
    return leaf->values()[leaf->count - 1];
  }

  // Adds to the weight of a value; at 0 the value goes.
  void Add(const T& value, int64_t weight, BlockPool& pool) {
    if (weight == 0) return;
    if (root_ == nullptr) {
      first_ = {0, kFirstLeaf};
      root_ = &first_;
      height_ = 0;
    }
    Split split = AddBelow(root_, height_, value, weight, pool);
    if (split.right != nullptr) GrowRoot(split, pool);
    if (size_ == 0) return Clear(pool);
    while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
      auto* inner = static_cast<Inner*>(root_);
      root_ = inner->children[0];
      --height_;
      pool.Free(inner, sizeof(Inner));
    }
  }

  // Calls visit(value, weight) in order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    if (root_ != nullptr) Walk(root_, height_, visit);
  }

  // Frees everything.
  void Clear(BlockPool& pool) {
    if (root_ != nullptr) FreeBelow(root_, height_, pool);
    root_ = nullptr;
    height_ = 0;
    size_ = 0;
  }

 private:
  static constexpr uint32_t kFirstLeaf = 4;
  static constexpr uint32_t kLeaf = 64;
  static constexpr uint32_t kFanout = 32;

  struct alignas(8) Leaf {
    uint32_t count;
    uint32_t capacity;

    T* values() { return reinterpret_cast<T*>(this + 1); }
    const T* values() const { return reinterpret_cast<const T*>(this + 1); }
    int64_t* weights() { return reinterpret_cast<int64_t*>(values() + capacity); }
    const int64_t* weights() const { return reinterpret_cast<const int64_t*>(values() + capacity); }
    static size_t Bytes(uint32_t capacity) { return sizeof(Leaf) + capacity * (sizeof(T) + sizeof(int64_t)); }
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

  static Leaf* NewLeaf(uint32_t capacity, BlockPool& pool) {
    auto* leaf = static_cast<Leaf*>(pool.Allocate(Leaf::Bytes(capacity)));
    leaf->count = 0;
    leaf->capacity = capacity;
    return leaf;
  }

  const Leaf* Edge(bool last) const {
    const void* node = root_;
    for (uint32_t height = height_; height > 0; --height) {
      auto* inner = static_cast<const Inner*>(node);
      node = inner->children[last ? inner->count - 1 : 0];
    }
    return static_cast<const Leaf*>(node);
  }

  void GrowRoot(const Split& split, BlockPool& pool) {
    auto* inner = static_cast<Inner*>(pool.Allocate(sizeof(Inner)));
    inner->count = 2;
    inner->children[0] = root_;
    inner->children[1] = split.right;
    inner->lows[1] = split.low;
    root_ = inner;
    ++height_;
  }

  // The first place whose value is not smaller.
  static uint32_t LowerBound(const Leaf* leaf, const T& value) {
    uint32_t low = 0, high = leaf->count;
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

  Split AddBelow(void*& node, uint32_t height, const T& value, int64_t weight, BlockPool& pool) {
    if (height == 0) return AddToLeaf(node, value, weight, pool);
    auto* inner = static_cast<Inner*>(node);
    uint32_t child = ChildOf(inner, value);
    Split split = AddBelow(inner->children[child], height - 1, value, weight, pool);
    if (split.right != nullptr) return InsertChild(inner, child + 1, split, pool);
    if (CountOf(inner->children[child], height - 1) == 0) RemoveChild(inner, child, height, pool);
    return {};
  }

  static uint32_t CountOf(const void* node, uint32_t height) {
    return height == 0 ? static_cast<const Leaf*>(node)->count : static_cast<const Inner*>(node)->count;
  }

  Split AddToLeaf(void*& node, const T& value, int64_t weight, BlockPool& pool) {
    auto* leaf = static_cast<Leaf*>(node);
    uint32_t at = LowerBound(leaf, value);
    if (at < leaf->count && Ops::Compare(leaf->values()[at], value) == 0) {
      leaf->weights()[at] += weight;
      if (leaf->weights()[at] == 0) RemoveFromLeaf(leaf, at, pool);
      return {};
    }
    ++size_;
    Split split;
    if (leaf->count == leaf->capacity) {
      if (leaf->capacity < kLeaf) {
        leaf = GrowLeaf(leaf, pool);
        node = leaf;
      } else {
        // Values that come in order fill leaves wholly.
        uint32_t keep = at == kLeaf ? kLeaf : kLeaf / 2;
        Leaf* right = NewLeaf(kLeaf, pool);
        right->count = kLeaf - keep;
        std::memcpy(right->values(), leaf->values() + keep, right->count * sizeof(T));
        std::memcpy(right->weights(), leaf->weights() + keep, right->count * sizeof(int64_t));
        leaf->count = keep;
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

  static void InsertIntoLeaf(Leaf* leaf, uint32_t at, const T& owned, int64_t weight) {
    uint32_t behind = leaf->count - at;
    std::memmove(leaf->values() + at + 1, leaf->values() + at, behind * sizeof(T));
    std::memmove(leaf->weights() + at + 1, leaf->weights() + at, behind * sizeof(int64_t));
    leaf->values()[at] = owned;
    leaf->weights()[at] = weight;
    ++leaf->count;
  }

  void RemoveFromLeaf(Leaf* leaf, uint32_t at, BlockPool& pool) {
    Ops::Disown(leaf->values()[at], pool);
    uint32_t behind = leaf->count - at - 1;
    std::memmove(leaf->values() + at, leaf->values() + at + 1, behind * sizeof(T));
    std::memmove(leaf->weights() + at, leaf->weights() + at + 1, behind * sizeof(int64_t));
    --leaf->count;
    --size_;
  }

  Leaf* GrowLeaf(Leaf* leaf, BlockPool& pool) {
    Leaf* larger = NewLeaf(leaf->capacity * 2, pool);
    larger->count = leaf->count;
    std::memcpy(larger->values(), leaf->values(), leaf->count * sizeof(T));
    std::memcpy(larger->weights(), leaf->weights(), leaf->count * sizeof(int64_t));
    FreeNode(leaf, 0, pool);
    return larger;
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

  void RemoveChild(Inner* inner, uint32_t at, uint32_t height, BlockPool& pool) {
    FreeNode(inner->children[at], height - 1, pool);
    uint32_t low = at == 0 ? 1 : at;  // the first child needs no low
    if (low < inner->count) {
      Ops::Disown(inner->lows[low], pool);
      std::memmove(inner->lows + low, inner->lows + low + 1, (inner->count - low - 1) * sizeof(T));
    }
    std::memmove(inner->children + at, inner->children + at + 1, (inner->count - at - 1) * sizeof(void*));
    --inner->count;
  }

  void FreeNode(void* node, uint32_t height, BlockPool& pool) {
    if (node == &first_) return;
    pool.Free(node, height == 0 ? Leaf::Bytes(static_cast<Leaf*>(node)->capacity) : sizeof(Inner));
  }

  void FreeBelow(void* node, uint32_t height, BlockPool& pool) {
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
    if (height == 0) {
      auto* leaf = static_cast<const Leaf*>(node);
      for (uint32_t i = 0; i < leaf->count; ++i) visit(leaf->values()[i], leaf->weights()[i]);
      return;
    }
    auto* inner = static_cast<const Inner*>(node);
    for (uint32_t i = 0; i < inner->count; ++i) Walk(inner->children[i], height - 1, visit);
  }

  void* root_ = nullptr;  // a Leaf at height 0, else an Inner
  uint64_t size_ = 0;
  uint32_t height_ = 0;
  Leaf first_{};  // the root of a small group, so that it takes one block with the group itself
  char first_memory_[kFirstLeaf * (sizeof(T) + sizeof(int64_t))];
};

}  // namespace freshet
