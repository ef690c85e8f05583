#include "server/definitions/problem_list.h"

#include <utility>

namespace freshet {

void ProblemList::Add(ProblemDraft draft) {
  v1::Problem problem;
  problem.set_severity(draft.severity);
  problem.set_code(std::string(InfoOf(draft.code).name));
  problem.set_path(std::move(draft.path));
  problem.set_message(std::move(draft.message));
  problem.set_suggestion(std::move(draft.suggestion));
  if (draft.severity == v1::Problem::ERROR) ++error_count_;
  if (entries_.size() >= kMaxKept) {
    ++dropped_;
    return;
  }
  entries_.push_back({std::move(problem), draft.offset});
}

void ProblemList::AddProblem(v1::Problem problem) {
  if (problem.severity() == v1::Problem::ERROR) ++error_count_;
  if (entries_.size() >= kMaxKept) {
    ++dropped_;
    return;
  }
  entries_.push_back({std::move(problem), std::nullopt});
}

}  // namespace freshet
