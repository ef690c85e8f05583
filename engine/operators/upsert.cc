// Each key keeps the whole newest record, as one stored row: weight > 0 for a row, < 0 for a delete. What the table
// held before the epoch is gathered column by column at a key's first touch, so that the seal can compare and pair.
#include "engine/operators/upsert.h"

#include <algorithm>

#include "engine/columnar/key_columns.h"
#include "engine/operators/cell_form.h"
#include "engine/operators/old_new_rows.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint}, kText{TypeKind::kText};

std::vector<DataType> RecordTypes(const UpsertOptions& options) {
  std::vector<DataType> types = options.table_types;
  types.insert(types.end(), {kBigint, kText, kBigint});
  return types;
}

std::vector<DataType> KeyTypes(const UpsertOptions& options) {
  std::vector<DataType> types;
  for (ColumnIndex column : options.key) types.push_back(options.table_types[column.value()]);
  return types;
}

std::strong_ordering CompareVersions(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row) {
  const bool a_known = a.IsValue(a_row), b_known = b.IsValue(b_row);
  if (!a_known || !b_known) return a_known <=> b_known;
  return CompareCells(a, a_row, b, b_row);
}

}  // namespace

Upsert::Upsert(UpsertOptions options)
    : options_(std::move(options)),
      table_columns_(static_cast<uint32_t>(options_.table_types.size())),
      layout_(KeyTypes(options_)),
      rows_(layout_, {RecordTypes(options_), options_.key}, KeyTypes(options_), KeyedRows::Cells::kKept,
            {options_.node, "rows"}, options_.hash_seed),
      touched_(layout_.AddBit()),
      scheduled_(layout_.AddBit()),
      candidate_offset_(layout_.AddSlot(8)),
      table_(layout_) {}

// --- Push ---

Progress Upsert::Push(PortIndex, const DeltaBatch& batch, Output&) {
  rows_.keys().Assign(batch);
  CountSkipped(batch);
  NoteTimes(batch);
  entries_.resize(rows_.keys().size());
  table_.FindOrInsert(rows_.keys(), entries_.data());
  FindCandidates(batch);
  ChooseNewest(batch);
  Replace(batch);
  return Progress::kDone;
}

void Upsert::CountSkipped(const DeltaBatch& batch) {
  const KeyBatch& keys = rows_.keys();
  rows_without_key_ += static_cast<int64_t>(keys.error_rows().size() + keys.null_rows().size());
  if (options_.errors == nullptr) return;
  for (uint32_t row : keys.error_rows()) options_.errors->Count(keys.ErrorOf(row), batch.WeightAt(row), batch, row);
}

void Upsert::NoteTimes(const DeltaBatch& batch) {
  const int64_t* times = batch.column(ColumnIndex(table_columns_)).values<int64_t>();
  for (uint32_t row = 0; row < batch.size(); ++row) {
    largest_time_ = std::max(largest_time_.value_or(times[row]), times[row]);
  }
}

void Upsert::FindCandidates(const DeltaBatch&) {
  candidates_.clear();
  stored_rows_.clear();
  stored_entries_.clear();
  stored_columns_.clear();
  candidate_of_.resize(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry* entry = entries_[i];
    uint32_t& candidate = CandidateOf(entry);  // from 1; 0: the batch did not name the key yet
    if (candidate == 0) {
      int32_t stored = -1;
      if (!rows_.slot().IsEmpty(entry)) {
        stored = static_cast<int32_t>(stored_rows_.size());
        stored_rows_.push_back(StoredRowOf(entry));
        stored_entries_.push_back(entry);
      }
      candidates_.push_back({entry, stored, -1});
      candidate = static_cast<uint32_t>(candidates_.size());
    }
    candidate_of_[i] = candidate - 1;
  }
  for (const Candidate& candidate : candidates_) CandidateOf(candidate.entry) = 0;
  rows_.AppendColumns(table_, stored_rows_, stored_entries_, &stored_columns_);
}

