// Binds the names of queries: each becomes a node of the logical plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/domain.h"
#include "server/sql/parse/query.h"

namespace freshet {

class SubqueryJoiner;

// Knows the tables and views of the pipeline.
class RelationCatalog {
 public:
  virtual ~RelationCatalog() = default;
  // The names of its columns, or why it cannot be read.
  virtual std::variant<std::vector<std::string>, ExpressionError> ColumnsOf(const std::string& relation,
                                                                            uint32_t offset) const = 0;
};

class QueryBinder {
 public:
  QueryBinder(const RelationCatalog& catalog, const SubqueryJoiner& subqueries, std::vector<ExpressionError>& errors)
      : catalog_(catalog), subqueries_(subqueries), errors_(errors) {}

  // No value: errors were added. With a domain, names of the queries around it (`outer`) mean columns of the domain.
  std::optional<BoundQuery> Bind(const Query& query, const NameScope* outer = nullptr, const Domain* domain = nullptr);
  // A query that may take values from those around it.
  std::optional<DependentQuery> BindDependent(const Query& query, const NameScope& outer);
  // A common table, or a relation of the pipeline.
  std::optional<BoundQuery> BindNamed(const std::string& name, uint32_t offset);

  FreshNames& names() { return names_; }
  std::vector<ExpressionError>& errors() { return errors_; }
  const SubqueryJoiner& subqueries() const { return subqueries_; }
  void AddWith(const Query& query);
  void DropWith(const Query& query);

 private:
  // false: the query has become too large; an error was added.
  bool CountRead(uint32_t offset);
  std::optional<BoundQuery> BindBody(const Query& query, const NameScope* outer, const Domain* domain);
  // ORDER BY and LIMIT of VALUES and of two queries put together.
  bool OrderResult(const Query& query, const Domain* domain, BoundQuery* bound);
  std::optional<BoundQuery> BindValues(const Query& query, const NameScope* outer, const Domain* domain);
  v1::Node RowsForDomain(const v1::Values& values, const Domain& domain, uint32_t position);
  std::optional<BoundQuery> BindSetOperation(const Query& query, const NameScope* outer, const Domain* domain);
  v1::Node CountSides(const Query& query, const BoundQuery& left, const BoundQuery& right,
                      const std::vector<OutputColumn>& columns);

  const RelationCatalog& catalog_;
  const SubqueryJoiner& subqueries_;
  std::vector<ExpressionError>& errors_;
  FreshNames names_;
  // Those that may be read, the nearest last.
  std::vector<const CommonTable*> with_;
  size_t reads_ = 0;
};

// The query's columns by other names, as `t (a, b)` gives them. false: there are more names than columns.
bool RenameColumns(const std::vector<std::string>& names, std::vector<OutputColumn>* columns);

}  // namespace freshet
