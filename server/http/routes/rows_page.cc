#include "server/http/routes/rows_page.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

void AddHeaders(const RowsPage& page, HttpResponse* response) {
  response->headers.emplace_back("Freshet-Epoch", StrCat(page.epoch));
  response->headers.emplace_back("Freshet-Revision", StrCat(page.revision));
  response->headers.emplace_back("Freshet-Lag-Ms", StrCat(page.lag_ms));
  response->headers.emplace_back("ETag", page.etag);
  response->headers.emplace_back("Cache-Control", "no-cache");
}

}  // namespace

HttpResponse PageResponse(const RowsPage& page, const RowJsonOptions& options) {
  std::string body = StrCat("{\"epoch\":", page.epoch, ",\"rows\":[");
  std::string errors;
  uint64_t number = 0;
  for (uint32_t row = 0; row < page.rows.size(); ++row) {
    for (int64_t copy = 0; copy < page.rows.WeightAt(row); ++copy, ++number) {
      if (number > 0) body.push_back(',');
      AppendRowJson(page.schema, page.rows, row, options, &body);
      for (uint32_t i = 0; i < page.schema.size(); ++i) {
        CellError error = page.rows.column(ColumnIndex(i)).ErrorAt(row);
        if (error == CellError::kNone) continue;
        StrAppend(&errors, errors.empty() ? "" : ",", "{\"row\":", number, ",\"column\":");
        AppendJsonString(page.schema[i].name, &errors);
        errors.append(",\"code\":");
        AppendJsonString(CellErrorCode(error), &errors);
        errors.push_back('}');
      }
    }
  }
  StrAppend(&body, "],\"errors\":[", errors, "],\"next_page_token\":");
  AppendJsonString(page.next_page_token, &body);
  body.push_back('}');
  HttpResponse response = HttpResponse::Json(std::move(body));
  AddHeaders(page, &response);
  return response;
}

HttpResponse StreamHead(const RowsPage& page, RowsFormat format) {
  CHECK(format != RowsFormat::kJson);
  HttpResponse response;
  response.headers.emplace_back("Content-Type",
                                format == RowsFormat::kCsv ? "text/csv; charset=utf-8" : "application/x-ndjson");
  AddHeaders(page, &response);
  if (format == RowsFormat::kCsv) AppendCsvHeader(page.schema, &response.body);
  return response;
}

std::string StreamRows(const RowsPage& page, RowsFormat format, const RowJsonOptions& options) {
  std::string lines, line;
  for (uint32_t row = 0; row < page.rows.size(); ++row) {
    line.clear();
    if (format == RowsFormat::kCsv) {
      AppendRowCsv(page.schema, page.rows, row, &line);
    } else {
      line.append("{\"row\":");
      AppendRowJson(page.schema, page.rows, row, options, &line);
      std::string errors;
      if (AppendRowErrors(page.schema, page.rows, row, &errors)) StrAppend(&line, ",\"errors\":{", errors, "}");
      line.append("}\n");
    }
    for (int64_t copy = 0; copy < page.rows.WeightAt(row); ++copy) lines.append(line);
  }
  return lines;
}

}  // namespace freshet