void Upsert::ChooseNewest(const DeltaBatch& batch) {
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    Candidate& candidate = candidates_[candidate_of_[i]];
    const uint32_t row = rows_.keys().RowAt(i);
    const int64_t weight = batch.WeightAt(row);
    CHECK(weight != 0) << "a record without a weight";
    if (!IsNewer(batch, row, candidate)) continue;
    const bool present = candidate.row >= 0 ? batch.WeightAt(candidate.row) > 0
                                            : candidate.stored >= 0 && stored_rows_[candidate.stored]->weight() > 0;
    if (weight < 0 && !present) ++deletes_of_absent_keys_;
    candidate.row = static_cast<int32_t>(row);
  }
}

// By version, then stamp. Stamps are unique; records that have the same one nevertheless are ordered by what they say.
bool Upsert::IsNewer(const DeltaBatch& batch, uint32_t row, const Candidate& candidate) const {
  if (candidate.row < 0 && candidate.stored < 0) return true;
  const bool in_batch = candidate.row >= 0;
  const std::vector<Column>& others = in_batch ? batch.columns() : stored_columns_;
  const uint32_t other_row = static_cast<uint32_t>(in_batch ? candidate.row : candidate.stored);
  if (options_.version.has_value()) {
    const uint32_t version = options_.version->value();
    const std::strong_ordering order = CompareVersions(batch.columns()[version], row, others[version], other_row);
    if (order != 0) return order > 0;
  }
  for (uint32_t column = table_columns_; column < batch.column_count(); ++column) {
    const std::strong_ordering order = CompareCells(batch.columns()[column], row, others[column], other_row);
    if (order != 0) return order > 0;
  }
  const bool deletes = batch.WeightAt(row) < 0;
  const bool other_deletes = (in_batch ? batch.WeightAt(other_row) : stored_rows_[other_row]->weight()) < 0;
  if (deletes != other_deletes) return deletes;
  for (uint32_t column = 0; column < table_columns_; ++column) {
    const std::strong_ordering order = CompareCells(batch.columns()[column], row, others[column], other_row);
    if (order != 0) return order > 0;
  }
  return false;
}

void Upsert::Replace(const DeltaBatch& batch) {
  Touched touched;
  std::vector<uint32_t> new_rows;
  std::vector<Entry*> new_entries;
  bool had_rows = false;
  for (const Candidate& candidate : candidates_) {
    if (candidate.row < 0) continue;
    if (touched_.Mark(candidate.entry)) {
      const bool had_row = candidate.stored >= 0 && stored_rows_[candidate.stored]->weight() > 0;
      had_rows |= had_row;
      touched.entries.push_back(candidate.entry);
      touched.old_rows.push_back(had_row ? candidate.stored : -1);
    }
    new_rows.push_back(static_cast<uint32_t>(candidate.row));
    new_entries.push_back(candidate.entry);
  }
  for (Entry* entry : new_entries) rows_.Clear(table_, entry);
  rows_.Add(table_, batch, new_rows.data(), new_entries);
  if (touched.entries.empty()) return;
  if (had_rows) {
    stored_columns_.resize(table_columns_);
    touched.old_columns = std::move(stored_columns_);
  }
  epoch_.push_back(std::move(touched));
}

// --- Seal ---

Progress Upsert::Seal(const SealContext&, Output& out) {
  next_ = 0;
  position_ = 0;
  return Resume(out);
}

Progress Upsert::Resume(Output& out) {
  for (; next_ < epoch_.size(); ++next_, position_ = 0) {
    const Touched& touched = epoch_[next_];
    while (position_ < touched.entries.size()) {
      // A key may give two rows.
      if (out.full() || (out.room() == 1 && out.rows() > 0)) return Progress::kMore;
      const size_t count =
          std::min({std::max<size_t>(1, out.room() / 2), size_t{kBatchRows / 2}, touched.entries.size() - position_});
      position_ += EmitChanges(touched, position_, static_cast<uint32_t>(count), out);
    }
  }
  Finish();
  return Progress::kDone;
}

