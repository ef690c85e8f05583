// Writes pages of rows in the formats of answers.
#pragma once

#include <string>

#include "server/http/api/response_writer.h"
#include "server/http/api/rows_query.h"
#include "server/pipelines/reader.h"

namespace freshet {

// A whole answer as JSON: epoch, rows, errors, next_page_token; with its headers.
HttpResponse PageResponse(const RowsPage& page, const RowJsonOptions& options);
// The head of a stream, with what comes before the first row.
HttpResponse StreamHead(const RowsPage& page, RowsFormat format);
// The rows of a page as lines.
std::string StreamRows(const RowsPage& page, RowsFormat format, const RowJsonOptions& options);

}  // namespace freshet
