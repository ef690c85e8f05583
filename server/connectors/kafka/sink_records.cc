#include "server/connectors/kafka/sink_records.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/circuit/sink_partition.h"
#include "engine/columnar/key_columns.h"
#include "engine/columnar/row_codec.h"
#include "server/formats/api/row_json.h"

namespace freshet {

SinkRecords::SinkRecords(const SinkCoding* coding, SinkEpoch epoch, Epoch history)
    : coding_(coding), epoch_(std::move(epoch)), history_(history) {
  std::map<uint32_t, std::vector<RowRef>> by_partition;
  for (uint32_t batch = 0; batch < epoch_.batches.size(); ++batch) {
    const std::vector<uint32_t> partitions =
        SinkPartitionsOf(epoch_.batches[batch], coding_->partition_by, coding_->partition_count);
    for (uint32_t row = 0; row < partitions.size(); ++row) by_partition[partitions[row]].push_back({batch, row});
  }
  for (auto& [partition, rows] : by_partition) {
    std::sort(rows.begin(), rows.end(), [&](RowRef a, RowRef b) { return IsBefore(a, b); });
    parts_.push_back({partition, std::move(rows)});
  }
}

// By the key, then all columns, then the weight; rows that are equal by value in another form (1.0 and 1.00) by their
// bytes. No two rows of an epoch are equal in all of that.
bool SinkRecords::IsBefore(RowRef a, RowRef b) const {
  const DeltaBatch& left = epoch_.batches[a.batch];
  const DeltaBatch& right = epoch_.batches[b.batch];
  for (ColumnIndex column : coding_->key) {
    auto order = CompareCells(left.column(column), a.row, right.column(column), b.row);
    if (order != 0) return order < 0;
  }
  KeyColumns all;
  for (uint32_t i = 0; i < left.column_count(); ++i) {
    auto order = CompareCells(left.column(ColumnIndex(i)), a.row, right.column(ColumnIndex(i)), b.row);
    if (order != 0) return order < 0;
    all.emplace_back(i);
  }
  if (WeightOf(a) != WeightOf(b)) return WeightOf(a) < WeightOf(b);
  std::string left_bytes, right_bytes;
  EncodeRow(left, all, a.row, &left_bytes);
  EncodeRow(right, all, b.row, &right_bytes);
  return left_bytes < right_bytes;
}

void SinkRecords::Rewind() {
  part_ = begin_ = end_ = 0;
  copies_left_ = 0;
  sequence_ = 0;
}

size_t SinkRecords::EndOfKey(const Part& part, size_t from) const {
  std::string key = KeyOf(part.rows[from]);
  size_t end = from + 1;
  while (end < part.rows.size() && KeyOf(part.rows[end]) == key) ++end;
  return end;
}

bool SinkRecords::Next(uint32_t* partition, SinkMark* mark) {
  if (copies_left_ > 1) {
    --copies_left_;
    ++sequence_;
  } else {
    if (end_ > 0) ++sequence_;
    begin_ = end_;
    if (part_ < parts_.size() && begin_ == parts_[part_].rows.size()) {
      ++part_;
      begin_ = end_ = 0;
      sequence_ = 0;
    }
    if (part_ == parts_.size()) return false;
    const Part& part = parts_[part_];
    end_ = coding_->envelope == SinkEnvelope::kUpsert ? EndOfKey(part, begin_) : begin_ + 1;
    copies_left_ = coding_->envelope == SinkEnvelope::kPlain ? std::abs(WeightOf(part.rows[begin_])) : 1;
  }
  *partition = parts_[part_].partition;
  *mark = {epoch_.epoch, sequence_};
  return true;
}

std::string SinkRecords::KeyOf(RowRef ref) const {
  const DeltaBatch& batch = epoch_.batches[ref.batch];
  Schema schema;
  std::vector<Column> columns;
  for (ColumnIndex column : coding_->key) {
    schema.push_back(coding_->schema[column.value()]);
    columns.push_back(batch.column(column));
  }
  std::string key;
  AppendRowJson(schema, DeltaBatch(batch.size(), std::move(columns)), ref.row, {}, &key);
  return key;
}

SinkRecord SinkRecords::Code() const {
  const Part& part = parts_[part_];
  SinkRecord record;
  record.history = history_;
  record.mark = {epoch_.epoch, sequence_};
  if (coding_->has_key) record.key = KeyOf(part.rows[begin_]);
  auto row_json = [&](RowRef ref) {
    std::string text;
    AppendRowJson(coding_->schema, epoch_.batches[ref.batch], ref.row, {}, &text);
    return text;
  };
  switch (coding_->envelope) {
    case SinkEnvelope::kPlain:
      record.value = row_json(part.rows[begin_]);
      break;
    case SinkEnvelope::kChanges:
      record.value = StrCat("{\"weight\":", WeightOf(part.rows[begin_]), ",\"row\":", row_json(part.rows[begin_]), "}");
      break;
    case SinkEnvelope::kUpsert:
      for (size_t i = begin_; i < end_; ++i) {
        if (WeightOf(part.rows[i]) > 0) record.value = row_json(part.rows[i]);
      }
      break;
  }
  return record;
}

}  // namespace freshet
