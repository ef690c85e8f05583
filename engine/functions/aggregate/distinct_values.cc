#include "engine/functions/aggregate/distinct_values.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "engine/functions/aggregate/ordered_value.h"
#include "engine/state/ordered_group.h"

namespace freshet {
namespace {

template <typename Cell, typename Value>
class OrderedDistinctValues : public DistinctValues {
 public:
  OrderedDistinctValues(DataType type, EntryLayout& layout) : type_(type), offset_(layout.AddSlot(sizeof(Group))) {}

  AccumulatorInput Add(const AccumulatorInput& input, BlockPool& pool) override {
    entries_.clear();
    rows_.clear();
    weights_.clear();
    numerics_.clear();
    uint32_t i = 0;
    input.ForEach<Cell>([&](Entry* entry, const Cell& cell, int64_t weight) {
      const uint32_t row = input.RowAt(i++);
      const Value value = OneForm(OrderedForm(cell));
      Group& group = entry->At<Group>(offset_);
      const uint64_t before = group.size();
      group.Add(value, weight, pool);
      const int64_t change = static_cast<int64_t>(group.size() - before);
      if (change == 0) return;
      entries_.push_back(entry);
      weights_.push_back(change);
      rows_.push_back(kNumeric ? static_cast<uint32_t>(numerics_.size()) : row);
      if constexpr (kNumeric) numerics_.push_back(value);
    });
    AccumulatorInput changes;
    changes.column = input.column;
    if constexpr (kNumeric) {
      const auto count = static_cast<uint32_t>(numerics_.size());
      BufferRef cells = BufferRef::Of<Numeric>(count);
      std::copy(numerics_.begin(), numerics_.end(), cells.template mutable_as<Numeric>());
      column_ = Column(type_, count, std::move(cells));
      changes.column = &column_;
    }
    changes.count = static_cast<uint32_t>(entries_.size());
    changes.entries = entries_.data();
    changes.rows = rows_.data();
    changes.weights = weights_.data();
    return changes;
  }

  void Release(Entry* entry, BlockPool& pool) override { entry->At<Group>(offset_).Clear(pool); }

  void Save(const Entry* entry, std::string* out) const override {
    const Group& group = entry->At<Group>(offset_);
    PutFixed(group.size(), out);
    group.ForEach([&](const Value& value, int64_t weight) {
      Ops::Put(value, out);
      PutFixed(weight, out);
    });
  }

  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override {
    uint64_t values = 0;
    if (!TakeFixed(bytes, &values)) return false;
    for (uint64_t i = 0; i < values; ++i) {
      Value value;
      int64_t weight = 0;
      if (!Ops::Take(bytes, &value) || !TakeFixed(bytes, &weight)) return false;
      entry->At<Group>(offset_).Add(value, weight, pool);
    }
    return true;
  }

 private:
  using Ops = OrderedValueOps<Value>;
  using Group = OrderedGroup<Value, Ops>;
  static constexpr bool kNumeric = std::is_same_v<Value, Numeric>;

  // 1.0 and 1.00 are one value, and which of them came first must not be seen.
  Value OneForm(const Value& value) const {
    if constexpr (kNumeric) {
      if (type_.precision == 0) return WithoutTrailingZeros(value);
    }
    return value;
  }

  DataType type_;
  uint32_t offset_;

  // Of the last call.
  std::vector<Entry*> entries_;
  std::vector<uint32_t> rows_;
  std::vector<int64_t> weights_;
  std::vector<Numeric> numerics_;
  Column column_;
};

}  // namespace

std::unique_ptr<DistinctValues> MakeDistinctValues(DataType argument, EntryLayout& layout) {
  switch (PhysicalOf(argument.kind)) {
    case PhysicalType::kBool:
      return std::make_unique<OrderedDistinctValues<uint8_t, int64_t>>(argument, layout);
    case PhysicalType::kInt32:
      return std::make_unique<OrderedDistinctValues<int32_t, int64_t>>(argument, layout);
    case PhysicalType::kInt64:
      return std::make_unique<OrderedDistinctValues<int64_t, int64_t>>(argument, layout);
    case PhysicalType::kDouble:
      return std::make_unique<OrderedDistinctValues<double, int64_t>>(argument, layout);
    case PhysicalType::kNumeric:
      return std::make_unique<OrderedDistinctValues<Numeric, Numeric>>(argument, layout);
    case PhysicalType::kString:
      return std::make_unique<OrderedDistinctValues<StringCell, StringCell>>(argument, layout);
  }
  __builtin_unreachable();
}

}  // namespace freshet
