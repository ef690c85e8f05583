#include "server/formats/format_list.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/formats/csv/csv_format.h"
#include "server/formats/json/json_format.h"
#include "server/formats/raw/raw_format.h"

namespace freshet {
namespace {

constexpr std::string_view kNotBuilt[] = {"avro", "protobuf", "parquet"};

}  // namespace

std::span<const Format* const> Formats() {
  static const Format* const formats[] = {&CsvFormat(), &JsonFormat(), &RawFormat()};
  return formats;
}

const Format* FindFormat(std::string_view name) {
  for (const Format* format : Formats()) {
    if (format->name() == name) return format;
  }
  return nullptr;
}

void AddFormatProblem(std::string_view option, std::string_view name, Problems& problems) {
  std::string path = StrCat("options.", option);
  if (std::find(std::begin(kNotBuilt), std::end(kNotBuilt), name) != std::end(kNotBuilt)) {
    AddProblem(problems, ErrorCode::kUnsupported, path, StrCat("format ", name, " is not built in this release"),
               "use json, csv or raw");
    return;
  }
  std::vector<std::string_view> names;
  for (const Format* format : Formats()) names.push_back(format->name());
  std::string nearest = NearestName(name, names);
  AddProblem(problems, ErrorCode::kUnknownFormat, path, StrCat("no format is named \"", name, "\""),
             nearest.empty() ? "formats are csv, json, raw" : StrCat("did you mean ", nearest, "?"));
}

}  // namespace freshet
