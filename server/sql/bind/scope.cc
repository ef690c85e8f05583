#include "server/sql/bind/scope.h"

namespace freshet {

Scope ScopeOf(const Schema& schema) {
  Scope scope;
  for (const Field& field : schema) scope.push_back({field.name, {}, field.type});
  return scope;
}

void AddRelation(Scope& scope, const std::string& relation) {
  // Columns that come the same way have one list: they go on having one.
  RelationNames from, to(relation);
  for (ScopeColumn& column : scope) {
    if (!column.relations.SharesAll(from)) {
      from = column.relations;
      to = from.With(relation);
    }
    column.relations = to;
  }
}

void SetRelation(Scope& scope, const std::string& relation) {
  RelationNames only(relation);
  for (ScopeColumn& column : scope) column.relations = only;
}

}  // namespace freshet
