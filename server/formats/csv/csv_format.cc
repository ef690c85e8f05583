#include "server/formats/csv/csv_format.h"

#include "engine/base/str_cat.h"
#include "server/formats/csv/csv_decoder.h"
#include "server/formats/csv/csv_framer.h"

namespace freshet {
namespace {

const OptionDeclaration kOptions[] = {
    {.name = "header",
     .doc =
         "the first line of each file names the fields, which then go by name (default for files); false: by position",
     .check = CheckBoolean},
    {.name = "delimiter",
     .doc = "the character between fields; \\t for a tabulator",
     .default_value = ",",
     .check = CheckOneByte},
    {.name = "null_string", .doc = "the unquoted field that is NULL; by default the empty one"},
};

CsvOptions MakeOptions(const OptionMap& given) {
  CsvOptions options;
  std::string delimiter = OptionValue(kOptions, given, "delimiter");
  options.delimiter = delimiter == "\\t" ? '\t' : delimiter[0];
  options.null_string = OptionValue(kOptions, given, "null_string");
  return options;
}

class CsvFormatImpl final : public Format {
 public:
  std::string_view name() const override { return "csv"; }
  std::string_view doc() const override { return "comma-separated values after RFC 4180"; }
  std::span<const OptionDeclaration> options() const override { return kOptions; }
  bool splits_at_newlines() const override { return false; }  // a quoted field may hold them
  bool has_header() const override { return true; }

  void Validate(const v1::Table& table, Envelope envelope, Problems& problems) const override {
    for (int i = 0; i < table.columns_size(); ++i) {
      if (table.columns(i).from_case() != v1::Column::kPath) continue;
      AddProblem(problems, ErrorCode::kInvalidOption, StrCat("/columns/", i, ".path"), "a CSV field has no path inside",
                 "leave path out and name the column as the field");
    }
    if (envelope == Envelope::kChanges) {
      AddProblem(problems, ErrorCode::kInvalidOption, "options.envelope", "envelope changes needs format json");
    }
  }

  std::unique_ptr<Framer> MakeFramer(const DecoderSpec& spec) const override {
    return MakeCsvFramer(MakeOptions(spec.options).delimiter);
  }
  absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeDecoder(DecoderSpec spec) const override {
    CsvOptions options = MakeOptions(spec.options);
    return MakeCsvDecoder(std::move(spec), std::move(options));
  }
  absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeKeyDecoder(DecoderSpec spec) const override {
    CsvOptions options = MakeOptions(spec.options);
    return MakeCsvKeyDecoder(std::move(spec), std::move(options));
  }
};

}  // namespace

const Format& CsvFormat() {
  static const CsvFormatImpl format;
  return format;
}

}  // namespace freshet
