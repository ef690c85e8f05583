#include "server/http/api/router.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/base/utf8.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// No value: an escape is malformed, or the result is no UTF-8.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus_is_blank ? ' ' : text[i]);
    }
  }
  if (ValidUtf8Prefix(decoded) != decoded.size()) return std::nullopt;
  return decoded;
}

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (auto segment : absl::StrSplit(absl::string_view(path.data(), path.size()), '/')) {
    segments.emplace_back(segment.data(), segment.size());
  }
  return segments;
}

// Matches one segment against `text`, `{name}`, or `{name}:verb` and `text:verb`.
bool MatchSegment(std::string_view pattern, std::string_view segment, std::map<std::string, std::string>* parameters) {
  if (pattern.empty() || pattern.front() != '{') return pattern == segment;
  size_t close = pattern.find('}');
  std::string_view verb = pattern.substr(close + 1);
  size_t colon = segment.rfind(':');
  if (verb.empty()) {
    if (colon != std::string_view::npos) return false;
  } else {
    if (colon == std::string_view::npos || segment.substr(colon) != verb) return false;
    segment = segment.substr(0, colon);
  }
  std::optional<std::string> value = PercentDecode(segment, false);
  if (!value || value->empty()) return false;
  (*parameters)[std::string(pattern.substr(1, close - 1))] = *std::move(value);
  return true;
}

bool MatchPath(std::string_view pattern, const std::vector<std::string_view>& segments,
               std::map<std::string, std::string>* parameters) {
  std::vector<std::string_view> parts = Segments(pattern);
  if (parts.size() != segments.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!MatchSegment(parts[i], segments[i], parameters)) return false;
  }
  return true;
}

absl::Status CheckQuery(const HttpRequest& request, const RouteInfo& info) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    if (std::find(info.query_parameters.begin(), info.query_parameters.end(), name) != info.query_parameters.end()) {
      if (seen.insert(name).second || name == info.repeated_parameter) continue;
      return MakeError(ErrorCode::kInvalidRequest, StrCat("query parameter '", name, "' stands more than once"));
    }
    std::string known;
    for (std::string_view parameter : info.query_parameters) {
      known = StrCat(known, known.empty() ? "" : ", ", parameter);
    }
    return MakeError(ErrorCode::kUnknownField,
                     StrCat("unknown query parameter '", name, "'; ",
                            known.empty() ? std::string("this call takes none") : StrCat("this call takes ", known)));
  }
  return absl::OkStatus();
}

}  // namespace

Router::Router(std::vector<std::unique_ptr<Route>> routes) : routes_(std::move(routes)) {}

absl::Status Router::Find(HttpRequest* request, Match* match) const {
  std::vector<std::string_view> segments = Segments(request->path);
  for (const std::unique_ptr<Route>& route : routes_) {
    std::map<std::string, std::string> parameters;
    if (!MatchPath(route->info().pattern, segments, &parameters)) continue;
    if (route->info().method != request->method) {
      match->allow = StrCat(match->allow, match->allow.empty() ? "" : ", ", route->info().method,
                            route->info().method == "GET" ? ", HEAD" : "");
      continue;
    }
    request->path_parameters = std::move(parameters);
    RETURN_IF_ERROR(CheckQuery(*request, route->info()));
    match->route = route.get();
    return absl::OkStatus();
  }
  if (!match->allow.empty()) {
    return MakeError(ErrorCode::kMethodNotAllowed, StrCat(request->path, " takes ", match->allow));
  }
  return MakeError(ErrorCode::kNotFound, StrCat("there is nothing at ", request->path, "; / lists what there is"));
}

absl::Status ParseTarget(std::string_view target, HttpRequest* request) {
  if (target.empty() || target.front() != '/') {
    return MakeError(ErrorCode::kInvalidRequest, "the request target must be a path that starts with /");
  }
  target = target.substr(0, target.find('#'));
  size_t question = target.find('?');
  request->path = target.substr(0, question);
  if (!PercentDecode(request->path, false)) {
    return MakeError(ErrorCode::kInvalidRequest,
                     StrCat("the path ", request->path, " has a malformed % escape or is not UTF-8"));
  }
  if (question == std::string_view::npos) return absl::OkStatus();
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    if (parameter.empty()) continue;
    size_t equals = parameter.find('=');
    auto name = PercentDecode(parameter.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : PercentDecode(parameter.substr(equals + 1), true);
    if (!name || !value) {
      return MakeError(ErrorCode::kInvalidRequest,
                       StrCat("query parameter '", parameter, "' has a malformed % escape or is not UTF-8"));
    }
    request->query.emplace_back(*std::move(name), *std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace freshet
