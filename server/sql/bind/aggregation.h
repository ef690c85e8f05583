// What a query with GROUP BY or aggregates computes: its keys and calls, and expressions over them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/name_scope.h"

namespace freshet {

class Aggregation {
 public:
  Aggregation(FreshNames& names, std::vector<ExpressionError>& errors) : names_(names), errors_(errors) {}

  // The column that will have the key's value; equal keys are one.
  std::string AddKey(const v1::Expression& key);
  // A column of the input that is a key under its own name, in every set.
  void KeepKey(const std::string& column);
  // Rows are grouped by these keys alone; several sets give the groups of each, the other keys NULL in them. Without
  // any, they are grouped by all keys.
  void AddSet(std::vector<std::string> keys);
  // GROUPING(...) of keys. No value: one is no key; an error was added.
  std::optional<v1::Expression> AddGrouping(const std::vector<v1::Expression>& keys, uint32_t position);
  // The column that will have the call's result; equal calls are computed once.
  v1::Expression AddCall(const v1::Expression& call);
  // A column that comes from elsewhere and may stand alone.
  void Pass(const std::string& column) { passed_.insert(column); }
  // Makes an expression over the input's columns one over keys and calls. false: a column stands alone; an error was
  // added.
  bool Rewrite(v1::Expression* expression);

  struct NamedCall {
    std::string column;
    v1::Expression call;
  };
  const std::vector<NamedCall>& calls() const { return calls_; }
  // The call's column where no row may have been met: then it is NULL, and 0 for a call that counts.
  static v1::Expression OverNothingToo(const NamedCall& call);
  v1::Node MakeNode(v1::Node input, uint32_t position) const;
  // The columns that the node gives.
  logical::Columns columns() const;

 private:
  using Set = std::vector<std::string>;
  // GROUPING of keys, under a name.
  struct NamedGrouping {
    std::string column;
    std::vector<std::string> keys;
  };

  v1::Node GroupBy(v1::Node input, uint32_t position, const std::vector<NamedCall>& keys) const;
  v1::Node GroupBySet(v1::Node input, uint32_t position, const Set& set) const;

  FreshNames& names_;
  std::vector<ExpressionError>& errors_;
  std::vector<NamedCall> keys_;
  std::map<std::string, std::string> key_columns_;  // by the key's text
  std::vector<Set> sets_;
  logical::Columns kept_keys_;
  std::vector<NamedGrouping> groupings_;
  std::vector<NamedCall> calls_;
  std::map<std::string, std::string> call_columns_;
  logical::Columns passed_;
};

}  // namespace freshet
