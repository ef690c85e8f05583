#include "server/http/api/rows_query.h"

#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

absl::StatusOr<uint64_t> ParseNumber(std::string_view name, std::string_view text, uint64_t min, uint64_t max,
                                     ErrorCode code = ErrorCode::kInvalidRequest) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return MakeError(code, StrCat(name, "=", text, " must be a number from ", min, " to ", max));
  }
  return value;
}

// Takes JSON scalars off the front of a text; numbers keep their digits.
class ScalarScanner {
 public:
  explicit ScalarScanner(std::string_view text) : text_(text) { SkipBlanks(); }

  bool AtEnd() const { return text_.empty(); }
  bool Take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    SkipBlanks();
    return true;
  }

  // No value: not a scalar.
  std::optional<std::optional<std::string>> TakeScalar() {
    if (text_.empty()) return std::nullopt;
    if (text_.front() == '"') return TakeString();
    size_t size = std::min(text_.find_first_of(",] \t\r\n"), text_.size());
    std::string_view word = text_.substr(0, size);
    text_.remove_prefix(size);
    SkipBlanks();
    if (word == "null") return std::optional<std::string>();
    bool is_number = !word.empty() && (absl::ascii_isdigit(word.front()) || word.front() == '-') &&
                     word.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    if (word != "true" && word != "false" && !is_number) return std::nullopt;
    return std::optional<std::string>(std::string(word));
  }

 private:
  void SkipBlanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size())); }

  std::optional<std::optional<std::string>> TakeString() {
    size_t end = 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return std::nullopt;
    boost::system::error_code error;
    boost::json::value parsed = boost::json::parse(boost::json::string_view(text_.data(), end + 1), error);
    if (error) return std::nullopt;
    text_.remove_prefix(end + 1);
    SkipBlanks();
    const boost::json::string& string = parsed.get_string();
    return std::optional<std::string>(std::string(string.data(), string.size()));
  }

  std::string_view text_;
};

absl::StatusOr<RowsFormat> ParseFormat(const HttpRequest& request) {
  if (auto format = request.Query("format")) {
    if (*format == "json") return RowsFormat::kJson;
    if (*format == "ndjson") return RowsFormat::kNdjson;
    if (*format == "csv") return RowsFormat::kCsv;
    return MakeError(ErrorCode::kInvalidRequest, StrCat("format=", *format, " must be json, ndjson or csv"));
  }
  std::string_view accept = request.Header("accept");
  if (accept.find("application/x-ndjson") != std::string_view::npos) return RowsFormat::kNdjson;
  if (accept.find("text/csv") != std::string_view::npos) return RowsFormat::kCsv;
  return RowsFormat::kJson;
}

}  // namespace

absl::StatusOr<std::vector<std::optional<std::string>>> ParseKey(std::string_view json) {
  absl::Status malformed = MakeError(
      ErrorCode::kInvalidKey,
      StrCat("key=", json, " is neither a JSON value nor an array of them; a text stands in quotes: key=\"abc\""));
  ScalarScanner scanner(json);
  std::vector<std::optional<std::string>> values;
  bool array = scanner.Take('[');
  do {
    auto value = scanner.TakeScalar();
    if (!value) return malformed;
    values.push_back(*std::move(value));
  } while (array && scanner.Take(','));
  if ((array && !scanner.Take(']')) || !scanner.AtEnd()) return malformed;
  return values;
}

absl::StatusOr<std::vector<RowsQuery::Order>> ParseOrder(std::string_view text) {
  std::vector<RowsQuery::Order> order;
  for (auto part : absl::StrSplit(AbslView(text), ',')) {
    std::vector<std::string> words = absl::StrSplit(part, ' ', absl::SkipEmpty());
    absl::Status malformed = MakeError(
        ErrorCode::kInvalidRequest,
        StrCat("order=", text, ": each part is a column with asc or desc and nulls first or nulls last behind it"));
    if (words.empty()) return malformed;
    RowsQuery::Order by;
    by.column = words[0];
    if (by.column.size() > 1 && by.column.front() == '-') {
      by.descending = true;
      by.column.erase(0, 1);
    }
    size_t next = 1;
    if (next < words.size() && (words[next] == "desc" || words[next] == "asc")) by.descending = words[next++] == "desc";
    if (next + 2 == words.size() && words[next] == "nulls" &&
        (words[next + 1] == "first" || words[next + 1] == "last")) {
      by.nulls_first = words[next + 1] == "first";
      next += 2;
    }
    if (next != words.size()) return malformed;
    order.push_back(std::move(by));
  }
  return order;
}

absl::StatusOr<RowsRequestParameters> ParseRowsRequest(const HttpRequest& request, const Settings& settings) {
  RowsRequestParameters parameters;
  RowsQuery& query = parameters.query;
  query.pipeline = request.PathParameter("p");
  query.table = request.path_parameters.contains("t");
  query.relation = request.PathParameter(query.table ? "t" : "v");
  ASSIGN_OR_RETURN(parameters.format, ParseFormat(request));
  query.limit = static_cast<uint32_t>(parameters.format == RowsFormat::kJson ? settings.http_page_rows_default
                                                                             : settings.http_page_rows_max);
  query.timeout_ms = static_cast<uint32_t>(settings.http_read_timeout_ms);
  for (const auto& [name, value] : request.query) {
    if (name == "key") {
      ASSIGN_OR_RETURN(std::vector<std::optional<std::string>> key, ParseKey(value));
      query.keys.push_back(std::move(key));
    } else if (name == "where") {
      if (value.empty()) return MakeError(ErrorCode::kInvalidRequest, "where= is empty: leave it out for all rows");
      query.where = value;
    } else if (name == "order") {
      ASSIGN_OR_RETURN(query.order, ParseOrder(value));
    } else if (name == "limit") {
      ASSIGN_OR_RETURN(uint64_t limit, ParseNumber(name, value, 1, settings.http_page_rows_max));
      query.limit = static_cast<uint32_t>(limit);
      parameters.limited = true;
    } else if (name == "page_token") {
      query.page_token = value;
      parameters.limited = true;
    } else if (name == "at_least") {
      bool number = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
      if (number) {
        ASSIGN_OR_RETURN(query.at_least, ParseNumber(name, value, 0, UINT64_MAX, ErrorCode::kInvalidToken));
      } else {
        query.at_least_token = value;
      }
    } else if (name == "epoch") {
      ASSIGN_OR_RETURN(query.epoch, ParseNumber(name, value, 1, UINT64_MAX));
    } else if (name == "int64") {
      if (value != "string" && value != "number") {
        return MakeError(ErrorCode::kInvalidRequest, StrCat("int64=", value, " must be number or string"));
      }
      parameters.json.int64_as_string = value == "string";
    }
  }
  return parameters;
}

}  // namespace freshet
