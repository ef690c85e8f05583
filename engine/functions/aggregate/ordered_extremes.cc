#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "engine/base/check.h"
#include "engine/functions/aggregate/extremes.h"
#include "engine/functions/aggregate/ordered_value.h"
#include "engine/state/ordered_group.h"

namespace freshet {
namespace {

// The slot holds the group's one distinct value; its weight is the argument's count, and count 0 = no value. With the
// bit set it holds an OrderedGroup of two or more.
//
// A group that is in pieces is saved as kInPieces; the pieces stand beside it. Leaves come out differently when they
// are loaded, so what was loaded is written once more, the first time that the group changes.
template <typename Cell, typename Value>
class OrderedExtremes : public Extremes {
 public:
  OrderedExtremes(uint32_t count_offset, EntryLayout& layout)
      : count_offset_(count_offset), offset_(layout.AddSlot(sizeof(Value))), is_group_(layout.AddBit()) {}

  void Add(const AccumulatorInput& input, BlockPool& pool) override {
    input.ForEach<Cell>(
        [&](Entry* entry, const Cell& cell, int64_t weight) { AddValue(entry, OrderedForm(cell), weight, pool); });
  }

  void Release(Entry* entry, BlockPool& pool) override {
    Value& value = entry->At<Value>(offset_);
    if (is_group_.Get(entry)) {
      FreeGroup(entry, pool);
    } else if (entry->At<int64_t>(count_offset_) != 0) {
      Ops::Disown(value, pool);
    }
    std::memset(static_cast<void*>(&value), 0, sizeof(Value));
    entry->At<int64_t>(count_offset_) = 0;
  }

  void Prefetch(std::span<const Entry* const> entries) const override {
    for (const Entry* entry : entries) {
      if (entry == nullptr) continue;
      // Without a branch: whether a group has two values or more cannot be predicted.
      uintptr_t mask = is_group_.Get(entry) ? ~uintptr_t{0} : 0;
      auto front = reinterpret_cast<uintptr_t>(GroupOf(entry).front());
      __builtin_prefetch(reinterpret_cast<const void*>((front & mask) | (reinterpret_cast<uintptr_t>(entry) & ~mask)),
                         1);
    }
  }
  const void* Least(const Entry* entry, void* scratch) const override {
    if (is_group_.Get(entry)) return Show(GroupOf(entry).First(), scratch);
    return entry->At<int64_t>(count_offset_) == 0 ? nullptr : Show(entry->At<Value>(offset_), scratch);
  }
  const void* Greatest(const Entry* entry, void* scratch) const override {
    if (is_group_.Get(entry)) return Show(GroupOf(entry).Last(), scratch);
    return entry->At<int64_t>(count_offset_) == 0 ? nullptr : Show(entry->At<Value>(offset_), scratch);
  }

  void ForEachText(const Entry* entry, VisitText visit) const override {
    if constexpr (std::is_same_v<Value, StringCell>) {
      const int64_t count = entry->At<int64_t>(count_offset_);
      if (is_group_.Get(entry)) {
        GroupOf(entry).ForEachWhile([&](const Value& value, int64_t weight) { return visit(value.view(), weight); });
      } else if (count != 0) {
        visit(entry->At<Value>(offset_).view(), count);
      }
    } else {
      CHECK(false) << "the values are no texts";
    }
  }

  void Save(const Entry* entry, std::string* out) const override {
    auto put = [&](const Value& value, int64_t weight) {
      Ops::Put(value, out);
      PutFixed(weight, out);
    };
    bool group = is_group_.Get(entry);
    if (group && GroupOf(entry).in_pieces()) return PutFixed(kInPieces, out);
    int64_t count = entry->At<int64_t>(count_offset_);
    PutFixed(group ? GroupOf(entry).size() : uint64_t{count != 0}, out);
    if (group) {
      GroupOf(entry).ForEach(put);
    } else if (count != 0) {
      put(entry->At<Value>(offset_), count);
    }
  }

  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override {
    uint64_t values = 0;
    if (!TakeFixed(bytes, &values)) return false;
    int64_t count = std::exchange(entry->At<int64_t>(count_offset_), 0);
    if (values == kInPieces) {
      loaded_counts_[entry] = count;
      return true;
    }
    for (uint64_t i = 0; i < values; ++i) {
      if (!LoadValue(bytes, entry, pool)) return false;
    }
    return entry->At<int64_t>(count_offset_) == count;
  }

  void SavePieces(Entry* entry, PieceWriter& writer) override {
    if (auto gone = gone_pieces_.find(entry); gone != gone_pieces_.end()) {
      for (uint32_t piece : gone->second) writer.Delete(entry, piece);
      gone_pieces_.erase(gone);
    }
    if (!is_group_.Get(entry) || !GroupOf(entry).in_pieces()) return;
    auto put = [&](uint32_t piece, auto for_each) {
      bytes_.clear();
      for_each([&](const Value& value, int64_t weight) {
        Ops::Put(value, &bytes_);
        PutFixed(weight, &bytes_);
      });
      writer.Put(entry, piece, bytes_);
    };
    GroupOf(entry).TakePieces(put, [&](uint32_t piece) { writer.Delete(entry, piece); });
  }

