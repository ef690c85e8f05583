#include "server/formats/csv/csv_decoder.h"

#include <bit>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/formats/csv/byte_scan.h"

namespace freshet {
namespace {

constexpr int32_t kIgnored = -1;

Rejection Malformed(std::string message) { return {ErrorCode::kMalformedRecord, std::move(message)}; }

class CsvDecoder final : public RecordDecoder {
 public:
  CsvDecoder(DecoderSpec spec, CsvOptions options, std::vector<uint32_t> positions)
      : spec_(std::move(spec)), options_(std::move(options)) {
    for (uint32_t column : positions) columns_.push_back(TargetOf(column));
  }

  bool wants_header() const override { return spec_.header; }

  std::optional<Rejection> ReadHeader(RecordText record) override {
    columns_.clear();
    unknown_ = 0;
    clear_row_ = true;
    header_problem_.reset();
    std::vector<std::string> names;
    if (!ReadNames(record, names)) {
      header_problem_ = Malformed("the header of the file cannot be read: a quote stands where none can");
      return header_problem_;
    }
    std::vector<bool> taken(spec_.shape.columns.size());
    bool any = false;
    for (const std::string& name : names) {
      int32_t column = FindColumn(name);
      bool known = column != kIgnored && !taken[static_cast<size_t>(column)];
      if (known) taken[static_cast<size_t>(column)] = true;
      any = any || known;
      unknown_ += known ? 0 : 1;
      columns_.push_back(known ? TargetOf(static_cast<uint32_t>(column)) : kIgnored);
    }
    if (!any) {
      header_problem_ = Malformed(
          "the first line of the file names no column of the table; if it is not a header, set the option header = "
          "false");
    }
    return header_problem_;
  }

  std::optional<Rejection> Decode(const RecordText& record, FieldRow& row) override {
    if (header_problem_) return header_problem_;
    if (std::exchange(clear_row_, false)) row.Clear();
    row.kind = spec_.envelope == Envelope::kUpsert ? ChangeKind::kUpsert : ChangeKind::kInsert;
    row.unknown_fields = unknown_;
    size_t fields = 0;
    if (record.plain) {
      fields = ReadPlain(record.text, row);
    } else if (!ReadQuoted(record.text,
                           [&](std::string_view text, bool quoted) { Set(row, fields++, text, quoted); })) {
      return Malformed("a quote is not closed, or stands where none can");
    }
    if (fields == columns_.size()) return std::nullopt;
    bool many = fields > columns_.size();
    return Rejection{many ? ErrorCode::kTooManyFields : ErrorCode::kTooFewFields,
                     StrCat(fields, " fields; ", columns_.size(), " are expected")};
  }

 private:
  int32_t TargetOf(uint32_t column) const { return spec_.needed[column] ? static_cast<int32_t>(column) : kIgnored; }

  int32_t FindColumn(std::string_view name) const {
    for (size_t i = 0; i < spec_.shape.columns.size(); ++i) {
      const ColumnShape& column = spec_.shape.columns[i];
      if (column.origin == ColumnOrigin::kField && column.name == name) return static_cast<int32_t>(i);
    }
    return kIgnored;
  }

  void Set(FieldRow& row, size_t field, std::string_view text, bool quoted) const {
    if (field >= columns_.size() || columns_[field] == kIgnored) return;
    bool null = !quoted && text == options_.null_string;
    row.cells[static_cast<size_t>(columns_[field])] = {null ? FieldKind::kNull : FieldKind::kText, text};
  }

  // Of a record without quotes: its fields lie in it, with kRecordPadding behind it.
  void SetPlain(FieldRow& row, size_t field, std::string_view text) const {
    if (field >= columns_.size() || columns_[field] == kIgnored) return;
    bool null = text.size() == options_.null_string.size() && text == options_.null_string;
    row.cells[static_cast<size_t>(columns_[field])] = {null ? FieldKind::kNull : FieldKind::kText, text, !null};
  }

  size_t ReadPlain(std::string_view text, FieldRow& row) const {
    size_t fields = 0;
    size_t start = 0;
    for (size_t base = 0; base < text.size(); base += kScanBytes) {
      uint32_t mask = MatchMask(text.data() + base, options_.delimiter, options_.delimiter);
      const size_t rest = text.size() - base;
      if (rest < kScanBytes) mask &= (uint32_t{1} << rest) - 1;
      for (; mask != 0; mask &= mask - 1) {
        size_t at = base + static_cast<size_t>(std::countr_zero(mask));
        SetPlain(row, fields++, std::string_view(text.data() + start, at - start));
        start = at + 1;
      }
    }
    SetPlain(row, fields++, std::string_view(text.data() + start, text.size() - start));
    return fields;
  }

  // Gives each field, unquoted, to `take`. False: broken quoting, or a line end outside of quotes.
  template <typename Take>
  bool ReadQuoted(std::string_view text, Take take) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    scratch_.resize(text.size());
    size_t used = 0;
    size_t at = 0;
    while (true) {
      if (at < text.size() && text[at] == '"') {
        size_t start = used;
        while (true) {
          size_t quote = text.find('"', at + 1);
          if (quote == std::string_view::npos) return false;
          used += text.copy(scratch_.data() + used, quote - at - 1, at + 1);
          at = quote + 1;
          if (at == text.size() || text[at] != '"') break;
          scratch_[used++] = '"';
        }
        take(std::string_view(scratch_.data() + start, used - start), true);
      } else {
        size_t start = at;
        while (at < text.size() && text[at] != options_.delimiter) {
          if (text[at] == '"' || text[at] == '\n') return false;
          ++at;
        }
        take(text.substr(start, at - start), false);
      }
      if (at == text.size()) return true;
      if (text[at] != options_.delimiter) return false;
      ++at;
    }
  }

  bool ReadNames(RecordText record, std::vector<std::string>& names) {
    return ReadQuoted(record.text, [&](std::string_view text, bool) { names.emplace_back(text); });
  }

  DecoderSpec spec_;
  CsvOptions options_;
  std::vector<int32_t> columns_;  // by field: the column that it fills, or kIgnored
  uint64_t unknown_ = 0;          // fields of the header that are no column
  bool clear_row_ = true;         // cells of a former header's columns may be left in the row
  std::optional<Rejection> header_problem_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<RecordDecoder> MakeCsvDecoder(DecoderSpec spec, CsvOptions options) {
  std::vector<uint32_t> positions;
  for (uint32_t i = 0; i < spec.shape.columns.size(); ++i) {
    if (IsInRecord(spec.shape.columns[i].origin)) positions.push_back(i);
  }
  return std::make_unique<CsvDecoder>(std::move(spec), std::move(options), std::move(positions));
}

std::unique_ptr<RecordDecoder> MakeCsvKeyDecoder(DecoderSpec spec, CsvOptions options) {
  std::vector<uint32_t> positions;
  for (uint32_t column : spec.shape.primary_key) {
    if (IsInRecord(spec.shape.columns[column].origin)) positions.push_back(column);
  }
  spec.header = false;
  spec.envelope = Envelope::kPlain;
  return std::make_unique<CsvDecoder>(std::move(spec), std::move(options), std::move(positions));
}

}  // namespace freshet
