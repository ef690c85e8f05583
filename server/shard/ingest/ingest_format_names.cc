#include "server/shard/ingest/ingest_format_names.h"

#include "engine/base/str_cat.h"

namespace freshet {

std::string_view IngestFormatName(IngestFormat format) {
  switch (format) {
    case IngestFormat::kNdjson:
      return "ndjson";
    case IngestFormat::kJson:
      return "json";
    case IngestFormat::kCsv:
      return "csv";
  }
  return "";
}

absl::StatusOr<IngestFormat> IngestFormatOf(std::string_view name) {
  for (IngestFormat format : {IngestFormat::kNdjson, IngestFormat::kJson, IngestFormat::kCsv}) {
    if (IngestFormatName(format) == name) return format;
  }
  return absl::DataLossError(
      StrCat("the log holds a request of format \"", name, "\", which this release does not know"));
}

}  // namespace freshet
