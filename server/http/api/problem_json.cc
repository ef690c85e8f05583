#include "server/http/api/problem_json.h"

#include <boost/json/object.hpp>

#include "server/http/api/shown_text.h"

namespace freshet {

boost::json::array ProblemsArray(const google::protobuf::RepeatedPtrField<v1::Problem>& problems) {
  boost::json::array array;
  for (const v1::Problem& problem : problems) {
    boost::json::object object;
    object["severity"] = problem.severity() == v1::Problem::ERROR ? "error" : "warning";
    object["code"] = problem.code();
    object["message"] = ShownText(problem.message());
    if (!problem.suggestion().empty()) object["suggestion"] = ShownText(problem.suggestion());
    if (!problem.path().empty()) object["path"] = ShownText(problem.path());
    if (!problem.file().empty()) object["file"] = ShownText(problem.file());
    if (problem.line() > 0) object["line"] = problem.line();
    if (problem.column() > 0) object["column"] = problem.column();
    if (!problem.excerpt().empty()) object["excerpt"] = ShownText(problem.excerpt());
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace freshet
