#include "server/formats/api/row_writer.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// Bounded, so that sums of weights stay far from overflow.
constexpr int64_t kWeightMax = int64_t{1} << 31;
constexpr size_t kShownValueBytes = 64;

Rejection Reject(ErrorCode code, std::string message) { return {code, std::move(message)}; }

// A value for a message: short, and printable even when it is not UTF-8.
std::string Shown(std::string_view text) {
  std::string shown;
  for (char c : text.substr(0, kShownValueBytes)) {
    bool printable = static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
    shown += printable ? c : '?';
  }
  if (text.size() > kShownValueBytes) shown += "...";
  return shown;
}

Rejection RejectValue(ErrorCode code, const ColumnShape& column, const FieldCell& field) {
  if (column.type.kind == TypeKind::kText && field.kind == FieldKind::kText) {
    code = ErrorCode::kInvalidUtf8;
    return {code, StrCat("column ", column.name, ": not valid UTF-8: ", Shown(field.text)), field.text.data()};
  }
  std::string message =
      StrCat("column ", column.name, ": \"", Shown(field.text), "\" is not a ", TypeName(column.type));
  return {code, std::move(message), field.text.data()};
}

Cell IntegerCell(int64_t value) {
  Cell cell;
  cell.state = CellState::kValue;
  cell.integer = value;
  return cell;
}

}  // namespace

RowWriter::RowWriter(TableShape shape, Options options) : shape_(std::move(shape)), options_(std::move(options)) {
  needed_ = NeededColumns(shape_, options_.wanted, options_.bad_value);
  std::vector<bool> decides = NeededColumns(shape_, {}, options_.bad_value);
  is_checked_.resize(needed_.size());
  for (uint32_t i = 0; i < needed_.size(); ++i) {
    is_checked_[i] = needed_[i] && (decides[i] || !IsInRecord(shape_.columns[i].origin));
    if (is_checked_[i]) checked_.push_back(i);
  }
  for (const ColumnShape& column : shape_.columns) defaults_.push_back(CellOf(column.default_value, column.type));
  cells_.resize(shape_.columns.size());
  for (uint32_t column : options_.wanted) {
    const DataType type = shape_.columns[column].type;
    builders_.emplace_back(type);
    const bool is_checked = is_checked_[column];
    targets_.push_back({column, is_checked, !is_checked && type.kind == TypeKind::kBigint,
                        !is_checked && type == DataType{TypeKind::kText}});
  }
  if (options_.stamped) {
    builders_.emplace_back(DataType{TypeKind::kBigint});
    builders_.emplace_back(DataType{TypeKind::kText});
    builders_.emplace_back(DataType{TypeKind::kBigint});
  }
}

void RowWriter::SetPartition(PartitionPlace place) {
  CHECK(rows_ == 0) << "a batch is of one partition";
  partition_ = std::move(place);
  const std::string& name = partition_.stamp_partition;
  partition_heap_ = BufferRef::Allocate(name.size());
  std::copy(name.begin(), name.end(), partition_heap_.mutable_as<char>());
  partition_cell_ = StringCell(partition_heap_.as<char>(), static_cast<uint32_t>(name.size()));
}

std::optional<Rejection> RowWriter::WeightOf(const FieldRow& row, int64_t* weight) const {
  bool keyed = !shape_.primary_key.empty();
  switch (row.kind) {
    case ChangeKind::kInsert:
      *weight = 1;
      break;
    case ChangeKind::kUpsert:
      if (!keyed) return Reject(ErrorCode::kBadKey, "an upsert for a table without PRIMARY KEY");
      *weight = 1;
      break;
    case ChangeKind::kDelete:
      *weight = -1;
      break;
    case ChangeKind::kWeight:
      if (row.weight == 0 || row.weight > kWeightMax || row.weight < -kWeightMax) {
        return Reject(ErrorCode::kMalformedRecord, StrCat("weight ", row.weight, " is not one that a record can have"));
      }
      // With a key, a row stands once or not at all.
      *weight = !keyed ? row.weight : row.weight > 0 ? 1 : -1;
      break;
  }
  bool takes_deletes = (keyed || shape_.deletes) && !shape_.append_only;
  if (*weight < 0 && !takes_deletes) {
    return Reject(ErrorCode::kDeleteNotTaken,
                  StrCat("a delete for table ", shape_.name,
                         shape_.append_only ? ", which is declared append_only"
                                            : ", which has neither PRIMARY KEY nor deletes = true"));
  }
  return std::nullopt;
}

FieldCell RowWriter::FieldOf(uint32_t index, const FieldRow& row, const RecordPlace& place) {
  const ColumnShape& column = shape_.columns[index];
  std::optional<std::string_view> text;
  switch (column.origin) {
    case ColumnOrigin::kField:
    case ColumnOrigin::kPath:
      return row.cells[index];
    case ColumnOrigin::kHeader:
      if (place.headers != nullptr) text = (*place.headers)(column.origin_name);
      break;
    case ColumnOrigin::kKey:
      text = place.key;
      break;
    case ColumnOrigin::kTopic:
      if (!partition_.topic.empty()) text = partition_.topic;
      break;
    case ColumnOrigin::kFile:
      if (!partition_.file.empty()) text = partition_.file;
      break;
    case ColumnOrigin::kPartition:
    case ColumnOrigin::kOffset:
    case ColumnOrigin::kTimestamp:
    case ColumnOrigin::kLine:
      break;  // numbers: MetadataOf
  }
  return text ? FieldCell{FieldKind::kText, *text} : FieldCell();
}

