// The key is the hash of the whole row and the rows lie in a relation slot: that compares by form and takes NULL and
// ERROR cells, where a key of all columns would do neither. The entry's hash is the row's hash itself, so that a row's
// state is in the vnode that its exchange sends it to.
#include "engine/operators/keyless_deletes.h"

#include <algorithm>

#include "engine/operators/cell_form.h"
#include "engine/operators/old_new_rows.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};

KeyColumns FirstColumns(size_t count) {
  KeyColumns columns;
  for (uint32_t i = 0; i < count; ++i) columns.push_back(ColumnIndex(i));
  return columns;
}

int64_t Visible(int64_t weight) { return std::max<int64_t>(0, weight); }

}  // namespace

KeylessDeletes::KeylessDeletes(std::vector<DataType> types, std::string node, uint64_t hash_seed)
    : types_(std::move(types)),
      all_columns_(FirstColumns(types_.size())),
      id_{std::move(node), "rows"},
      hash_seed_(hash_seed),
      layout_({kBigint}),
      rows_(layout_, types_),
      touched_(layout_.AddBit()),
      table_(layout_),
      keys_(FirstColumns(1), {kBigint}, hash_seed, NullKeys::kGroup) {}

DeltaBatch KeylessDeletes::HashBatch(const DeltaBatch& batch) const {
  BufferRef hashes = HashKeys(batch, all_columns_, hash_seed_);
  DeltaBatch key(batch.size(), {Column(kBigint, batch.size(), hashes)});
  key.SetHashes(FirstColumns(1), std::move(hashes));
  return key;
}

template <typename Visit>
void KeylessDeletes::ForEachRow(const Entry* entry, Visit visit) const {
  for (uint32_t position = 0; position < rows_.RowCount(entry);) {
    const StoredRowRun run = rows_.RowsFrom(entry, position);
    for (uint32_t i = 0; i < run.count; ++i) visit(run.Row(i));
    position += run.count;
  }
}

std::vector<Column> KeylessDeletes::GatherRows(const std::vector<const StoredRow*>& rows) const {
  std::vector<Column> columns;
  if (rows.empty()) return columns;
  for (uint32_t i = 0; i < types_.size(); ++i) columns.push_back(rows_.Gather(i, rows));
  return columns;
}

Progress KeylessDeletes::Push(PortIndex, const DeltaBatch& batch, Output&) {
  const DeltaBatch key = HashBatch(batch);
  keys_.Assign(key);
  entries_.resize(batch.size());
  table_.FindOrInsert(keys_, entries_.data());
  Touch();
  rows_.Add(table_, batch, all_columns_, nullptr, entries_);
  return Progress::kDone;
}

void KeylessDeletes::Touch() {
  Touched touched;
  std::vector<const StoredRow*> old_rows;
  for (Entry* entry : entries_) {
    if (!touched_.Mark(entry)) continue;
    ForEachRow(entry, [&](const StoredRow* row) {
      old_rows.push_back(row);
      touched.old_weights.push_back(row->weight);
    });
    touched.entries.push_back(entry);
    touched.old_ends.push_back(static_cast<uint32_t>(old_rows.size()));
  }
  if (touched.entries.empty()) return;
  touched.old_columns = GatherRows(old_rows);
  epoch_.push_back(std::move(touched));
}

Progress KeylessDeletes::Seal(const SealContext&, Output& out) {
  next_ = 0;
  position_ = 0;
  return Resume(out);
}

Progress KeylessDeletes::Resume(Output& out) {
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

void KeylessDeletes::EmitChanges(const Touched& touched, uint32_t begin, uint32_t end, Output& out) {
  std::vector<const StoredRow*> new_rows;
  std::vector<uint32_t> new_ends;
  for (uint32_t i = begin; i < end; ++i) {
    ForEachRow(touched.entries[i], [&](const StoredRow* row) { new_rows.push_back(row); });
    new_ends.push_back(static_cast<uint32_t>(new_rows.size()));
  }
  const std::vector<Column> new_columns = GatherRows(new_rows);
  const uint32_t old_size = static_cast<uint32_t>(touched.old_weights.size());

  OldNewChanges changes;
  uint32_t old_row = begin == 0 ? 0 : touched.old_ends[begin - 1], new_row = 0;
  std::vector<uint32_t> unmatched;  // old rows of the entry that are no more
  for (uint32_t i = begin; i < end; ++i) {
    unmatched.clear();
    for (; old_row < touched.old_ends[i]; ++old_row) unmatched.push_back(old_row);
    for (; new_row < new_ends[i - begin]; ++new_row) {
      int64_t old_weight = 0;
      const auto same = std::ranges::find_if(unmatched, [&](uint32_t candidate) {
        return RowsHaveSameForm(touched.old_columns, candidate, new_columns, new_row);
      });
      if (same != unmatched.end()) {
        old_weight = touched.old_weights[*same];
        unmatched.erase(same);
      }
      const int64_t new_weight = new_rows[new_row]->weight;
      rows_below_zero_ += (new_weight < 0 ? 1 : 0) - (old_weight < 0 ? 1 : 0);
      const int64_t change = Visible(new_weight) - Visible(old_weight);
      if (change != 0) changes.Add(old_size + new_row, change);
    }
    for (uint32_t gone : unmatched) {
      const int64_t old_weight = touched.old_weights[gone];
      rows_below_zero_ -= old_weight < 0 ? 1 : 0;
      if (old_weight > 0) changes.Add(gone, -old_weight);
    }
  }
  if (!changes.rows.empty()) out.Emit(GatherChanges(changes, touched.old_columns, new_columns));
}

void KeylessDeletes::Finish() {
  for (const Touched& touched : epoch_) {
    for (Entry* entry : touched.entries) {
      touched_.Clear(entry);
      if (rows_.IsEmpty(entry)) table_.Retire(entry);
    }
  }
  epoch_.clear();
}

void KeylessDeletes::SaveDirty(StateWriter& writer) {
  table_.DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    rows_.Save(table_, live, retired, id_, writer);
  });
}

absl::Status KeylessDeletes::Load(StateReader& reader, VnodeId vnode) {
  RETURN_IF_ERROR(rows_.Load(table_, hash_seed_, id_, vnode, reader, RelationSlot::StoredHashes::kTrusted));
  table_.ForEachInVnode(vnode, [&](Entry* entry) {
    ForEachRow(entry, [&](const StoredRow* row) { rows_below_zero_ += row->weight < 0 ? 1 : 0; });
  });
  return absl::OkStatus();
}

}  // namespace freshet
