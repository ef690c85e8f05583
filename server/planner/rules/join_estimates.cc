#include "server/planner/rules/join_estimates.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace freshet {
namespace {

constexpr double kReferenceFactor = 10;  // rows that refer to one row
constexpr double kManyToManyRisk = 10;   // there may be far fewer values than the keys promise
constexpr double kUnknownShare = 0.33;
constexpr double kEqualityShare = 0.1;

bool IsLiteral(const Expression& expression) { return expression.kind == ExpressionKind::kLiteral; }

double CallShare(const Expression& call) {
  bool to_literal = call.arguments.size() == 2 && (IsLiteral(call.arguments[0]) || IsLiteral(call.arguments[1]));
  if (call.function->name == "=") return kEqualityShare;
  if (call.function->name == "<>") return 1 - kEqualityShare;
  if (call.function->name == "~~") return kEqualityShare;  // LIKE
  if (call.function->name == "!~~") return 1 - kEqualityShare;
  return to_literal ? kUnknownShare : 0.5;
}

// Of the node's rows without its conditions: filters that stand on top of it, through projects.
double ShareOf(const PlanNode& node) {
  if (const auto* filter = node.As<PlanFilter>()) return ExpectedShare(filter->condition) * ShareOf(*node.inputs[0]);
  if (node.As<PlanProject>() != nullptr) return ShareOf(*node.inputs[0]);
  if (const auto* join = node.As<PlanJoin>(); join != nullptr && join->kind == PlanJoinKind::kSemi) {
    return 0.5 * ShareOf(*node.inputs[0]);
  }
  return 1;
}

}  // namespace

double ExpectedShare(const Expression& condition) {
  switch (condition.kind) {
    case ExpressionKind::kAnd: {
      double share = 1;
      for (const Expression& each : condition.arguments) share *= ExpectedShare(each);
      return share;
    }
    case ExpressionKind::kOr: {
      double share = 0;
      for (const Expression& each : condition.arguments) share += ExpectedShare(each);
      return std::min(share, 0.5);
    }
    case ExpressionKind::kNot:
      return 1 - ExpectedShare(condition.arguments[0]);
    case ExpressionKind::kIsNull:
      return kEqualityShare;
    case ExpressionKind::kCall:
      return CallShare(condition);
    case ExpressionKind::kColumn:
    case ExpressionKind::kLiteral:
    case ExpressionKind::kCase:
    case ExpressionKind::kCoalesce:
    case ExpressionKind::kNullIf:
    case ExpressionKind::kIsDistinctFrom:
    case ExpressionKind::kIfError:
      return kUnknownShare;
  }
  __builtin_unreachable();
}

JoinEstimates::JoinEstimates(const JoinGraph& graph) : graph_(graph) {
  for (const PlanRef& node : graph.inputs()) {
    const auto& unique = node->relation.properties.unique_key;
    inputs_.push_back({100, ShareOf(*node), unique.has_value() && unique->empty()});
    if (inputs_.back().one_row) inputs_.back().rows = 1;
  }
  for (const std::vector<uint32_t>& members : graph.classes()) {
    JoinInputs inputs = 0;
    for (uint32_t column : members) inputs |= JoinInputs{1} << graph.columns()[column].input;
    class_inputs_.push_back(inputs);
  }
  RankInputs();
  for (const std::vector<uint32_t>& members : graph.classes()) distinct_.push_back(DistinctOf(members));
}

bool JoinEstimates::RefersTo(size_t many, size_t one) const {
  if (many == one || inputs_[many].one_row || inputs_[one].one_row) return false;
  size_t columns = 0;
  return IsUniqueAmong(JoinInputs{1} << many, one, &columns) && !IsUniqueAmong(JoinInputs{1} << one, many, &columns);
}

// An input that refers to others is larger than they are. (As many rounds as there are inputs: references may go in
// circles.)
void JoinEstimates::RankInputs() {
  references_.assign(inputs_.size(), 0);
  for (size_t many = 0; many < inputs_.size(); ++many) {
    for (size_t one = 0; one < inputs_.size(); ++one) {
      if (RefersTo(many, one)) references_[many] |= JoinInputs{1} << one;
    }
  }
  for (size_t round = 0; round < inputs_.size(); ++round) {
    for (size_t many = 0; many < inputs_.size(); ++many) {
      for (JoinInputs rest = references_[many]; rest != 0; rest &= rest - 1) {
        const Input& one = inputs_[static_cast<size_t>(std::countr_zero(rest))];
        inputs_[many].rows = std::max(inputs_[many].rows, kReferenceFactor * one.rows);
      }
    }
  }
}

// Whether the input refers to one of the others whose rows stand there once, as far as keys tell.
bool JoinEstimates::MeetsKeyOf(JoinInputs others, size_t input) const {
  JoinInputs referred = 0;
  for (JoinInputs rest = others; rest != 0; rest &= rest - 1) {
    referred |= references_[static_cast<size_t>(std::countr_zero(rest))];
  }
  for (JoinInputs rest = others & ~referred; rest != 0; rest &= rest - 1) {
    size_t columns = 0;
    if (IsUniqueAmong(JoinInputs{1} << input, static_cast<size_t>(std::countr_zero(rest)), &columns)) return true;
  }
  return false;
}

bool JoinEstimates::IsUniqueAmong(JoinInputs others, size_t input, size_t* equal_columns) const {
  ColumnList columns;
  *equal_columns = 0;
  for (size_t i = 0; i < class_inputs_.size(); ++i) {
    if ((class_inputs_[i] & others) == 0 || (class_inputs_[i] >> input & 1) == 0) continue;
    ++*equal_columns;
    for (uint32_t member : graph_.classes()[i]) {
      const JoinColumn& column = graph_.columns()[member];
      if (column.input == input) columns.push_back(column.column);
    }
  }
  return IsUniqueBy(graph_.inputs()[input]->relation, columns);
}

// As many as there are rows of the smallest input whose key it is.
double JoinEstimates::DistinctOf(const std::vector<uint32_t>& members) const {
  double keys = 0, most = 1;
  for (uint32_t member : members) {
    const JoinColumn& column = graph_.columns()[member];
    double rows = inputs_[column.input].rows;
    most = std::max(most, rows);
    if (!IsUniqueBy(graph_.inputs()[column.input]->relation, {column.column})) continue;
    keys = keys == 0 ? rows : std::min(keys, rows);
  }
  return keys == 0 ? std::sqrt(most) : keys;
}

double JoinEstimates::JoinedRows(JoinInputs others, double rows, size_t input) const {
  size_t equal_columns = 0;
  const Input& joined = inputs_[input];
  if (IsUniqueAmong(others, input, &equal_columns)) {
    size_t key_columns = graph_.inputs()[input]->relation.properties.unique_key->size();
    size_t more = equal_columns > key_columns ? equal_columns - key_columns : 0;
    return rows * joined.share * std::pow(kEqualityShare, static_cast<double>(more));
  }
  double result = rows * RowsOf(input);
  if (!MeetsKeyOf(others, input)) result *= kManyToManyRisk;
  for (size_t i = 0; i < class_inputs_.size(); ++i) {
    if ((class_inputs_[i] & others) != 0 && (class_inputs_[i] >> input & 1) != 0) result /= distinct_[i];
  }
  return result;
}

}  // namespace freshet