Cell RowWriter::MetadataOf(const ColumnShape& column, const RecordPlace& place) const {
  switch (column.origin) {
    case ColumnOrigin::kPartition:
      return partition_.partition ? IntegerCell(*partition_.partition) : Cell();
    case ColumnOrigin::kOffset:
      return IntegerCell(place.offset);
    case ColumnOrigin::kTimestamp:
      return place.timestamp_micros ? IntegerCell(*place.timestamp_micros) : Cell();
    case ColumnOrigin::kLine:
      return place.line > 0 ? IntegerCell(place.line) : Cell();
    case ColumnOrigin::kField:
    case ColumnOrigin::kPath:
    case ColumnOrigin::kHeader:
    case ColumnOrigin::kKey:
    case ColumnOrigin::kTopic:
    case ColumnOrigin::kFile:
      break;  // texts: FieldOf
  }
  return Cell();
}

std::optional<Rejection> RowWriter::ReadColumn(uint32_t index, const FieldRow& row, const RecordPlace& place,
                                               bool deleting) {
  const ColumnShape& column = shape_.columns[index];
  Cell& cell = cells_[index];
  FieldCell field = FieldOf(index, row, place);
  if (field.kind == FieldKind::kMissing) {
    cell = MetadataOf(column, place);
  } else if (field.kind == FieldKind::kNull) {
    cell.state = CellState::kNull;
  } else if (!ReadCell(field, column.type, &cell)) {
    if (column.is_key) return RejectValue(ErrorCode::kBadKey, column, field);
    if (deleting) return RejectValue(ErrorCode::kMissingVersion, column, field);
    if (options_.bad_value == BadValue::kDeadLetter) return RejectValue(ErrorCode::kBadValue, column, field);
    cell.state = options_.bad_value == BadValue::kError ? CellState::kBad : CellState::kNull;
  }
  if (cell.state == CellState::kNull && (!deleting || column.is_key)) cell = defaults_[index];
  if (cell.state != CellState::kNull) return std::nullopt;
  if (column.is_key) return Reject(ErrorCode::kBadKey, StrCat("key column ", column.name, " has no value"));
  if (deleting) {
    return Reject(ErrorCode::kMissingVersion, StrCat("a delete without a value of the version column ", column.name));
  }
  if (column.not_null) {
    return Reject(ErrorCode::kNullViolation, StrCat("column ", column.name, " is NOT NULL and has no value"));
  }
  return std::nullopt;
}

std::optional<Rejection> RowWriter::Write(const FieldRow& row, const RecordPlace& place) {
  int64_t weight = 1;
  if (row.kind != ChangeKind::kInsert) {
    if (auto rejection = WeightOf(row, &weight)) return rejection;
  }
  // A delete by key needs the key and the version; the rest of the row may be anything.
  bool by_key = weight < 0 && !shape_.primary_key.empty();
  for (uint32_t index : checked_) {
    if (by_key && !shape_.columns[index].is_key && shape_.version_column != index) {
      cells_[index].state = CellState::kNull;
      continue;
    }
    if (auto rejection = ReadColumn(index, row, place, by_key)) return rejection;
  }
  Append(row, place, weight, by_key);
  return std::nullopt;
}

// Of a column that cannot make the record a dead letter.
void RowWriter::AppendField(uint32_t column, const FieldCell& field, ColumnBuilder& builder) {
  Cell cell;
  bool present = field.kind != FieldKind::kMissing && field.kind != FieldKind::kNull;
  if (present && !ReadCell(field, builder.type(), &cell)) {
    cell.state = options_.bad_value == BadValue::kError ? CellState::kBad : CellState::kNull;
  }
  AppendCell(cell.state == CellState::kNull ? defaults_[column] : cell, builder);
}

void RowWriter::AppendTarget(const Target& target, const FieldCell& field, bool by_key, ColumnBuilder& builder) {
  if (target.is_checked) return AppendCell(cells_[target.column], builder);
  if (by_key) return builder.AppendNull();
  AppendField(target.column, field, builder);
}

void RowWriter::Append(const FieldRow& row, const RecordPlace& place, int64_t weight, bool by_key) {
  ColumnBuilder* builder = builders_.data();
  size_t bytes = 8 * targets_.size();
  for (const Target& target : targets_) {
    const FieldCell& field = row.cells[target.column];
    bytes += field.text.size();
    int64_t number;
    StringCell text;
    if (target.is_bigint && !by_key && ReadShortInteger(field, &number)) {
      builder->Append(number);
    } else if (target.is_text && !by_key && ReadShortText(field, &text)) {
      builder->Append(text);
    } else {
      AppendTarget(target, field, by_key, *builder);
    }
    ++builder;
  }
  bytes_ += bytes;
  if (options_.stamped) {
    size_t at = options_.wanted.size();
    ColumnBuilder& name = builders_[at + 1];
    if (rows_ == 0) name.AddHeap(partition_heap_);
    builders_[at].Append(place.stamp_time);
    name.Append(partition_cell_);
    builders_[at + 2].Append(place.offset);
    bytes_ += 32;
  }
  if (weight != 1 && weights_.empty()) weights_.assign(rows_, 1);
  if (weight != 1 || !weights_.empty()) weights_.push_back(weight);
  ++rows_;
}

DeltaBatch RowWriter::Finish() {
  std::vector<Column> columns;
  columns.reserve(builders_.size());
  for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
  BufferRef weights;
  if (!weights_.empty()) {
    weights = BufferRef::Of<int64_t>(weights_.size());
    std::copy(weights_.begin(), weights_.end(), weights.mutable_as<int64_t>());
    weights_.clear();
  }
  DeltaBatch batch(rows_, std::move(columns), std::move(weights));
  rows_ = 0;
  bytes_ = 0;
  return batch;
}

}  // namespace freshet
