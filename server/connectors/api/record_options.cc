#include "server/connectors/api/record_options.h"

#include <charconv>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/formats/format_list.h"

namespace freshet {
namespace {

constexpr int64_t kRecordBytesMax = int64_t{1} << 30;

absl::Status CheckRecordBytes(std::string_view value) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  bool fits = error == std::errc() && end == value.data() + value.size() && number >= 1 && number <= kRecordBytesMax;
  return fits ? absl::OkStatus() : absl::InvalidArgumentError("takes a number of bytes from 1 to 1073741824");
}

const OptionDeclaration kRecordOptions[] = {
    {.name = "format", .doc = "how bytes are coded: csv, json or raw", .required = true},
    {.name = "envelope",
     .doc = "what a record means: a row, an upsert by primary key, or a row with a weight",
     .default_value = "plain",
     .allowed = {"plain", "upsert", "changes", "debezium"}},
    {.name = "bad_value",
     .doc = "what becomes of a value that does not fit its column: an ERROR cell, NULL, or a dead letter",
     .default_value = "error",
     .allowed = {"error", "null", "dead_letter"}},
    {.name = "max_record_bytes",
     .doc = "a longer record is a dead letter that keeps its first 1,024 bytes",
     .default_value = "16777216",
     .check = CheckRecordBytes},
    {.name = "key_format", .doc = "how a message key is coded: csv, json or raw; it fills the primary key's columns"},
};

// The options that a binding may have: the connector's, the records', the format's (of all formats, where the format
// itself is not known, so that only that is reported).
std::vector<OptionDeclaration> Declared(const RecordTraits& traits, const Format* format) {
  std::vector<OptionDeclaration> declared(traits.options.begin(), traits.options.end());
  declared.insert(declared.end(), std::begin(kRecordOptions), std::end(kRecordOptions));
  for (const Format* candidate : Formats()) {
    if (format != nullptr && candidate != format) continue;
    declared.insert(declared.end(), candidate->options().begin(), candidate->options().end());
  }
  return declared;
}

void CheckColumnOrigin(const v1::Column& column, int index, const RecordTraits& traits, Problems& problems) {
  auto mistyped = [&](std::string_view types, auto... kinds) {
    if (((column.type().kind() == kinds) || ...)) return;
    AddProblem(problems, ErrorCode::kTypeMismatch, StrCat("/columns/", index, ".type"),
               StrCat("column ", column.name(), " takes metadata that is ", types));
  };
  auto absent = [&](std::string_view what) {
    AddProblem(problems, ErrorCode::kInvalidOption, StrCat("/columns/", index),
               StrCat("column ", column.name(), " is to come from ", what, ", which connector ", traits.connector,
                      " does not have"));
  };
  if (column.from_case() == v1::Column::kHeader && traits.files) absent("a message header");
  if (column.from_case() != v1::Column::kMetadata) return;
  v1::Column::Metadata metadata = column.metadata();
  bool of_files = metadata == v1::Column::FILE || metadata == v1::Column::LINE;
  bool of_both = metadata == v1::Column::OFFSET;
  if (of_files != traits.files && !of_both) return absent(v1::Column::Metadata_Name(metadata));
  if (metadata == v1::Column::TOPIC || metadata == v1::Column::FILE) mistyped("text", v1::TEXT);
  if (metadata == v1::Column::PARTITION) mistyped("an integer or bigint", v1::INTEGER, v1::BIGINT);
  if (metadata == v1::Column::OFFSET || metadata == v1::Column::LINE) mistyped("a bigint", v1::BIGINT);
  if (metadata == v1::Column::TIMESTAMP) mistyped("a timestamptz or timestamp", v1::TIMESTAMPTZ, v1::TIMESTAMP);
}

Envelope EnvelopeOf(std::string_view name) {
  if (name == "upsert") return Envelope::kUpsert;
  return name == "changes" ? Envelope::kChanges : Envelope::kPlain;
}

void CheckEnvelope(const v1::Table& table, const OptionMap& options, const RecordTraits& traits, Problems& problems) {
  std::string envelope = OptionValue(kRecordOptions, options, "envelope");
  if (envelope == "debezium") {
    AddProblem(problems, ErrorCode::kUnsupported, "options.envelope", "envelope debezium is not built in this release");
  }
  if (envelope == "upsert" && table.primary_key().empty()) {
    AddProblem(problems, ErrorCode::kMissingPrimaryKey, "options.envelope",
               StrCat("envelope upsert replaces rows by key, and table ", table.name(), " has no primary key"),
               "declare primary_key, or take envelope plain");
  }
  auto key_format = options.find("key_format");
  if (key_format == options.end()) return;
  if (traits.files) {
    AddProblem(problems, ErrorCode::kInvalidOption, "options.key_format", "records of files have no message key");
  } else if (FindFormat(key_format->second) == nullptr) {
    AddFormatProblem("key_format", key_format->second, problems);
  } else if (table.primary_key().empty()) {
    AddProblem(problems, ErrorCode::kMissingPrimaryKey, "options.key_format",
               "the message key fills the columns of the primary key, and the table has none",
               "declare primary_key, or declare a column that comes from the metadata key");
  } else if (key_format->second == "raw" && table.primary_key_size() != 1) {
    AddProblem(problems, ErrorCode::kInvalidOption, "options.key_format",
               "key_format raw fills one column, and the primary key has several", "use json or csv");
  }
}

}  // namespace

