// Prints rows of a view as they come over HTTP.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/cli/client/http_client.h"
#include "tools/cli/output/output_format.h"

namespace freshet {

struct RowsToPrint {
  std::string target;  // /v1/pipelines/p/views/v/rows
  std::vector<std::pair<std::string, std::string>> parameters = {};
  uint64_t limit = 0;        // rows at most; 0 = all
  std::string in_view = {};  // JSON lines become {"view":"v","row":{}}
};

struct PrintedRows {
  uint64_t rows = 0;
  uint64_t rows_with_errors = 0;  // some cell is an ERROR, printed as null
  bool more = false;              // the limit cut the answer
};

// Nothing is printed before the server has answered well.
absl::StatusOr<PrintedRows> PrintRows(const HttpClient& http, const RowsToPrint& rows, OutputFormat format);

}  // namespace freshet
