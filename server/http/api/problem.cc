#include "server/http/api/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/problem_json.h"
#include "server/http/api/shown_text.h"
#include "server/pipelines/problems.h"

namespace freshet {
namespace {

boost::json::object ProblemObject(const absl::Status& status) {
  const ErrorInfo& info = InfoOf(CodeOf(status));
  boost::json::object problem;
  problem["type"] = "about:blank";
  problem["title"] = boost::json::string_view(info.doc.data(), info.doc.size());
  problem["status"] = info.http_status;
  problem["detail"] = ShownText(StdView(status.message()));  // it may repeat what the client sent
  problem["code"] = boost::json::string_view(info.name.data(), info.name.size());
  v1::Problems problems = ProblemsOf(status);
  if (problems.problems_size() > 0) problem["problems"] = ProblemsArray(problems.problems());
  return problem;
}

}  // namespace

std::string ProblemJson(const absl::Status& status) { return boost::json::serialize(ProblemObject(status)); }

HttpResponse ProblemResponse(const absl::Status& status) {
  HttpResponse response{
      InfoOf(CodeOf(status)).http_status, {{"Content-Type", "application/problem+json"}}, ProblemJson(status)};
  ErrorCode code = CodeOf(status);
  if (code == ErrorCode::kHydrating || code == ErrorCode::kRecovering || code == ErrorCode::kUnavailable ||
      code == ErrorCode::kTooManyRequests) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

}  // namespace freshet
