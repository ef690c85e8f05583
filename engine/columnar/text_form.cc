#include "engine/columnar/text_form.h"

#include <charconv>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

std::string_view StripBlanks(std::string_view text) { return StdView(absl::StripAsciiWhitespace(AbslView(text))); }

constexpr std::string_view kErrorOpen = "ERROR(";

std::vector<ColumnBuilder> BuildersFor(const Schema& schema) {
  std::vector<ColumnBuilder> builders;
  builders.reserve(schema.size());
  for (const Field& field : schema) builders.emplace_back(field.type, 16);
  return builders;
}

// Collects rows into a batch.
class BatchBuilder {
 public:
  explicit BatchBuilder(const Schema& schema) : builders_(BuildersFor(schema)) {}

  void AddWeight(int64_t weight) {
    weights_.push_back(weight);
    any_weight_ |= weight != 1;
  }
  ColumnBuilder& column(size_t index) { return builders_[index]; }

  DeltaBatch Finish() {
    std::vector<Column> columns;
    for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
    BufferRef weights;
    if (any_weight_) {
      weights = BufferRef::Of<int64_t>(weights_.size());
      std::copy(weights_.begin(), weights_.end(), weights.mutable_as<int64_t>());
    }
    return DeltaBatch(static_cast<uint32_t>(weights_.size()), std::move(columns), std::move(weights));
  }

 private:
  std::vector<ColumnBuilder> builders_;
  std::vector<int64_t> weights_;
  bool any_weight_ = false;
};

// Reads the lines of a batch. By characters, since a quoted cell may go over several lines.
class TextReader {
 public:
  TextReader(std::string_view text, const Schema& schema) : rest_(text), schema_(schema), batch_(schema) {}

  absl::StatusOr<DeltaBatch> Read() {
    while (SkipToRow()) RETURN_IF_ERROR(ReadRow());
    return batch_.Finish();
  }

 private:
  struct Cell {
    std::string text;
    bool quoted = false;
  };

  absl::Status Error(std::string_view message) const {
    return absl::InvalidArgumentError(StrCat("line ", line_, ": ", message));
  }

  // Skips blanks, empty lines and comments. Whether a row follows.
  bool SkipToRow() {
    while (!rest_.empty()) {
      if (absl::ascii_isspace(rest_.front())) {
        Advance(1);
      } else if (rest_.front() == '#') {
        Advance(std::min(rest_.find('\n'), rest_.size()));
      } else {
        return true;
      }
    }
    return false;
  }

  void Advance(size_t count) {
    for (char c : rest_.substr(0, count)) line_ += c == '\n' ? 1 : 0;
    rest_.remove_prefix(count);
  }

  void SkipBlanks() {
    while (!rest_.empty() && rest_.front() != '\n' && absl::ascii_isspace(rest_.front())) rest_.remove_prefix(1);
  }

