#include "server/planner/rules/join_graph.h"

#include <algorithm>
#include <bit>
#include <set>

#include "engine/base/str_cat.h"
#include "engine/functions/function_list.h"
#include "server/plan/key_equality.h"
#include "server/planner/rules/condition_parts.h"

namespace freshet {
namespace {

bool IsTrue(const Expression& expression) {
  return expression.kind == ExpressionKind::kLiteral && expression.literal.is_value() &&
         expression.literal.bool_value();
}

// Types whose equal values are the same in everything that can be computed of them: 1.0 and 1.00 are not.
bool IsEqualByForm(TypeKind kind) {
  return kind == TypeKind::kSmallint || kind == TypeKind::kInteger || kind == TypeKind::kBigint ||
         kind == TypeKind::kText || kind == TypeKind::kDate;
}

}  // namespace

// Goes down a tree of joins. What a node gives is told by expressions over the numbered columns.
class JoinGraph::Flattener {
 public:
  Flattener(const ReaderCounts& readers, const std::function<PlanRef(const PlanRef&)>& rewrite, JoinGraph* graph)
      : readers_(readers), rewrite_(rewrite), graph_(graph) {}

  std::vector<Expression> Flatten(const PlanRef& node, bool top) {
    if (!IsJoinTree(node, readers_) || (!top && readers_.Of(node) > 1)) return AddInput(node);
    if (const auto* filter = node->As<PlanFilter>()) {
      std::vector<Expression> columns = Flatten(node->inputs[0], false);
      conditions_.push_back(Substitute(filter->condition, columns));
      return columns;
    }
    if (const auto* project = node->As<PlanProject>()) {
      std::vector<Expression> below = Flatten(node->inputs[0], false), columns;
      for (const Expression& column : project->columns) columns.push_back(Substitute(column, below));
      return columns;
    }
    const auto* join = node->As<PlanJoin>();
    std::vector<Expression> left = Flatten(node->inputs[0], false), right = Flatten(node->inputs[1], false);
    for (size_t i = 0; i < join->left_key.size(); ++i) {
      equalities_.emplace_back(left[join->left_key[i]], right[join->right_key[i]]);
    }
    left.insert(left.end(), right.begin(), right.end());
    if (join->residual) conditions_.push_back(Substitute(*join->residual, left));
    return left;
  }

  std::vector<std::pair<Expression, Expression>>& equalities() { return equalities_; }
  std::vector<Expression>& conditions() { return conditions_; }

 private:
  static Expression Substitute(const Expression& expression, const std::vector<Expression>& columns) {
    return ReplaceColumns(expression, [&](ColumnIndex column, DataType) { return columns[column.value()]; });
  }

  static const Expression* LiteralOf(const PlanNode& node, uint32_t column) {
    const auto* project = node.As<PlanProject>();
    if (project == nullptr || project->columns[column].kind != ExpressionKind::kLiteral) return nullptr;
    return &project->columns[column];
  }

  std::vector<Expression> AddInput(const PlanRef& node) {
    std::vector<Expression> columns;
    for (uint32_t i = 0; i < node->schema().size(); ++i) {
      const DataType& type = node->schema()[i].type;
      // A constant is no column: the key of a join without equalities connects nothing.
      const Expression* literal = LiteralOf(*node, i);
      columns.push_back(literal != nullptr
                            ? *literal
                            : Expression::Column(ColumnIndex(static_cast<uint32_t>(graph_->columns_.size())), type));
      graph_->columns_.push_back({graph_->inputs_.size(), i, type});
    }
    graph_->inputs_.push_back(rewrite_(node));
    return columns;
  }

  const ReaderCounts& readers_;
  const std::function<PlanRef(const PlanRef&)>& rewrite_;
  JoinGraph* graph_;
  std::vector<std::pair<Expression, Expression>> equalities_;
  std::vector<Expression> conditions_;
};

bool JoinGraph::IsJoinTree(const PlanRef& node, const ReaderCounts& readers) {
  if (const auto* join = node->As<PlanJoin>()) return join->kind == PlanJoinKind::kInner && !join->null_safe;
  if (node->As<PlanFilter>() == nullptr && node->As<PlanProject>() == nullptr) return false;
  return readers.Of(node->inputs[0]) <= 1 && IsJoinTree(node->inputs[0], readers);
}

std::optional<JoinGraph> JoinGraph::Make(const PlanRef& top, const ReaderCounts& readers,
                                         const std::function<PlanRef(const PlanRef&)>& rewrite) {
  JoinGraph graph;
  Flattener flattener(readers, rewrite, &graph);
  graph.outputs_ = flattener.Flatten(top, true);
  if (graph.inputs_.size() > kMaxJoinInputs) return std::nullopt;
  graph.filters_.resize(graph.inputs_.size());
  for (auto& [left, right] : flattener.equalities()) {
    if (left.kind == ExpressionKind::kLiteral && right.kind == ExpressionKind::kLiteral) continue;  // every row's key
    const TypeKind kinds[] = {left.type.kind, right.type.kind};
    const ScalarFunction* equal = FindScalarFunction("=", kinds);
    if (equal == nullptr) return std::nullopt;
    graph.AddCondition(Expression::Call(*equal, {std::move(left), std::move(right)}));
  }
  for (Expression& condition : flattener.conditions()) {
    for (Expression& each : FactorCondition(condition)) graph.AddCondition(std::move(each));
  }
  graph.SpreadFilters();
  graph.FilterInputs();
  return graph;
}

JoinInputs JoinGraph::InputsOf(const Expression& expression) const {
  JoinInputs inputs = 0;
  for (uint32_t column : ColumnsOf(expression)) inputs |= JoinInputs{1} << columns_[column].input;
  return inputs;
}

void JoinGraph::AddCondition(Expression condition) {
  if (IsTrue(condition)) return;
  JoinInputs inputs = InputsOf(condition);
  if (std::popcount(inputs) == 1) {
    filters_[static_cast<size_t>(std::countr_zero(inputs))].push_back(std::move(condition));
    return;
  }
  if (AddEquality(condition)) return;
  AddImplied(condition);
  conditions_.push_back(std::move(condition));
}

bool JoinGraph::AddEquality(const Expression& condition) {
  if (!IsKeyEquality(condition)) return false;
  const Expression& left = condition.arguments[0];
  const Expression& right = condition.arguments[1];
  JoinInputs a = InputsOf(left), b = InputsOf(right);
  if (std::popcount(a) != 1 || std::popcount(b) != 1 || a == b) return false;
  Unite(ColumnFor(static_cast<size_t>(std::countr_zero(a)), left),
        ColumnFor(static_cast<size_t>(std::countr_zero(b)), right));
  return true;
}

void JoinGraph::AddImplied(const Expression& condition) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    auto implied = ImpliedCondition(condition, [&](uint32_t column) { return columns_[column].input == i; });
    if (implied) filters_[i].push_back(*std::move(implied));
  }
}