std::span<const OptionDeclaration> RecordOptions() { return kRecordOptions; }

OptionMap OptionsOf(const v1::SourceBinding& binding) {
  return OptionMap(binding.options().begin(), binding.options().end());
}

void ValidateRecords(const v1::Table& table, const v1::SourceBinding& binding, const RecordTraits& traits,
                     Problems& problems) {
  OptionMap options = OptionsOf(binding);
  auto name = options.find("format");
  const Format* format = name == options.end() ? nullptr : FindFormat(name->second);
  if (name != options.end() && format == nullptr) AddFormatProblem("format", name->second, problems);
  std::string owner = StrCat("connector ", traits.connector, format == nullptr ? "" : " with format ",
                             format == nullptr ? std::string_view() : format->name());
  CheckOptions(owner, Declared(traits, format), options, problems);
  CheckEnvelope(table, options, traits, problems);
  for (int i = 0; i < table.columns_size(); ++i) CheckColumnOrigin(table.columns(i), i, traits, problems);
  if (format != nullptr) {
    format->Validate(table, EnvelopeOf(OptionValue(kRecordOptions, options, "envelope")), problems);
    if (!traits.files && options.contains("header") && options["header"] != "false" && format->has_header()) {
      AddProblem(problems, ErrorCode::kInvalidOption, "options.header", "a message has no header line",
                 "leave header out; fields go by position");
    }
  }
}

absl::StatusOr<RecordSettings> ReadRecordSettings(const v1::SourceBinding& binding, bool files) {
  OptionMap options = OptionsOf(binding);
  RecordSettings settings;
  std::string format = OptionValue(kRecordOptions, options, "format");
  settings.format = FindFormat(format);
  if (settings.format == nullptr) {
    return MakeError(ErrorCode::kUnknownFormat, StrCat("no format is named \"", format, "\""));
  }
  std::string key_format = OptionValue(kRecordOptions, options, "key_format");
  settings.key_format = key_format.empty() ? nullptr : FindFormat(key_format);
  settings.envelope = EnvelopeOf(OptionValue(kRecordOptions, options, "envelope"));
  std::string bad_value = OptionValue(kRecordOptions, options, "bad_value");
  settings.bad_value = bad_value == "null"          ? BadValue::kNull
                       : bad_value == "dead_letter" ? BadValue::kDeadLetter
                                                    : BadValue::kError;
  std::string bytes = OptionValue(kRecordOptions, options, "max_record_bytes");
  RETURN_IF_ERROR(CheckRecordBytes(bytes));
  std::from_chars(bytes.data(), bytes.data() + bytes.size(), settings.max_record_bytes);
  auto header = options.find("header");
  settings.header = settings.format->has_header() && files && (header == options.end() || header->second == "true");
  return settings;
}

}  // namespace freshet