  absl::Status ReadRow() {
    RETURN_IF_ERROR(ReadWeight());
    for (size_t index = 0; index < schema_.size(); ++index) {
      if (rest_.empty() || rest_.front() != '|') {
        return Error(StrCat("the row ends before column ", index + 1, " (", schema_[index].name, ")"));
      }
      rest_.remove_prefix(1);
      Cell cell;
      RETURN_IF_ERROR(ReadCell(&cell));
      RETURN_IF_ERROR(AppendCell(cell, index));
    }
    if (!rest_.empty() && rest_.front() != '\n') {
      return Error(StrCat("more cells than the ", schema_.size(), " columns"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadWeight() {
    std::string_view token = StripBlanks(rest_.substr(0, rest_.find_first_of("|\n")));
    std::string_view digits = token;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    int64_t weight = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return Error(StrCat("\"", token, "\" is not a weight; a row is `weight | cell | cell ...`"));
    }
    rest_.remove_prefix(std::min(rest_.find_first_of("|\n"), rest_.size()));
    batch_.AddWeight(weight);
    return absl::OkStatus();
  }

  absl::Status ReadCell(Cell* cell) {
    SkipBlanks();
    if (rest_.empty() || rest_.front() != '\'') {
      std::string_view bare = rest_.substr(0, rest_.find_first_of("|\n"));
      cell->text = std::string(StripBlanks(bare));
      rest_.remove_prefix(bare.size());
      return absl::OkStatus();
    }
    cell->quoted = true;
    Advance(1);
    while (true) {
      size_t quote = rest_.find('\'');
      if (quote == std::string_view::npos) return Error("a quoted cell has no end");
      cell->text.append(rest_.substr(0, quote));
      Advance(quote + 1);
      if (rest_.empty() || rest_.front() != '\'') break;
      cell->text.push_back('\'');
      Advance(1);
    }
    SkipBlanks();
    if (!rest_.empty() && rest_.front() != '|' && rest_.front() != '\n') {
      return Error("something stands between a quoted cell and the next |");
    }
    return absl::OkStatus();
  }

  absl::Status AppendCell(const Cell& cell, size_t index) {
    ColumnBuilder& builder = batch_.column(index);
    if (!cell.quoted && cell.text == "NULL") {
      builder.AppendNull();
      return absl::OkStatus();
    }
    if (!cell.quoted && cell.text.starts_with(kErrorOpen) && cell.text.ends_with(')')) {
      std::string_view code = std::string_view(cell.text).substr(kErrorOpen.size());
      code.remove_suffix(1);
      std::optional<CellError> error = ParseCellErrorCode(code);
      if (!error) return Error(StrCat("there is no cell error ", code));
      builder.AppendError(*error);
      return absl::OkStatus();
    }
    absl::StatusOr<Datum> datum = ParseDatum(cell.text, builder.type());
    if (!datum.ok()) return Error(StrCat("column ", schema_[index].name, ": ", datum.status().message()));
    AppendDatum(*datum, builder);
    return absl::OkStatus();
  }

  std::string_view rest_;
  const Schema& schema_;
  BatchBuilder batch_;
  int line_ = 1;
};

bool NeedsQuotes(std::string_view text) {
  if (text.empty() || text == "NULL" || text.starts_with(kErrorOpen)) return true;
  if (absl::ascii_isspace(text.front()) || absl::ascii_isspace(text.back())) return true;
  return text.find_first_of("|'\n") != std::string_view::npos;
}

void AppendCellText(const Datum& datum, DataType type, std::string* out) {
  std::string text = FormatDatum(datum, type);
  if (type.kind != TypeKind::kText || !datum.is_value() || !NeedsQuotes(text)) {
    out->append(text);
    return;
  }
  out->push_back('\'');
  for (char c : text) {
    if (c == '\'') out->push_back('\'');
    out->push_back(c);
  }
  out->push_back('\'');
}

template <typename TypeOf>
void AppendRowText(const Row& row, int64_t weight, const TypeOf& type_of, std::string* out) {
  StrAppend(out, weight > 0 ? "+" : "", weight);
  for (size_t index = 0; index < row.size(); ++index) {
    out->append(" | ");
    AppendCellText(row[index], type_of(index), out);
  }
  out->push_back('\n');
}

Row RowAt(const DeltaBatch& batch, uint32_t row) {
  Row cells;
  cells.reserve(batch.column_count());
  for (const Column& column : batch.columns()) cells.push_back(DatumAt(column, row));
  return cells;
}

}  // namespace

absl::StatusOr<DeltaBatch> ParseBatch(std::string_view text, const Schema& schema) {
  return TextReader(text, schema).Read();
}

std::string FormatBatch(const DeltaBatch& batch) {
  std::string out;
  auto type_of = [&](size_t index) { return batch.columns()[index].type(); };
  for (uint32_t row = 0; row < batch.size(); ++row)
    AppendRowText(RowAt(batch, row), batch.WeightAt(row), type_of, &out);
  return out;
}

void ZSet::Add(const Row& row, int64_t weight) {
  if (weight == 0) return;
  auto [place, inserted] = rows_.try_emplace(row, 0);
  place->second += weight;
  if (place->second == 0) rows_.erase(place);
}

void ZSet::Add(const DeltaBatch& batch) {
  for (uint32_t row = 0; row < batch.size(); ++row) Add(RowAt(batch, row), batch.WeightAt(row));
}

void ZSet::Add(const ZSet& other, int64_t factor) {
  if (&other == this) return Add(ZSet(other), factor);
  for (const auto& [row, weight] : other.rows_) Add(row, weight * factor);
}

std::string ZSet::Format(const Schema& schema) const {
  std::string out;
  auto type_of = [&](size_t index) { return schema[index].type; };
  for (const auto& [row, weight] : rows_) {
    CHECK(row.size() == schema.size()) << row.size() << " cells, " << schema.size() << " columns";
    AppendRowText(row, weight, type_of, &out);
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const ZSet& rows) {
  for (const auto& [row, weight] : rows.rows()) {
    out << (weight > 0 ? "+" : "") << weight;
    for (const Datum& datum : row) out << " | " << datum;
    out << "\n";
  }
  return out;
}

DeltaBatch BatchOf(const std::vector<std::pair<Row, int64_t>>& rows, const Schema& schema) {
  BatchBuilder batch(schema);
  for (const auto& [row, weight] : rows) {
    CHECK(row.size() == schema.size()) << row.size() << " cells, " << schema.size() << " columns";
    for (size_t index = 0; index < row.size(); ++index) AppendDatum(row[index], batch.column(index));
    batch.AddWeight(weight);
  }
  return batch.Finish();
}

std::vector<std::pair<Row, int64_t>> RowsOf(const DeltaBatch& batch) {
  std::vector<std::pair<Row, int64_t>> rows;
  rows.reserve(batch.size());
  for (uint32_t row = 0; row < batch.size(); ++row) rows.emplace_back(RowAt(batch, row), batch.WeightAt(row));
  return rows;
}

}  // namespace freshet
