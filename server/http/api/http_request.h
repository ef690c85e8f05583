// One request as routes see it: decoded and bounded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet {

struct HttpRequest {
  bool head = false;   // a HEAD request
  std::string method;  // GET; a HEAD request comes as GET, its body is not sent
  std::string path;    // as it was sent, without the query
  // Query parameters in their order, decoded.
  std::vector<std::pair<std::string, std::string>> query;
  // By lower-case name.
  std::map<std::string, std::string> headers;
  std::string body;
  // What the route's pattern names in braces, decoded.
  std::map<std::string, std::string> path_parameters;

  // The first value of a query parameter.
  std::optional<std::string_view> Query(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  // Empty if it was not sent.
  std::string_view Header(const std::string& lower_case_name) const {
    auto header = headers.find(lower_case_name);
    return header == headers.end() ? std::string_view() : std::string_view(header->second);
  }
  const std::string& PathParameter(const std::string& name) const { return path_parameters.at(name); }
};

}  // namespace freshet
