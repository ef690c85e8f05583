// What a name of a query may mean: the columns of the relations in FROM, then those of the queries around it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/sql/bind/logical.h"
#include "server/sql/parse/query.h"

namespace freshet {

// Gives names that are unique in a view.
class FreshNames {
 public:
  std::string Make(const std::string& base);

 private:
  std::map<std::string, int> used_;
};

struct ScopeName {
  std::string relation;  // empty: a column that USING merged
  std::string name;
  std::string internal;         // in the logical plan
  bool qualified_only = false;  // USING took its bare name
};

struct FoundName {
  std::string internal;
  bool outer = false;  // of a query around this one
};

class NameScope {
 public:
  // Names that are found further out are added to `taken`, if it is given.
  explicit NameScope(const NameScope* outer = nullptr, logical::Columns* taken = nullptr)
      : outer_(outer), taken_(taken) {}

  const NameScope* outer() const { return outer_; }
  void Add(ScopeName name) { names_.push_back(std::move(name)); }
  void Append(const NameScope& other) { names_.insert(names_.end(), other.names_.begin(), other.names_.end()); }
  std::vector<ScopeName>& names() { return names_; }
  const std::vector<ScopeName>& names() const { return names_; }
  bool HasRelation(std::string_view relation) const;

  // The column of these names (column, or relation and column) that stand at `offset`.
  std::variant<FoundName, ExpressionError> Find(const std::vector<std::string>& names, uint32_t offset) const;
  // The columns of this one and of the queries around it; of these alone.
  logical::Columns AllColumns() const;
  logical::Columns OuterColumns() const;

 private:
  std::vector<const ScopeName*> Matching(const std::vector<std::string>& names) const;
  ExpressionError Unknown(const std::vector<std::string>& names, uint32_t offset) const;

  const NameScope* outer_;
  logical::Columns* taken_;
  std::vector<ScopeName> names_;
};

}  // namespace freshet
