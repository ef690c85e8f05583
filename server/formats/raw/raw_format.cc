#include "server/formats/raw/raw_format.h"

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

class RawDecoder final : public RecordDecoder {
 public:
  RawDecoder(uint32_t column, Envelope envelope) : column_(column), envelope_(envelope) {}

  std::optional<Rejection> Decode(const RecordText& record, FieldRow& row) override {
    row.Clear();
    row.kind = envelope_ == Envelope::kUpsert ? ChangeKind::kUpsert : ChangeKind::kInsert;
    row.cells[column_] = {FieldKind::kText, record.text};
    return std::nullopt;
  }

 private:
  uint32_t column_;
  Envelope envelope_;
};

class RawFormatImpl final : public Format {
 public:
  std::string_view name() const override { return "raw"; }
  std::string_view doc() const override { return "the whole line or message is the one column of the record"; }
  std::span<const OptionDeclaration> options() const override { return {}; }
  bool splits_at_newlines() const override { return true; }

  void Validate(const v1::Table& table, Envelope envelope, Problems& problems) const override {
    int in_record = 0;
    for (int i = 0; i < table.columns_size(); ++i) {
      const v1::Column& column = table.columns(i);
      if (column.from_case() == v1::Column::kPath) {
        AddProblem(problems, ErrorCode::kInvalidOption, StrCat("/columns/", i, ".path"),
                   "a raw record has no path inside");
      }
      if (column.from_case() != v1::Column::FROM_NOT_SET) continue;
      ++in_record;
      if (column.type().kind() != v1::TEXT && in_record == 1) {
        AddProblem(problems, ErrorCode::kTypeMismatch, StrCat("/columns/", i, ".type"),
                   StrCat("format raw fills a text column; ", column.name(), " is not one"));
      }
    }
    if (in_record != 1) {
      AddProblem(problems, ErrorCode::kInvalidDefinition, "/columns",
                 StrCat("format raw fills exactly one column, the table has ", in_record, " that are not metadata"));
    }
    if (envelope == Envelope::kChanges) {
      AddProblem(problems, ErrorCode::kInvalidOption, "options.envelope", "envelope changes needs format json");
    }
  }

  std::unique_ptr<Framer> MakeFramer(const DecoderSpec&) const override { return MakeLineFramer(true); }

  absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeDecoder(DecoderSpec spec) const override {
    for (uint32_t i = 0; i < spec.shape.columns.size(); ++i) {
      if (IsInRecord(spec.shape.columns[i].origin)) return std::make_unique<RawDecoder>(i, spec.envelope);
    }
    return MakeError(ErrorCode::kInvalidDefinition, "format raw needs a column that is not metadata");
  }

  absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeKeyDecoder(DecoderSpec spec) const override {
    if (spec.shape.primary_key.size() != 1) {
      return MakeError(ErrorCode::kInvalidOption, "key_format raw needs a primary key of one column");
    }
    return std::make_unique<RawDecoder>(spec.shape.primary_key[0], Envelope::kPlain);
  }
};

}  // namespace

const Format& RawFormat() {
  static const RawFormatImpl format;
  return format;
}

}  // namespace freshet
