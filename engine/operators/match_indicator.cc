#include "engine/operators/match_indicator.h"

#include <algorithm>

#include "engine/operators/null_columns.h"

namespace freshet {

MatchIndicator::MatchIndicator(EntryLayout& layout, Wanted wanted, std::vector<DataType> padding)
    : wanted_(wanted),
      padding_(std::move(padding)),
      touched_(layout.AddBit()),
      was_wanted_(layout.AddBit()),
      had_left_(layout.AddBit()) {}

void MatchIndicator::Insert(SymmetricJoin& join, PortIndex port, const DeltaBatch& batch) {
  const std::span<Entry* const> entries =
      join.Insert(port, batch, [&](std::span<Entry* const> slice) { Touch(join, slice); });
  if (port == SymmetricJoin::kLeft) KeepLeftChanges(join.left().keys(), batch, entries);
}

void MatchIndicator::Touch(SymmetricJoin& join, std::span<Entry* const> entries) {
  for (Entry* entry : entries) {
    if (!touched_.Mark(entry)) continue;
    if (IsWanted(join, entry)) was_wanted_.Set(entry);
    if (!join.left().slot().IsEmpty(entry)) had_left_.Set(entry);
    entries_.Add(entry);
  }
}

void MatchIndicator::KeepLeftChanges(const KeyBatch& keys, const DeltaBatch& batch, std::span<Entry* const> entries) {
  LeftChanges changes;
  if (wanted_ == Wanted::kUnmatched) {
    changes.rows.assign(keys.null_rows().begin(), keys.null_rows().end());
    changes.entries.assign(changes.rows.size(), nullptr);
  }
  for (uint32_t i = 0; i < entries.size(); ++i) {
    if (!was_wanted_.Get(entries[i]) || !had_left_.Get(entries[i])) continue;
    changes.rows.push_back(keys.RowAt(i));
    changes.entries.push_back(entries[i]);
  }
  if (changes.rows.empty()) return;
  if (changes.rows.size() * 4 < batch.size()) {
    // Few rows are not to hold the memory of all.
    changes.batch = GatherBatch(batch, changes.rows);
    for (uint32_t i = 0; i < changes.rows.size(); ++i) changes.rows[i] = i;
  } else {
    changes.batch = batch;
  }
  changes_.push_back(std::move(changes));
}

Progress MatchIndicator::Emit(SymmetricJoin& join, Output& out) {
  if (stage_ == Stage::kStart) {
    UndoChangesOfLostKeys(join);
    stage_ = Stage::kLeftChanges;
    next_ = 0;
    position_ = 0;
  }
  if (stage_ == Stage::kLeftChanges) {
    if (!EmitLeftChanges(out)) return Progress::kMore;
    stage_ = Stage::kTouched;
    next_ = 0;
    position_ = 0;
  }
  if (!EmitTouched(join, out)) return Progress::kMore;
  Finish(join);
  stage_ = Stage::kStart;
  return Progress::kDone;
}

// Where g goes from 1 to 0 the formula comes to -L_old. It would be right to emit +dL and -L_new; taking dL out of the
// state until the end of the seal instead gives exactly -L_old, and nothing that cancels itself.
void MatchIndicator::UndoChangesOfLostKeys(SymmetricJoin& join) {
  for (LeftChanges& changes : changes_) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < changes.rows.size(); ++i) {
      Entry* entry = changes.entries[i];
      if (entry != nullptr && !IsWanted(join, entry)) {
        changes.undone_rows.push_back(changes.rows[i]);
        changes.undone_entries.push_back(entry);
      } else {
        changes.rows[kept] = changes.rows[i];
        changes.entries[kept++] = entry;
      }
    }
    changes.rows.resize(kept);
    changes.entries.resize(kept);
    if (changes.undone_rows.empty()) continue;
    join.left().Add(join.table(), changes.batch, changes.undone_rows.data(), changes.undone_entries, -1);
  }
}

