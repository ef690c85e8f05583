// A tree of inner joins taken apart: its inputs in no order, which of their columns are equal, and what else must hold.
// Columns of all inputs are numbered through.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/plan/expression_logic.h"
#include "server/plan/plan_node.h"

namespace freshet {

// A set of inputs, by bit.
using JoinInputs = uint64_t;
constexpr size_t kMaxJoinInputs = 64;

struct JoinColumn {
  size_t input;
  uint32_t column;  // of the input
  DataType type;
};

class JoinGraph {
 public:
  // `top` is an inner join, or a filter or project above one. What else the tree reads `rewrite` gives. No value: there
  // are too many inputs, or keys of a type without an equality of its own.
  static std::optional<JoinGraph> Make(const PlanRef& top, const ReaderCounts& readers,
                                       const std::function<PlanRef(const PlanRef&)>& rewrite);
  // Whether `Make` takes it.
  static bool IsJoinTree(const PlanRef& node, const ReaderCounts& readers);

  // Filtered by the conditions that read them alone, also by those that follow from equal columns and from ORs.
  const std::vector<PlanRef>& inputs() const { return inputs_; }
  const std::vector<JoinColumn>& columns() const { return columns_; }
  // Columns that are equal to each other.
  const std::vector<std::vector<uint32_t>>& classes() const { return classes_; }
  // Over columns of several inputs, or of none.
  const std::vector<Expression>& conditions() const { return conditions_; }
  // What the tree gives.
  const std::vector<Expression>& outputs() const { return outputs_; }

  JoinInputs InputsOf(const Expression& expression) const;

 private:
  class Flattener;

  void AddCondition(Expression condition);
  bool AddEquality(const Expression& condition);
  void AddImplied(const Expression& condition);
  uint32_t ColumnFor(size_t input, const Expression& expression);
  void Unite(uint32_t a, uint32_t b);
  void SpreadFilters();
  void FilterInputs();
  std::vector<Expression> ConditionsOf(size_t input) const;

  std::vector<PlanRef> inputs_;
  std::vector<JoinColumn> columns_;
  std::vector<std::vector<uint32_t>> classes_;
  std::vector<Expression> conditions_;
  std::vector<std::vector<Expression>> filters_;  // by input, over the numbered columns
  std::vector<Expression> outputs_;
};

}  // namespace freshet
