// The key is the hash of the whole row, and the rows lie in relation slots, one for each weight: they compare by form
// and take NULL and ERROR cells, where a key of all columns would do neither. Usually an entry has one row.
#include "engine/operators/row_weights.h"

#include <algorithm>

#include "engine/operators/cell_form.h"
#include "engine/operators/null_columns.h"
#include "engine/operators/old_new_rows.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};

KeyColumns FirstColumns(size_t count) {
  KeyColumns columns;
  for (uint32_t i = 0; i < count; ++i) columns.push_back(ColumnIndex(i));
  return columns;
}

}  // namespace

RowWeights::RowWeights(Options options)
    : options_(std::move(options)),
      columns_(FirstColumns(options_.types.size())),
      layout_({kBigint}),
      slots_(MakeSlots(layout_, options_)),
      touched_(layout_.AddBit()),
      table_(layout_),
      keys_(FirstColumns(1), {kBigint}, options_.hash_seed, NullKeys::kGroup) {
  CHECK(!slots_.empty() && slots_.size() <= 2);
}

std::deque<RelationSlot> RowWeights::MakeSlots(EntryLayout& layout, const Options& options) {
  std::deque<RelationSlot> slots;
  for (size_t i = 0; i < options.slots.size(); ++i) slots.emplace_back(layout, options.types);
  return slots;
}

void RowWeights::Add(size_t which, const DeltaBatch& batch, const BufferRef& hashes) {
  if (batch.empty()) return;
  DeltaBatch key(batch.size(), {Column(kBigint, batch.size(), hashes)});
  key.SetHashes(FirstColumns(1), hashes);
  keys_.Assign(key);
  entries_.resize(batch.size());
  table_.FindOrInsert(keys_, entries_.data());
  Touch();
  slots_[which].Add(table_, batch, columns_, nullptr, entries_);
}

void RowWeights::Touch() {
  Touched touched;
  std::vector<const StoredRow*> stored;
  for (Entry* entry : entries_) {
    if (!touched_.Mark(entry)) continue;
    touched.entries.push_back(entry);
    CollectRows(entry, &stored, &touched.old);
  }
  if (touched.entries.empty()) return;
  GatherCells(stored, &touched.old);
  epoch_.push_back(std::move(touched));
}

void RowWeights::CollectRows(const Entry* entry, std::vector<const StoredRow*>* stored, Rows* rows) const {
  for (size_t which = 0; which < slots_.size(); ++which) {
    for (uint32_t position = 0; position < slots_[which].RowCount(entry);) {
      const StoredRowRun run = slots_[which].RowsFrom(entry, position);
      for (uint32_t i = 0; i < run.count; ++i) {
        stored->push_back(run.Row(i));
        rows->which.push_back(static_cast<uint8_t>(which));
        rows->weights.push_back(run.Row(i)->weight());
      }
      position += run.count;
    }
  }
  rows->ends.push_back(static_cast<uint32_t>(stored->size()));
}

void RowWeights::GatherCells(const std::vector<const StoredRow*>& stored, Rows* rows) const {
  if (stored.empty()) return;
  // All slots have the same layout of rows.
  for (uint32_t i = 0; i < options_.types.size(); ++i) rows->columns.push_back(slots_[0].Gather(i, stored));
}

Progress RowWeights::Emit(Output& out) {
  for (; next_ < epoch_.size(); ++next_, position_ = 0) {
    const Touched& touched = epoch_[next_];
    while (position_ < touched.entries.size()) {
      if (out.full()) return Progress::kMore;
      const uint32_t end =
          position_ +
          static_cast<uint32_t>(std::min<size_t>({out.room(), kBatchRows / 2, touched.entries.size() - position_}));
      EmitChanges(touched, position_, end, out);
      position_ = end;
    }
  }
  Finish();
  return Progress::kDone;
}

void RowWeights::EmitChanges(const Touched& touched, uint32_t begin, uint32_t end, Output& out) {
  const Rows& old_rows = touched.old;
  Rows new_rows;
  std::vector<const StoredRow*> stored;
  for (uint32_t i = begin; i < end; ++i) CollectRows(touched.entries[i], &stored, &new_rows);
  GatherCells(stored, &new_rows);

  const uint32_t old_size = static_cast<uint32_t>(old_rows.weights.size());
  auto same_form = [&](uint32_t a, uint32_t b) {
    auto columns = [&](uint32_t row) { return std::span(row < old_size ? old_rows.columns : new_rows.columns); };
    auto local = [&](uint32_t row) { return row < old_size ? row : row - old_size; };
    return RowsHaveSameForm(columns(a), local(a), columns(b), local(b));
  };
  std::vector<Change> rows;  // of one entry
  auto change_of = [&](uint32_t row) -> Change& {
    const auto found = std::ranges::find_if(rows, [&](const Change& change) { return same_form(change.row, row); });
    return found != rows.end() ? *found : rows.emplace_back(Change{row});
  };

  OldNewChanges changes;
  uint32_t old_row = begin == 0 ? 0 : old_rows.ends[begin - 1], new_row = 0;
  for (uint32_t i = begin; i < end; ++i) {
    rows.clear();
    for (; old_row < old_rows.ends[i]; ++old_row) {
      change_of(old_row).old_weights[old_rows.which[old_row]] = old_rows.weights[old_row];
    }
    for (; new_row < new_rows.ends[i - begin]; ++new_row) {
      change_of(old_size + new_row).new_weights[new_rows.which[new_row]] = new_rows.weights[new_row];
    }
    for (const Change& row : rows) {
      rows_below_zero_ += (row.new_weights[0] < 0 ? 1 : 0) - (row.old_weights[0] < 0 ? 1 : 0);
      const int64_t change = options_.visible(row.new_weights) - options_.visible(row.old_weights);
      if (change != 0) changes.Add(row.row, change);
    }
  }
  if (changes.rows.empty()) return;
  const DeltaBatch batch = GatherChanges(changes, old_rows.columns, new_rows.columns);
  std::vector<Column> columns = batch.columns();
  AppendNullColumns(options_.padding, batch.size(), &columns);
  out.Emit(DeltaBatch(batch.size(), std::move(columns), batch.weights_buffer()));
}

bool RowWeights::IsEmpty(const Entry* entry) const {
  return std::ranges::all_of(slots_, [&](const RelationSlot& slot) { return slot.IsEmpty(entry); });
}

void RowWeights::Finish() {
  for (const Touched& touched : epoch_) {
    for (Entry* entry : touched.entries) {
      touched_.Clear(entry);
      if (IsEmpty(entry)) table_.Retire(entry);
    }
  }
  epoch_.clear();
  next_ = 0;
  position_ = 0;
}

void RowWeights::SaveDirty(StateWriter& writer) {
  table_.DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      slots_[i].Save(table_, live, retired, {options_.node, options_.slots[i]}, writer);
    }
  });
}

absl::Status RowWeights::Load(StateReader& reader, VnodeId vnode) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    RETURN_IF_ERROR(slots_[i].Load(table_, options_.hash_seed, {options_.node, options_.slots[i]}, vnode, reader,
                                   RelationSlot::StoredHashes::kTrusted));
  }
  table_.ForEachInVnode(vnode, [&](Entry* entry) {
    for (uint32_t position = 0; position < slots_[0].RowCount(entry); ++position) {
      rows_below_zero_ += slots_[0].RowsFrom(entry, position).Row(0)->weight() < 0 ? 1 : 0;
    }
  });
  return absl::OkStatus();
}

}  // namespace freshet