uint32_t Upsert::EmitChanges(const Touched& touched, uint32_t begin, uint32_t count, Output& out) {
  stored_rows_.clear();
  stored_entries_.clear();
  for (uint32_t i = begin; i < begin + count; ++i) {
    if (!IsLive(touched.entries[i])) continue;
    stored_rows_.push_back(StoredRowOf(touched.entries[i]));
    stored_entries_.push_back(touched.entries[i]);
  }
  std::vector<Column> new_columns;
  rows_.AppendColumns(table_, stored_rows_, stored_entries_, &new_columns);

  new_columns.resize(table_columns_);

  const uint32_t old_size = touched.old_columns.empty() ? 0 : touched.old_columns[0].size();
  OldNewChanges pairs, singles;
  uint32_t new_row = old_size;
  for (uint32_t i = begin; i < begin + count; ++i) {
    const int32_t old_row = touched.old_rows[i];
    const bool live = IsLive(touched.entries[i]);
    if (live && old_row >= 0) {
      if (!RowsHaveSameForm(touched.old_columns, static_cast<uint32_t>(old_row), new_columns, new_row - old_size)) {
        pairs.Add(static_cast<uint32_t>(old_row), -1);
        pairs.Add(new_row, 1);
      }
    } else if (live) {
      singles.Add(new_row, 1);
    } else if (old_row >= 0) {
      singles.Add(static_cast<uint32_t>(old_row), -1);
    }
    new_row += live ? 1 : 0;
  }
  if (!pairs.rows.empty()) {
    DeltaBatch batch = GatherChanges(pairs, touched.old_columns, new_columns);
    batch.set_paired(true);
    out.Emit(std::move(batch));
  }
  if (!singles.rows.empty()) out.Emit(GatherChanges(singles, touched.old_columns, new_columns));
  return count;
}

void Upsert::Finish() {
  std::vector<Entry*> deleted;
  for (const Touched& touched : epoch_) {
    for (Entry* entry : touched.entries) {
      touched_.Clear(entry);
      if (!IsLive(entry)) deleted.push_back(entry);
    }
  }
  epoch_.clear();
  ScheduleTombstones(deleted);
  ForgetTombstones();
  largest_time_.reset();
}

// --- Tombstones ---

void Upsert::ScheduleTombstones(std::span<Entry* const> entries) {
  const std::vector<int64_t> times = StampTimes(entries);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (scheduled_.Mark(entries[i])) tombstones_.push({times[i], entries[i]});
  }
}

void Upsert::ForgetTombstones() {
  if (!largest_time_.has_value()) return;
  int64_t horizon;
  if (__builtin_sub_overflow(*largest_time_, options_.tombstone_retention_micros, &horizon)) return;
  std::vector<Entry*> due;
  for (; !tombstones_.empty() && tombstones_.top().time < horizon; tombstones_.pop()) {
    Entry* entry = tombstones_.top().entry;
    scheduled_.Clear(entry);
    // The key may have come back since, or been deleted anew.
    if (!IsLive(entry)) due.push_back(entry);
  }
  const std::vector<int64_t> times = StampTimes(due);
  std::vector<Entry*> deleted_anew;
  for (size_t i = 0; i < due.size(); ++i) {
    if (times[i] >= horizon) {
      deleted_anew.push_back(due[i]);
      continue;
    }
    rows_.Clear(table_, due[i]);
    table_.Retire(due[i]);
  }
  ScheduleTombstones(deleted_anew);
}

std::vector<int64_t> Upsert::StampTimes(std::span<Entry* const> entries) const {
  std::vector<const StoredRow*> rows;
  for (const Entry* entry : entries) rows.push_back(StoredRowOf(entry));
  const Column times = rows_.GatherColumn(ColumnIndex(table_columns_), rows);
  return {times.values<int64_t>(), times.values<int64_t>() + rows.size()};
}

// --- State ---

void Upsert::SaveDirty(StateWriter& writer) {
  table_.DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    rows_.Save(table_, live, retired, writer);
  });
}

absl::Status Upsert::Load(StateReader& reader, VnodeId vnode) {
  RETURN_IF_ERROR(rows_.Load(table_, reader, vnode));
  std::vector<Entry*> deleted;
  table_.ForEachInVnode(vnode, [&](Entry* entry) {
    if (!IsLive(entry)) deleted.push_back(entry);
  });
  ScheduleTombstones(deleted);
  return absl::OkStatus();
}

}  // namespace freshet
