#include "tools/cli/client/http_problem.h"

#include <string>

#include <boost/json/parse.hpp>

#include "engine/base/str_cat.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

namespace json = boost::json;

std::string Text(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string());
}

uint32_t Number(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? static_cast<uint32_t>(value->get_int64()) : 0;
}

v1::Problem ProblemOf(const json::object& object) {
  v1::Problem problem;
  problem.set_severity(Text(object, "severity") == "warning" ? v1::Problem::WARNING : v1::Problem::ERROR);
  problem.set_code(Text(object, "code"));
  problem.set_message(Text(object, "message"));
  problem.set_suggestion(Text(object, "suggestion"));
  problem.set_path(Text(object, "path"));
  problem.set_file(Text(object, "file"));
  problem.set_line(Number(object, "line"));
  problem.set_column(Number(object, "column"));
  problem.set_excerpt(Text(object, "excerpt"));
  return problem;
}

}  // namespace

absl::Status ProblemStatus(int http_status, std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error || !value.is_object()) {
    return absl::UnknownError(AbslView(StrCat("the server answered HTTP status ", http_status)));
  }
  const json::object& object = value.get_object();
  v1::Problems problems;
  if (const json::value* list = object.if_contains("problems"); list != nullptr && list->is_array()) {
    for (const json::value& problem : list->get_array()) {
      if (problem.is_object()) *problems.add_problems() = ProblemOf(problem.get_object());
    }
  }
  return ServerError(Text(object, "code"), Text(object, "detail"), absl::StatusCode::kUnknown, problems);
}

}  // namespace freshet
