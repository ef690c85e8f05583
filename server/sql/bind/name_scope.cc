#include "server/sql/bind/name_scope.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/definitions/suggestion.h"

namespace freshet {
namespace {

// Names of columns are bounded (planner/names.h).
constexpr size_t kMaxBaseBytes = 200;

std::string Format(const std::vector<std::string>& names) {
  return names.size() == 2 ? StrCat(names[0], ".", names[1]) : names.back();
}

}  // namespace

std::string FreshNames::Make(const std::string& base) {
  std::string name = base.substr(0, kMaxBaseBytes);
  int number = ++used_[name];
  if (number == 1) return name;
  return Make(StrCat(name, "#", number));
}

bool NameScope::HasRelation(std::string_view relation) const {
  return std::any_of(names_.begin(), names_.end(), [&](const ScopeName& each) { return each.relation == relation; });
}

std::vector<const ScopeName*> NameScope::Matching(const std::vector<std::string>& names) const {
  std::vector<const ScopeName*> found;
  bool qualified = names.size() == 2;
  for (const ScopeName& each : names_) {
    if (each.name != names.back()) continue;
    if (qualified ? each.relation == names[0] : !each.qualified_only) found.push_back(&each);
  }
  return found;
}

std::variant<FoundName, ExpressionError> NameScope::Find(const std::vector<std::string>& names, uint32_t offset) const {
  for (const NameScope* scope = this; scope != nullptr; scope = scope->outer_) {
    std::vector<const ScopeName*> found = scope->Matching(names);
    if (found.size() == 1) {
      for (const NameScope* passed = this; passed != scope; passed = passed->outer_) {
        if (passed->taken_ != nullptr) passed->taken_->insert(found[0]->internal);
      }
      return FoundName{found[0]->internal, scope != this};
    }
    if (found.size() > 1) {
      std::string choice;
      for (const ScopeName* each : found) {
        if (!each->relation.empty()) StrAppend(&choice, choice.empty() ? "" : " or ", each->relation, ".", each->name);
      }
      return ExpressionError{ErrorCode::kAmbiguousColumn, StrCat("there are several columns ", Format(names)),
                             choice.empty() ? "" : StrCat("write ", choice), offset};
    }
    // A relation hides those of its name further out.
    if (names.size() == 2 && scope->HasRelation(names[0])) break;
  }
  return Unknown(names, offset);
}

ExpressionError NameScope::Unknown(const std::vector<std::string>& names, uint32_t offset) const {
  std::vector<std::string> relations, columns;
  bool known = false;
  for (const NameScope* scope = this; scope != nullptr; scope = scope->outer_) {
    for (const ScopeName& each : scope->names_) {
      if (!each.relation.empty() && std::find(relations.begin(), relations.end(), each.relation) == relations.end()) {
        relations.push_back(each.relation);
      }
      bool fits = names.size() == 1 || each.relation == names[0];
      known = known || fits;
      if (fits && std::find(columns.begin(), columns.end(), each.name) == columns.end()) columns.push_back(each.name);
    }
  }
  if (names.size() == 2 && !known) {
    return {ErrorCode::kUnknownRelation, StrCat("no relation of this query is called ", names[0]),
            SuggestName(names[0], relations), offset};
  }
  return {ErrorCode::kUnknownColumn, StrCat("there is no column ", Format(names)), SuggestName(names.back(), columns),
          offset};
}

logical::Columns NameScope::AllColumns() const {
  logical::Columns columns = OuterColumns();
  for (const ScopeName& each : names_) columns.insert(each.internal);
  return columns;
}

logical::Columns NameScope::OuterColumns() const {
  logical::Columns columns;
  for (const NameScope* scope = outer_; scope != nullptr; scope = scope->outer_) {
    for (const ScopeName& each : scope->names_) columns.insert(each.internal);
  }
  return columns;
}

}  // namespace freshet
