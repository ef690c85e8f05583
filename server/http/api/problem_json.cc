#include "server/http/api/problem_json.h"

#include <boost/json/object.hpp>

namespace freshet {

boost::json::array ProblemsArray(const google::protobuf::RepeatedPtrField<v1::Problem>& problems) {
  boost::json::array array;
  for (const v1::Problem& problem : problems) {
    boost::json::object object;
    object["severity"] = problem.severity() == v1::Problem::ERROR ? "error" : "warning";
    object["code"] = problem.code();
    object["message"] = problem.message();
    if (!problem.suggestion().empty()) object["suggestion"] = problem.suggestion();
    if (!problem.path().empty()) object["path"] = problem.path();
    if (!problem.file().empty()) object["file"] = problem.file();
    if (problem.line() > 0) object["line"] = problem.line();
    if (problem.column() > 0) object["column"] = problem.column();
    if (!problem.excerpt().empty()) object["excerpt"] = problem.excerpt();
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace freshet