// The number of the column that the expression over one input is; if it is none, the input gets it behind its own.
uint32_t JoinGraph::ColumnFor(size_t input, const Expression& expression) {
  if (expression.kind == ExpressionKind::kColumn) return expression.column.value();
  const PlanRef& node = inputs_[input];
  PlanProject project;
  for (uint32_t i = 0; i < node->schema().size(); ++i) {
    project.columns.push_back(Expression::Column(ColumnIndex(i), node->schema()[i].type));
    project.names.push_back(node->schema()[i].name);
  }
  project.columns.push_back(ReplaceColumns(expression, [&](ColumnIndex column, DataType type) {
    return Expression::Column(ColumnIndex(columns_[column.value()].column), type);
  }));
  project.names.push_back(StrCat("key", project.names.size()));
  columns_.push_back({input, static_cast<uint32_t>(node->schema().size()), expression.type});
  inputs_[input] = MakeNode(std::move(project), {node}, node->owner);
  return static_cast<uint32_t>(columns_.size() - 1);
}

void JoinGraph::Unite(uint32_t a, uint32_t b) {
  auto class_of = [&](uint32_t column) {
    auto it = std::find_if(classes_.begin(), classes_.end(), [&](const std::vector<uint32_t>& members) {
      return std::find(members.begin(), members.end(), column) != members.end();
    });
    return it == classes_.end() ? classes_.insert(classes_.end(), {column}) : it;
  };
  size_t first = static_cast<size_t>(class_of(a) - classes_.begin());
  size_t second = static_cast<size_t>(class_of(b) - classes_.begin());
  if (first == second) return;
  if (first > second) std::swap(first, second);
  classes_[first].insert(classes_[first].end(), classes_[second].begin(), classes_[second].end());
  classes_.erase(classes_.begin() + static_cast<ptrdiff_t>(second));
}

// Of an input: those that go on top of it, and those of the filter that it is.
std::vector<Expression> JoinGraph::ConditionsOf(size_t input) const {
  std::vector<Expression> conditions = filters_[input];
  const auto* filter = inputs_[input]->As<PlanFilter>();
  if (filter == nullptr) return conditions;
  std::vector<std::optional<uint32_t>> numbers(inputs_[input]->schema().size());
  for (uint32_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].input == input) numbers[columns_[i].column] = i;
  }
  for (const Expression& each : SplitConjunction(filter->condition)) {
    conditions.push_back(RenumberColumns(each, numbers));
  }
  return conditions;
}

// What holds of a column holds of those that are equal to it.
void JoinGraph::SpreadFilters() {
  std::vector<std::set<std::string>> known(inputs_.size());
  std::vector<Expression> all;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    for (Expression& each : ConditionsOf(i)) {
      known[i].insert(ExpressionLogic(each));
      all.push_back(std::move(each));
    }
  }
  for (const Expression& condition : all) {
    ColumnList read = ColumnsOf(condition);
    if (read.size() != 1 || !IsEqualByForm(columns_[read[0]].type.kind)) continue;
    for (const std::vector<uint32_t>& members : classes_) {
      if (std::find(members.begin(), members.end(), read[0]) == members.end()) continue;
      for (uint32_t other : members) {
        if (other == read[0] || columns_[other].type != columns_[read[0]].type) continue;
        Expression moved = ReplaceColumns(
            condition, [&](ColumnIndex, DataType type) { return Expression::Column(ColumnIndex(other), type); });
        size_t input = columns_[other].input;
        if (known[input].insert(ExpressionLogic(moved)).second) filters_[input].push_back(std::move(moved));
      }
    }
  }
}

void JoinGraph::FilterInputs() {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (filters_[i].empty()) continue;
    Expression condition = ReplaceColumns(MakeConjunction(filters_[i]), [&](ColumnIndex column, DataType type) {
      return Expression::Column(ColumnIndex(columns_[column.value()].column), type);
    });
    inputs_[i] = MakeNode(PlanFilter{std::move(condition)}, {inputs_[i]}, inputs_[i]->owner);
  }
}

}  // namespace freshet
