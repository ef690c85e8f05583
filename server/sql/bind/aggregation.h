// What a query with GROUP BY or aggregates computes: its keys and calls, and expressions over them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/sql/bind/name_scope.h"

namespace freshet {

class Aggregation {
 public:
  Aggregation(FreshNames& names, std::vector<ExpressionError>& errors) : names_(names), errors_(errors) {}

  void AddKey(const v1::Expression& key);
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
  v1::Node MakeNode(v1::Node input, uint32_t position) const;
  // The columns that the node gives.
  logical::Columns columns() const;

 private:
  FreshNames& names_;
  std::vector<ExpressionError>& errors_;
  std::vector<NamedCall> keys_;
  std::map<std::string, std::string> key_columns_;  // by the key's text
  std::vector<NamedCall> calls_;
  std::map<std::string, std::string> call_columns_;
  logical::Columns passed_;
};

}  // namespace freshet
