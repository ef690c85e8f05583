// Why one key table for both sides: insert and probe share the look-up, which is where the cache misses are.
#include "engine/operators/symmetric_join.h"

#include <algorithm>

namespace freshet {
namespace {

std::vector<DataType> PairTypes(const JoinOptions& options) {
  std::vector<DataType> types = options.left.types;
  types.insert(types.end(), options.right.types.begin(), options.right.types.end());
  return types;
}

// The types of the key table. Entries have the key's form of the row that came first, of either side: where the sides
// differ in a modifier, the table's type differs from both, and both keep the cell in their rows.
std::vector<DataType> KeyTypes(const JoinOptions& options) {
  const KeyedInput &left = options.left, &right = options.right;
  CHECK_EQ(left.key.size(), right.key.size());
  std::vector<DataType> types;
  for (size_t i = 0; i < left.key.size(); ++i) {
    const DataType a = left.types[left.key[i].value()], b = right.types[right.key[i].value()];
    CHECK(a.kind == b.kind) << "join of " << a << " with " << b;
    types.push_back(a == b ? a : DataType{a.kind});
  }
  return types;
}

NullKeys NullKeysOf(const JoinOptions& options) { return options.null_safe ? NullKeys::kGroup : NullKeys::kSkip; }

}  // namespace

EntryLayout SymmetricJoin::LayoutOf(const JoinOptions& options) { return EntryLayout(KeyTypes(options)); }

SymmetricJoin::SymmetricJoin(const JoinOptions& options, EntryLayout layout, KeyedRows::Cells right_cells)
    : layout_(std::move(layout)),
      left_(layout_, options.left, KeyTypes(options), KeyedRows::Cells::kKept, {options.node, "left"},
            options.hash_seed, NullKeysOf(options)),
      right_(layout_, options.right, KeyTypes(options), right_cells, {options.node, "right"}, options.hash_seed,
             NullKeysOf(options)),
      retiring_(layout_.AddBit()),
      table_(layout_),
      errors_(options.errors) {
  if (options.condition.has_value()) {
    condition_.emplace(PairTypes(options), std::vector<Expression>{*options.condition});
  }
}

std::span<Entry* const> SymmetricJoin::Insert(PortIndex port, const DeltaBatch& batch, Touch touch) {
  KeyedRows& rows = side(port);
  KeyBatch& keys = rows.keys();
  keys.Assign(batch);
  if (errors_ != nullptr) {
    for (uint32_t row : keys.error_rows()) errors_->Count(keys.ErrorOf(row), batch.WeightAt(row), batch, row);
  }
  entries_.resize(keys.size());
  if (!keeps_[port.value()]) {
    table_.Find(keys, entries_.data());
    return entries_;
  }
  rows.StartAdd(batch);
  // Rows are added while their entries are in the nearest cache. What hangs under later entries is fetched row by row:
  // a whole slice at once is more than the processor has on its way at a time.
  constexpr uint32_t kAhead = 32;
  auto add = [&](uint32_t begin, uint32_t end) {
    touch(std::span(entries_).subspan(begin, end - begin));
    rows.AddSlice(table_, entries_, begin, end, kAhead);
  };
  table_.FindOrInsert(keys, entries_.data(), [](uint32_t, uint32_t) {}, add);
  return entries_;
}

Progress SymmetricJoin::StartProbe(PortIndex port, const DeltaBatch& batch, Output& out) {
  port_ = port;
  batch_ = batch;
  next_ = 0;
  position_ = 0;
  return ContinueProbe(out);
}

Progress SymmetricJoin::ContinueProbe(Output& out) {
  while (next_ < entries_.size()) {
    CollectMatches(std::min<size_t>(kBatchRows, out.room()));
    EmitMatches(out);
    if (out.full() && next_ < entries_.size()) return Progress::kMore;
  }
  batch_ = {};
  return Progress::kDone;
}

void SymmetricJoin::CollectMatches(size_t capacity) {
  constexpr uint32_t kAhead = 24;
  const RelationSlot& other = side(port_ == kLeft ? kRight : kLeft).slot();
  const KeyBatch& keys = side(port_).keys();
  const uint32_t size = static_cast<uint32_t>(entries_.size());
  batch_rows_.resize(capacity);
  matches_.resize(capacity);
  size_t found = 0;
  for (; next_ < size && found < capacity; ++next_, position_ = 0) {
    if (next_ + kAhead < size && entries_[next_ + kAhead] != nullptr) other.Prefetch(entries_[next_ + kAhead]);
    const Entry* entry = entries_[next_];
    if (entry == nullptr) continue;
    const uint32_t row = keys.RowAt(next_);
    const uint32_t count = other.RowCount(entry);
    while (position_ < count && found < capacity) {
      const StoredRowRun run = other.RowsFrom(entry, position_);
      const uint32_t taken = static_cast<uint32_t>(std::min<size_t>(run.count, capacity - found));
      for (uint32_t i = 0; i < taken; ++i, ++found) {
        batch_rows_[found] = row;
        matches_[found] = run.Row(i);
      }
      position_ += taken;
    }
    if (position_ < count) break;
  }
  batch_rows_.resize(found);
  matches_.resize(found);
}

void SymmetricJoin::EmitMatches(Output& out) {
  if (matches_.empty()) return;
  const bool one_to_one = MatchesAreOneToOne();
  const KeyBatch& keys = side(port_).keys();
  std::vector<Column> probing = ProbeColumns(one_to_one);
  // A key cell of the other side equals that of the batch's row, so the columns are shared.
  std::vector<Column> key_columns;
  for (ColumnIndex column : keys.key()) key_columns.push_back(probing[column.value()]);
  std::vector<Column> columns;
  if (port_ == kLeft) {
    columns = std::move(probing);
    right_.AppendColumns(matches_, key_columns, &columns);
  } else {
    left_.AppendColumns(matches_, key_columns, &columns);
    columns.insert(columns.end(), std::make_move_iterator(probing.begin()), std::make_move_iterator(probing.end()));
  }
  DeltaBatch pairs(static_cast<uint32_t>(matches_.size()), std::move(columns), MatchWeights());
  if (one_to_one && port_ == kLeft) pairs.SetHashes(keys.key(), keys.hashes_buffer());
  batch_rows_.clear();
  matches_.clear();
  if (condition_.has_value()) {
    EmitWhereConditionHolds(std::move(pairs), out);
  } else {
    out.Emit(std::move(pairs));
  }
}

// The case of a side with a unique key: the batch's own columns serve as they are.
bool SymmetricJoin::MatchesAreOneToOne() const {
  if (batch_rows_.size() != batch_.size()) return false;
  uint32_t differing = 0;
  for (uint32_t i = 0; i < batch_rows_.size(); ++i) differing |= batch_rows_[i] ^ i;
  return differing == 0;
}

std::vector<Column> SymmetricJoin::ProbeColumns(bool one_to_one) const {
  if (one_to_one) return batch_.columns();
  std::vector<Column> columns;
  columns.reserve(batch_.column_count());
  for (const Column& column : batch_.columns()) columns.push_back(GatherColumn(column, batch_rows_));
  return columns;
}

BufferRef SymmetricJoin::MatchWeights() const {
  BufferRef weights = BufferRef::Of<int64_t>(matches_.size());
  int64_t* weight = weights.mutable_as<int64_t>();
  const int64_t* batch_weights = batch_.weights();
  bool all_one = true;
  for (size_t i = 0; i < matches_.size(); ++i) {
    weight[i] = matches_[i]->weight() * (batch_weights == nullptr ? 1 : batch_weights[batch_rows_[i]]);
    all_one &= weight[i] == 1;
  }
  return all_one ? BufferRef() : weights;
}

void SymmetricJoin::EmitWhereConditionHolds(DeltaBatch pairs, Output& out) {
  selected_.clear();
  failed_.clear();
  condition_->Select(pairs, &selected_, &failed_);
  if (errors_ != nullptr) {
    for (const auto& [row, error] : failed_) errors_->Count(error, pairs.WeightAt(row), pairs, row);
  }
  out.Emit(selected_.size() == pairs.size() ? std::move(pairs) : GatherBatch(pairs, selected_));
}

bool SymmetricJoin::RetireIfEmpty(Entry* entry) {
  if (!left_.slot().IsEmpty(entry) || !right_.slot().IsEmpty(entry)) return false;
  table_.Retire(entry);
  return true;
}

void SymmetricJoin::RetireEmpty() {
  // A batch may name an entry several times, which is to be retired once.
  for (Entry* entry : entries_) {
    if (entry == nullptr) continue;
    if (left_.slot().IsEmpty(entry) && right_.slot().IsEmpty(entry) && retiring_.Mark(entry)) {
      empty_entries_.push_back(entry);
    }
  }
  for (Entry* entry : empty_entries_) {
    retiring_.Clear(entry);
    table_.Retire(entry);
  }
  empty_entries_.clear();
  entries_.clear();
}

void SymmetricJoin::SaveDirty(StateWriter& writer) {
  table_.DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    left_.Save(table_, live, retired, writer);
    right_.Save(table_, live, retired, writer);
  });
}

absl::Status SymmetricJoin::Load(StateReader& reader, VnodeId vnode) {
  RETURN_IF_ERROR(left_.Load(table_, reader, vnode));
  return right_.Load(table_, reader, vnode);
}

}  // namespace freshet
