// Turns decoded records into batches: applies the table's declaration (keys, NOT NULL, defaults, bad values, deletes),
// adds metadata and stamps. The same for every format and connector.
#pragma once

#include <optional>
#include <vector>

#include "engine/columnar/column_builder.h"
#include "engine/columnar/delta_batch.h"
#include "server/formats/api/record.h"
#include "server/formats/api/table_shape.h"

namespace freshet {

class RowWriter {
 public:
  struct Options {
    std::vector<uint32_t> wanted;  // columns of the table, in the order of the batch
    BadValue bad_value = BadValue::kError;
    bool stamped = false;  // stamp_time, stamp_partition, stamp_offset follow
  };

  RowWriter(TableShape shape, Options options);

  const TableShape& shape() const { return shape_; }
  const std::vector<bool>& needed() const { return needed_; }

  // Rows that follow are of this partition. Only between batches.
  void SetPartition(PartitionPlace place);

  // Appends a row, or says why the record is a dead letter. That depends on the declaration alone.
  std::optional<Rejection> Write(const FieldRow& row, const RecordPlace& place);

  uint32_t rows() const { return rows_; }
  // Roughly the bytes of the rows so far.
  size_t bytes() const { return bytes_; }
  // The rows since the last call.
  DeltaBatch Finish();

 private:
  // Where the cells of the wanted columns come from.
  struct Target {
    uint32_t column;  // of the table
    bool is_checked;  // the value lies in cells_
    bool is_bigint;   // and not checked
    bool is_text;     // and not checked
  };

  std::optional<Rejection> WeightOf(const FieldRow& row, int64_t* weight) const;
  std::optional<Rejection> ReadColumn(uint32_t column, const FieldRow& row, const RecordPlace& place, bool deleting);
  FieldCell FieldOf(uint32_t column, const FieldRow& row, const RecordPlace& place);
  Cell MetadataOf(const ColumnShape& column, const RecordPlace& place) const;
  void Append(const FieldRow& row, const RecordPlace& place, int64_t weight, bool by_key);
  void AppendTarget(const Target& target, const FieldCell& field, bool by_key, ColumnBuilder& builder);
  void AppendField(uint32_t column, const FieldCell& field, ColumnBuilder& builder);

  TableShape shape_;
  Options options_;
  std::vector<bool> needed_;
  // Columns that are read before anything is appended: they decide whether the record is a dead letter, or come from
  // metadata. All others go from the record straight to their builders.
  std::vector<uint32_t> checked_;
  std::vector<bool> is_checked_;
  std::vector<Target> targets_;
  std::vector<Cell> defaults_;
  PartitionPlace partition_;
  BufferRef partition_heap_;  // the bytes of stamp_partition, shared by all rows of a batch
  StringCell partition_cell_;

  std::vector<Cell> cells_;  // of the record at hand, by column of the table
  std::vector<ColumnBuilder> builders_;
  std::vector<int64_t> weights_;  // empty: all +1
  uint32_t rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace freshet
