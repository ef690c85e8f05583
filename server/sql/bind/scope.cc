#include "server/sql/bind/scope.h"

#include <algorithm>

namespace freshet {

Scope ScopeOf(const Schema& schema) {
  Scope scope;
  for (const Field& field : schema) scope.push_back({field.name, {}, field.type});
  return scope;
}

void AddRelation(Scope& scope, const std::string& relation) {
  for (ScopeColumn& column : scope) {
    auto& relations = column.relations;
    if (std::find(relations.begin(), relations.end(), relation) == relations.end()) relations.push_back(relation);
  }
}

void SetRelation(Scope& scope, const std::string& relation) {
  for (ScopeColumn& column : scope) column.relations = {relation};
}

}  // namespace freshet
