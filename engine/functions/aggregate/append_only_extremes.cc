#include "engine/base/check.h"
#include "engine/functions/aggregate/extremes.h"
#include "engine/functions/aggregate/ordered_value.h"

namespace freshet {
namespace {

template <typename Cell, typename Value>
class AppendOnlyExtremes : public Extremes {
 public:
  AppendOnlyExtremes(WantedExtremes wanted, uint32_t count_offset, EntryLayout& layout) : count_offset_(count_offset) {
    if (wanted.least) least_ = layout.AddSlot(sizeof(Value));
    if (wanted.greatest) greatest_ = layout.AddSlot(sizeof(Value));
  }

  void Add(const AccumulatorInput& input, BlockPool& pool) override {
    input.ForEach<Cell>([&](Entry* entry, const Cell& cell, int64_t weight) {
      CHECK(weight > 0) << "a retraction in an append-only aggregate";
      AddValue(entry, OrderedForm(cell), pool);
      entry->At<int64_t>(count_offset_) += weight;
    });
  }

  void Release(Entry* entry, BlockPool& pool) override {
    for (uint32_t offset : {least_, greatest_}) {
      if (offset == 0) continue;
      Value& value = entry->At<Value>(offset);
      if (entry->At<int64_t>(count_offset_) != 0) Ops::Disown(value, pool);
      std::memset(static_cast<void*>(&value), 0, sizeof(Value));
    }
    entry->At<int64_t>(count_offset_) = 0;
  }

  const void* Least(const Entry* entry, void* scratch) const override { return Show(entry, least_, scratch); }
  const void* Greatest(const Entry* entry, void* scratch) const override { return Show(entry, greatest_, scratch); }

  void Save(const Entry* entry, std::string* out) const override {
    if (entry->At<int64_t>(count_offset_) == 0) return;
    for (uint32_t offset : {least_, greatest_}) {
      if (offset != 0) Ops::Put(entry->At<Value>(offset), out);
    }
  }

  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override {
    if (entry->At<int64_t>(count_offset_) == 0) return true;
    for (uint32_t offset : {least_, greatest_}) {
      if (offset == 0) continue;
      Value value;
      if (!Ops::Take(bytes, &value)) return false;
      entry->At<Value>(offset) = Ops::Own(value, pool);
    }
    return true;
  }

 private:
  using Ops = OrderedValueOps<Value>;

  void AddValue(Entry* entry, const Value& value, BlockPool& pool) {
    bool first = entry->At<int64_t>(count_offset_) == 0;
    if (least_ != 0) Improve(entry->At<Value>(least_), first, value, false, pool);
    if (greatest_ != 0) Improve(entry->At<Value>(greatest_), first, value, true, pool);
  }

  static void Improve(Value& best, bool first, const Value& value, bool greatest, BlockPool& pool) {
    if (!first) {
      auto order = Ops::Compare(value, best);
      if (greatest ? order <= 0 : order >= 0) return;
      Ops::Disown(best, pool);
    }
    best = Ops::Own(value, pool);
  }

  const void* Show(const Entry* entry, uint32_t offset, void* scratch) const {
    if (entry->At<int64_t>(count_offset_) == 0) return nullptr;
    Cell cell = CellForm<Cell>(entry->At<Value>(offset));
    std::memcpy(scratch, &cell, sizeof(Cell));
    return scratch;
  }

  uint32_t count_offset_;
  uint32_t least_ = 0;  // 0: not wanted
  uint32_t greatest_ = 0;
};

}  // namespace

std::unique_ptr<Extremes> MakeAppendOnlyExtremes(DataType argument, WantedExtremes wanted, uint32_t count_offset,
                                                 EntryLayout& layout) {
  switch (PhysicalOf(argument.kind)) {
    case PhysicalType::kBool:
      return std::make_unique<AppendOnlyExtremes<uint8_t, int64_t>>(wanted, count_offset, layout);
    case PhysicalType::kInt32:
      return std::make_unique<AppendOnlyExtremes<int32_t, int64_t>>(wanted, count_offset, layout);
    case PhysicalType::kInt64:
      return std::make_unique<AppendOnlyExtremes<int64_t, int64_t>>(wanted, count_offset, layout);
    case PhysicalType::kDouble:
      return std::make_unique<AppendOnlyExtremes<double, int64_t>>(wanted, count_offset, layout);
    case PhysicalType::kNumeric:
      return std::make_unique<AppendOnlyExtremes<Numeric, Numeric>>(wanted, count_offset, layout);
    case PhysicalType::kString:
      return std::make_unique<AppendOnlyExtremes<StringCell, StringCell>>(wanted, count_offset, layout);
  }
  __builtin_unreachable();
}

}  // namespace freshet