  bool LoadPiece(std::string_view bytes, uint32_t piece, Entry* entry, BlockPool& pool) override {
    if (!loaded_counts_.contains(entry)) return false;
    gone_pieces_[entry].push_back(piece);
    while (!bytes.empty()) {
      if (!LoadValue(&bytes, entry, pool)) return false;
    }
    return true;
  }

  bool EndLoad() override {
    bool whole = true;
    for (const auto& [entry, count] : loaded_counts_) whole &= entry->At<int64_t>(count_offset_) == count;
    loaded_counts_.clear();
    return whole;
  }

 private:
  static constexpr uint64_t kInPieces = UINT64_MAX;

  using Ops = OrderedValueOps<Value>;
  using Group = OrderedGroup<Value, Ops>;
  static_assert(sizeof(Group) <= sizeof(Value));

  Group& GroupOf(Entry* entry) const { return entry->At<Group>(offset_); }
  const Group& GroupOf(const Entry* entry) const { return entry->At<Group>(offset_); }

  static const void* Show(const Value& value, void* scratch) {
    Cell cell = CellForm<Cell>(value);
    std::memcpy(scratch, &cell, sizeof(Cell));
    return scratch;
  }

  bool LoadValue(std::string_view* bytes, Entry* entry, BlockPool& pool) {
    Value value;
    int64_t weight = 0;
    if (!Ops::Take(bytes, &value) || !TakeFixed(bytes, &weight)) return false;
    AddValue(entry, value, weight, pool);
    return true;
  }

  void AddValue(Entry* entry, const Value& value, int64_t weight, BlockPool& pool) {
    int64_t& count = entry->At<int64_t>(count_offset_);
    if (__builtin_expect(is_group_.Get(entry), false)) {
      count += weight;
      Group& group = GroupOf(entry);
      group.Add(value, weight, pool);
      if (group.size() <= 1) MakeSingle(entry, pool);
      return;
    }
    Value& single = entry->At<Value>(offset_);
    if (count == 0) {
      single = Ops::Own(value, pool);
    } else if (Ops::Compare(single, value) != 0) {
      MakeGroup(entry, pool);
      GroupOf(entry).Add(value, weight, pool);
    } else if (count + weight == 0) {
      Ops::Disown(single, pool);
    }
    count += weight;
  }

  void MakeGroup(Entry* entry, BlockPool& pool) {
    Group group;
    const Value& single = entry->At<Value>(offset_);
    group.Add(single, entry->At<int64_t>(count_offset_), pool);
    Ops::Disown(single, pool);
    GroupOf(entry) = group;
    is_group_.Set(entry);
  }

  // Of two values one is left, or none, when the last ones cancel each other in one step.
  void MakeSingle(Entry* entry, BlockPool& pool) {
    Group& group = GroupOf(entry);
    Value left{};
    if (!group.empty()) left = Ops::Own(group.First(), pool);
    FreeGroup(entry, pool);
    entry->At<Value>(offset_) = left;
  }

  void FreeGroup(Entry* entry, BlockPool& pool) {
    GroupOf(entry).ForEachStoredPiece([&](uint32_t piece) { gone_pieces_[entry].push_back(piece); });
    GroupOf(entry).Clear(pool);
    is_group_.Clear(entry);
  }

  uint32_t count_offset_;
  uint32_t offset_;
  EntryBit is_group_;
  // Pieces that the store has and no group knows any more; rare.
  std::unordered_map<const Entry*, std::vector<uint32_t>> gone_pieces_;
  // Of the groups that are being loaded: what their counts will be.
  std::unordered_map<const Entry*, int64_t> loaded_counts_;
  std::string bytes_;
};

}  // namespace

std::unique_ptr<Extremes> MakeOrderedExtremes(DataType argument, uint32_t count_offset, EntryLayout& layout) {
  switch (PhysicalOf(argument.kind)) {
    case PhysicalType::kBool:
      return std::make_unique<OrderedExtremes<uint8_t, int64_t>>(count_offset, layout);
    case PhysicalType::kInt32:
      return std::make_unique<OrderedExtremes<int32_t, int64_t>>(count_offset, layout);
    case PhysicalType::kInt64:
      return std::make_unique<OrderedExtremes<int64_t, int64_t>>(count_offset, layout);
    case PhysicalType::kDouble:
      return std::make_unique<OrderedExtremes<double, int64_t>>(count_offset, layout);
    case PhysicalType::kNumeric:
      return std::make_unique<OrderedExtremes<Numeric, Numeric>>(count_offset, layout);
    case PhysicalType::kString:
      return std::make_unique<OrderedExtremes<StringCell, StringCell>>(count_offset, layout);
  }
  __builtin_unreachable();
}

}  // namespace freshet
