#include "engine/base/check.h"
#include "engine/functions/aggregate/extremes.h"
#include "engine/functions/aggregate/ordered_value.h"
#include "engine/state/ordered_group.h"

namespace freshet {
namespace {

// The slot holds the group's one distinct value; its weight is the argument's count, and count 0 = no value. With the
// bit set it holds an OrderedGroup of two or more.
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

  void Save(const Entry* entry, std::string* out) const override {
    auto put = [&](const Value& value, int64_t weight) {
      Ops::Put(value, out);
      PutFixed(weight, out);
    };
    bool group = is_group_.Get(entry);
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
    for (uint64_t i = 0; i < values; ++i) {
      Value value;
      int64_t weight = 0;
      if (!Ops::Take(bytes, &value) || !TakeFixed(bytes, &weight)) return false;
      AddValue(entry, value, weight, pool);
    }
    return entry->At<int64_t>(count_offset_) == count;
  }

 private:
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
    GroupOf(entry).Clear(pool);
    is_group_.Clear(entry);
  }

  uint32_t count_offset_;
  uint32_t offset_;
  EntryBit is_group_;
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
