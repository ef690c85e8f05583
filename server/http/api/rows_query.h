// Reads the parameters of a rows request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/formats/api/row_json.h"
#include "server/http/api/http_request.h"
#include "server/pipelines/reader.h"
#include "server/settings/settings.h"

namespace freshet {

enum class RowsFormat : uint8_t { kJson, kNdjson, kCsv };

struct RowsRequestParameters {
  RowsQuery query;
  RowsFormat format = RowsFormat::kJson;
  RowJsonOptions json;
  bool limited = false;  // a limit or page token was given: one page, also as NDJSON or CSV
};

// Error: INVALID_REQUEST, INVALID_KEY or INVALID_TOKEN with the parameter and what it takes.
absl::StatusOr<RowsRequestParameters> ParseRowsRequest(const HttpRequest& request, const Settings& settings);

// `"abc"`, `12`, `null`, or an array of them for several key columns, as the text forms of the values.
absl::StatusOr<std::vector<std::optional<std::string>>> ParseKey(std::string_view json);
// `a, b desc nulls last`, or `-b` for descending.
absl::StatusOr<std::vector<RowsQuery::Order>> ParseOrder(std::string_view text);

}  // namespace freshet
