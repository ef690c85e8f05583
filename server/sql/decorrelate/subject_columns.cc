#include "server/sql/decorrelate/subject_columns.h"

#include <algorithm>

namespace freshet {

void JoinToSubject(v1::JoinKind kind, v1::Node rows, std::vector<v1::Expression> conditions,
                   const std::vector<std::string>& columns, Subject* subject) {
  subject->node = logical::Join(kind, std::move(subject->node), std::move(rows), std::move(conditions));
  subject->columns.insert(columns.begin(), columns.end());
}

void AddToSubject(const std::string& column, v1::Expression value, Subject* subject) {
  v1::Node node;
  node.set_position(value.position());
  v1::Project* project = node.mutable_project();
  *project->mutable_input() = std::move(subject->node);
  project->set_keep_input(true);
  logical::AddColumn(project, column, std::move(value));
  subject->node = std::move(node);
  subject->columns.insert(column);
}

bool ForgetUnsupported(size_t first, std::vector<ExpressionError>* errors) {
  const auto begin = errors->begin() + static_cast<std::ptrdiff_t>(first);
  if (!std::all_of(begin, errors->end(), [](const auto& error) { return error.code == ErrorCode::kUnsupported; })) {
    return false;
  }
  errors->erase(begin, errors->end());
  return true;
}

}  // namespace freshet
