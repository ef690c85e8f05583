#include "server/pipelines/problems.h"

#include "absl/strings/cord.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr char kPayloadUrl[] = "freshet.v1.Problems";

std::string Summary(const v1::Problems& problems) {
  int errors = 0;
  const v1::Problem* first = nullptr;
  for (const v1::Problem& problem : problems.problems()) {
    if (problem.severity() != v1::Problem::ERROR) continue;
    if (errors++ == 0) first = &problem;
  }
  if (first == nullptr) return "the definition is refused";
  std::string place = first->file();
  if (first->line() != 0) place += fmt::format(":{}:{}", first->line(), first->column());
  if (place.empty()) place = first->path();
  std::string text = place.empty() ? first->message() : fmt::format("{}: {}", place, first->message());
  return errors == 1 ? text : fmt::format("{} (and {} more problems)", text, errors - 1);
}

}  // namespace

absl::Status ProblemsError(const v1::Problems& problems) {
  absl::Status status = MakeError(ErrorCode::kInvalidDefinition, Summary(problems));
  status.SetPayload(kPayloadUrl, absl::Cord(AbslView(problems.SerializeAsString())));
  return status;
}

v1::Problems ProblemsOf(const absl::Status& status) {
  v1::Problems problems;
  if (auto payload = status.GetPayload(kPayloadUrl)) problems.ParseFromString(std::string(*payload));
  return problems;
}

bool HasErrors(const v1::Problems& problems) {
  for (const v1::Problem& problem : problems.problems()) {
    if (problem.severity() == v1::Problem::ERROR) return true;
  }
  return false;
}

}  // namespace freshet