bool MatchIndicator::EmitLeftChanges(Output& out) {
  for (; next_ < changes_.size(); ++next_, position_ = 0) {
    const LeftChanges& changes = changes_[next_];
    while (position_ < changes.rows.size()) {
      if (out.full()) return false;
      const size_t taken = std::min<size_t>({kBatchRows, out.room(), changes.rows.size() - position_});
      const DeltaBatch rows = taken == changes.batch.size()
                                  ? changes.batch
                                  : GatherBatch(changes.batch, std::span(changes.rows).subspan(position_, taken));
      position_ += static_cast<uint32_t>(taken);
      EmitPadded(rows.size(), rows.columns(), rows.weights_buffer(), out);
    }
  }
  return true;
}

int64_t MatchIndicator::FactorOf(SymmetricJoin& join, const Entry* entry) const {
  const int64_t wanted = IsWanted(join, entry) ? 1 : 0;
  if (!had_left_.Get(entry)) return wanted;
  return wanted - (was_wanted_.Get(entry) ? 1 : 0);
}

bool MatchIndicator::EmitTouched(SymmetricJoin& join, Output& out) {
  const RelationSlot& left = join.left().slot();
  for (; next_ < entries_.size(); ++next_, position_ = 0) {
    constexpr size_t kAhead = 8;
    if (next_ + kAhead < entries_.size()) __builtin_prefetch(entries_[next_ + kAhead]);
    const Entry* entry = entries_[next_];
    const int64_t factor = FactorOf(join, entry);
    if (factor == 0) continue;
    for (const uint32_t count = left.RowCount(entry); position_ < count;) {
      if (out.full()) return false;
      const size_t capacity = std::min<size_t>(kBatchRows, out.room());
      if (rows_.size() >= capacity) {
        EmitStored(join, out);
        continue;
      }
      const StoredRowRun run = left.RowsFrom(entry, position_);
      const uint32_t taken = static_cast<uint32_t>(std::min<size_t>(run.count, capacity - rows_.size()));
      for (uint32_t i = 0; i < taken; ++i) {
        row_entries_.push_back(entry);
        rows_.push_back(run.Row(i));
        weights_.push_back(run.Row(i)->weight() * factor);
      }
      position_ += taken;
    }
  }
  if (out.full() && !rows_.empty()) return false;
  EmitStored(join, out);
  return true;
}

void MatchIndicator::EmitStored(SymmetricJoin& join, Output& out) {
  if (rows_.empty()) return;
  std::vector<Column> columns;
  join.left().AppendColumns(join.table(), rows_, row_entries_, &columns);
  BufferRef weights;
  if (std::ranges::any_of(weights_, [](int64_t weight) { return weight != 1; })) {
    weights = BufferRef::Of<int64_t>(weights_.size());
    std::ranges::copy(weights_, weights.mutable_as<int64_t>());
  }
  EmitPadded(static_cast<uint32_t>(rows_.size()), std::move(columns), std::move(weights), out);
  rows_.clear();
  row_entries_.clear();
  weights_.clear();
}

void MatchIndicator::EmitPadded(uint32_t size, std::vector<Column> columns, BufferRef weights, Output& out) {
  AppendNullColumns(padding_, size, &columns);
  out.Emit(DeltaBatch(size, std::move(columns), std::move(weights)));
}

void MatchIndicator::Finish(SymmetricJoin& join) {
  for (const LeftChanges& changes : changes_) {
    if (changes.undone_rows.empty()) continue;
    join.left().Add(join.table(), changes.batch, changes.undone_rows.data(), changes.undone_entries);
  }
  changes_.clear();
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry* entry = entries_[i];
    touched_.Clear(entry);
    was_wanted_.Clear(entry);
    had_left_.Clear(entry);
    join.RetireIfEmpty(entry);
  }
  entries_.Clear();
}

}  // namespace freshet
