#include "server/sql/bind/logical.h"

#include <utility>

#include "engine/base/str_cat.h"

namespace freshet::logical {
namespace {

// The parts of an expression that are expressions.
std::vector<v1::Expression*> PartsOf(v1::Expression& expression) {
  std::vector<v1::Expression*> parts;
  if (expression.has_cast()) parts.push_back(expression.mutable_cast()->mutable_operand());
  if (expression.has_call()) {
    for (v1::Expression& argument : *expression.mutable_call()->mutable_arguments()) parts.push_back(&argument);
    if (expression.call().has_filter()) parts.push_back(expression.mutable_call()->mutable_filter());
    for (v1::SortKey& key : *expression.mutable_call()->mutable_order()) parts.push_back(key.mutable_expression());
  }
  return parts;
}

void Collect(const v1::Expression& expression, Columns* columns) {
  if (expression.has_column()) columns->insert(expression.column().name());
  if (expression.has_cast()) Collect(expression.cast().operand(), columns);
  for (const v1::Expression& argument : expression.call().arguments()) Collect(argument, columns);
  if (expression.call().has_filter()) Collect(expression.call().filter(), columns);
  for (const v1::SortKey& key : expression.call().order()) Collect(key.expression(), columns);
}

void ClearPositions(v1::Expression& expression) {
  expression.clear_position();
  for (v1::Expression* part : PartsOf(expression)) ClearPositions(*part);
}

}  // namespace

v1::Expression Column(const std::string& name, uint32_t position) {
  v1::Expression expression;
  expression.mutable_column()->set_name(name);
  expression.set_position(position);
  return expression;
}

v1::Expression Boolean(bool value) {
  v1::Expression expression;
  expression.mutable_literal()->mutable_type()->set_kind(v1::BOOLEAN);
  expression.mutable_literal()->set_text(value ? "true" : "false");
  return expression;
}

v1::Expression Null(v1::TypeKind kind) {
  v1::Expression expression;
  expression.mutable_literal()->mutable_type()->set_kind(kind);
  expression.mutable_literal()->set_null(true);
  return expression;
}

v1::Expression Call(std::string function, std::vector<v1::Expression> arguments, uint32_t position) {
  v1::Expression expression;
  expression.mutable_call()->set_function(std::move(function));
  for (v1::Expression& argument : arguments) *expression.mutable_call()->add_arguments() = std::move(argument);
  expression.set_position(position);
  return expression;
}

v1::Expression UntypedNull() {
  v1::Expression expression;
  expression.mutable_literal()->set_null(true);
  return expression;
}

v1::Expression Integer(int64_t value, v1::TypeKind kind) {
  v1::Expression expression;
  expression.mutable_literal()->set_text(StrCat(value));
  expression.mutable_literal()->mutable_type()->set_kind(kind);
  return expression;
}

v1::Expression CountStar() {
  v1::Expression expression = Call("count", {});
  expression.mutable_call()->set_star(true);
  return expression;
}

v1::Expression And(std::vector<v1::Expression> conditions) {
  if (conditions.empty()) return Boolean(true);
  if (conditions.size() == 1) return std::move(conditions[0]);
  return Call("and", std::move(conditions));
}

v1::Expression Equal(v1::Expression left, v1::Expression right, uint32_t position) {
  return Call("=", {std::move(left), std::move(right)}, position);
}

v1::Expression NullSafeEqual(v1::Expression left, v1::Expression right, uint32_t position) {
  return Call("not", {Call("is distinct from", {std::move(left), std::move(right)}, position)}, position);
}

v1::Expression Not(v1::Expression operand) {
  const uint32_t position = operand.position();
  return Call("not", {std::move(operand)}, position);
}

v1::Node Filter(v1::Node input, std::vector<v1::Expression> conditions) {
  if (conditions.empty()) return input;
  v1::Node node;
  node.set_position(conditions[0].position());
  *node.mutable_filter()->mutable_input() = std::move(input);
  *node.mutable_filter()->mutable_condition() = And(std::move(conditions));
  return node;
}

v1::Node Join(v1::JoinKind kind, v1::Node left, v1::Node right, std::vector<v1::Expression> conditions) {
  v1::Node node;
  node.set_position(conditions.empty() ? right.position() : conditions[0].position());
  v1::Join& join = *node.mutable_join();
  join.set_kind(kind);
  *join.mutable_left() = std::move(left);
  *join.mutable_right() = std::move(right);
  *join.mutable_condition() = And(std::move(conditions));
  return node;
}

v1::Node Distinct(v1::Node input) {
  v1::Node node;
  node.set_position(input.position());
  *node.mutable_distinct()->mutable_input() = std::move(input);
  return node;
}

v1::Node Choose(v1::Node input, std::span<const std::string> columns) {
  v1::Node node;
  node.set_position(input.position());
  *node.mutable_project()->mutable_input() = std::move(input);
  for (const std::string& column : columns) AddColumn(node.mutable_project(), column, Column(column));
  return node;
}

v1::Node Union(std::vector<v1::Node> inputs, uint32_t position) {
  v1::Node node;
  node.set_position(position);
  for (v1::Node& input : inputs) *node.mutable_union_()->add_inputs() = std::move(input);
  return node;
}

v1::Node OneRow(const std::string& column) {
  v1::Node node;
  node.mutable_values()->add_columns(column);
  *node.mutable_values()->add_rows()->add_values() = Boolean(true);
  return node;
}

void AddColumn(v1::Project* project, std::string name, v1::Expression expression) {
  v1::NamedExpression* column = project->add_columns();
  column->set_name(std::move(name));
  *column->mutable_expression() = std::move(expression);
}

std::vector<v1::Node*> InputsOf(v1::Node& node) {
  switch (node.node_case()) {
    case v1::Node::kInput:
    case v1::Node::kValues:
    case v1::Node::NODE_NOT_SET:
      return {};
    case v1::Node::kFilter:
      return {node.mutable_filter()->mutable_input()};
    case v1::Node::kProject:
      return {node.mutable_project()->mutable_input()};
    case v1::Node::kFlatMap:
      return {node.mutable_flat_map()->mutable_input()};
    case v1::Node::kAggregate:
      return {node.mutable_aggregate()->mutable_input()};
    case v1::Node::kDistinct:
      return {node.mutable_distinct()->mutable_input()};
    case v1::Node::kTopK:
      return {node.mutable_top_k()->mutable_input()};
    case v1::Node::kJoin:
      return {node.mutable_join()->mutable_left(), node.mutable_join()->mutable_right()};
    case v1::Node::kUnion: {
      std::vector<v1::Node*> inputs;
      for (v1::Node& input : *node.mutable_union_()->mutable_inputs()) inputs.push_back(&input);
      return inputs;
    }
  }
  __builtin_unreachable();
}

Columns ColumnsOf(const v1::Expression& expression) {
  Columns columns;
  Collect(expression, &columns);
  return columns;
}

bool ReadsAny(const v1::Expression& expression, const Columns& columns) {
  for (const std::string& column : ColumnsOf(expression)) {
    if (columns.contains(column)) return true;
  }
  return false;
}

std::string TextOf(const v1::Expression& expression) {
  v1::Expression plain = expression;
  ClearPositions(plain);
  return plain.SerializeAsString();
}

v1::Expression Replace(const v1::Expression& expression,
                       const std::function<std::optional<v1::Expression>(const v1::Expression&)>& replace) {
  if (auto replaced = replace(expression)) return *std::move(replaced);
  v1::Expression result = expression;
  for (v1::Expression* part : PartsOf(result)) *part = Replace(*part, replace);
  return result;
}

std::vector<v1::Expression> Conjuncts(const v1::Expression& condition) {
  if (!condition.has_call() || condition.call().function() != "and") return {condition};
  std::vector<v1::Expression> all;
  for (const v1::Expression& argument : condition.call().arguments()) {
    for (v1::Expression& each : Conjuncts(argument)) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace freshet::logical
