#include "tests/support/random_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};
constexpr DataType kText{TypeKind::kText};

class PlanMaker {
 public:
  PlanMaker(Random& random, std::optional<PlanNode::Kind> only) : random_(random), only_(only) {}

  Plan Make(int operators) {
    const int sources = static_cast<int>(2 + Below(2));
    for (int i = 0; i < sources; ++i) {
      PlanNode node;
      node.name = absl::StrCat("s", i);
      node.schema = {{absl::StrCat("k", i), kBigint}, {absl::StrCat("a", i), kBigint}, {absl::StrCat("t", i), kText}};
      plan_.nodes.push_back(std::move(node));
    }
    for (int added = 0, tried = 0; added < operators && tried < 100; ++tried) {
      PlanNode node;
      node.name = absl::StrCat("n", added);
      if (!Fill(&node)) continue;
      DeriveSchema(plan_, &node);
      MakeNamesUnique(&node);
      plan_.nodes.push_back(std::move(node));
      ++added;
    }
    plan_.output = static_cast<uint32_t>(plan_.nodes.size() - 1);
    return std::move(plan_);
  }

 private:
  int64_t Below(int64_t limit) { return RandomBelow(random_, limit); }

  // Late nodes more often, so that plans get deep.
  uint32_t SomeNode() {
    const int64_t count = static_cast<int64_t>(plan_.nodes.size());
    return static_cast<uint32_t>(std::max(Below(count), Below(count)));
  }
  const Schema& SchemaOf(uint32_t node) const { return plan_.nodes[node].schema; }

  std::optional<uint32_t> SomeColumn(const Schema& schema, DataType type) {
    std::vector<uint32_t> columns;
    for (uint32_t i = 0; i < schema.size(); ++i) {
      if (schema[i].type == type) columns.push_back(i);
    }
    if (columns.empty()) return std::nullopt;
    return columns[Below(static_cast<int64_t>(columns.size()))];
  }

  bool Fill(PlanNode* node) {
    node->kind = static_cast<PlanNode::Kind>(1 + Below(static_cast<int64_t>(PlanNode::Kind::kFlatMap)));
    if (only_) node->kind = plan_.nodes.back().kind == *only_ && Below(2) == 0 ? PlanNode::Kind::kFilter : *only_;
    node->inputs = {SomeNode()};
    switch (node->kind) {
      case PlanNode::Kind::kSource:
        return false;
      case PlanNode::Kind::kFilter:
        return Compare(SchemaOf(node->inputs[0]), &node->condition);
      case PlanNode::Kind::kProject:
        return FillProject(node);
      case PlanNode::Kind::kUnion:
        return FillUnion(node);
      case PlanNode::Kind::kInnerJoin:
      case PlanNode::Kind::kLeftJoin:
      case PlanNode::Kind::kSemiJoin:
      case PlanNode::Kind::kAntiJoin:
        return FillJoin(node);
      case PlanNode::Kind::kAggregate:
        return FillAggregate(node);
      case PlanNode::Kind::kDistinct:
        return true;
      case PlanNode::Kind::kFlatMap:
        return FillSeries(node);
    }
    return false;
  }

  bool Compare(const Schema& schema, PlanExpression* condition) {
    static const char* const kOps[] = {"=", "<>", "<", "<=", ">", ">="};
    std::optional<uint32_t> column = SomeColumn(schema, kBigint);
    if (!column) return false;
    condition->left = {column, {}, kBigint};
    condition->op = kOps[Below(6)];
    condition->right = Below(2) == 0 ? PlanTerm{SomeColumn(schema, kBigint), {}, kBigint}
                                     : PlanTerm{std::nullopt, Datum::Int(Below(6)), kBigint};
    condition->type = {TypeKind::kBoolean};
    return true;
  }

  bool FillProject(PlanNode* node) {
    static const char* const kOps[] = {"+", "-", "*"};
    const Schema& schema = SchemaOf(node->inputs[0]);
    const int64_t count = 2 + Below(3);
    for (int64_t i = 0; i < count; ++i) {
      PlanExpression expression;
      uint32_t column = static_cast<uint32_t>(Below(static_cast<int64_t>(schema.size())));
      expression.left = {column, {}, schema[column].type};
      expression.type = schema[column].type;
      if (schema[column].type == kBigint && Below(2) == 0) {
        expression.op = kOps[Below(3)];
        expression.right = {std::nullopt, Datum::Int(Below(4)), kBigint};
      }
      expression.name = absl::StrCat("c", i);
      node->expressions.push_back(std::move(expression));
    }
    return true;
  }

  // Between columns of sources, whose values are small.
  bool FillSeries(PlanNode* node) {
    node->inputs = {static_cast<uint32_t>(Below(plan_.source_count()))};
    node->series_from = 0;
    node->series_to = 1;
    return true;
  }

  bool FillUnion(PlanNode* node) {
    const Schema& first = SchemaOf(node->inputs[0]);
    std::vector<uint32_t> fitting;
    for (uint32_t other = 0; other < plan_.nodes.size(); ++other) {
      const Schema& schema = SchemaOf(other);
      bool fits = std::equal(schema.begin(), schema.end(), first.begin(), first.end(),
                             [](const Field& a, const Field& b) { return a.type == b.type; });
      if (fits) fitting.push_back(other);
    }
    node->inputs.push_back(fitting[Below(static_cast<int64_t>(fitting.size()))]);
    return true;
  }

  bool FillJoin(PlanNode* node) {
    node->inputs.push_back(SomeNode());
    const Schema& left = SchemaOf(node->inputs[0]);
    const Schema& right = SchemaOf(node->inputs[1]);
    const int64_t keys = Below(4) == 0 ? 2 : 1;
    for (int64_t i = 0; i < keys; ++i) {
      DataType type = i == 1 && Below(2) == 0 ? kText : kBigint;
      std::optional<uint32_t> left_column = SomeColumn(left, type);
      std::optional<uint32_t> right_column = SomeColumn(right, type);
      if (!left_column || !right_column) return false;
      node->left_key.push_back(*left_column);
      node->right_key.push_back(*right_column);
    }
    node->has_condition = Below(4) == 0;
    if (!node->has_condition) return true;
    Schema both = left;
    both.insert(both.end(), right.begin(), right.end());
    return Compare(both, &node->condition);
  }

  bool FillAggregate(PlanNode* node) {
    const Schema& schema = SchemaOf(node->inputs[0]);
    for (int64_t i = Below(3); i > 0; --i) {
      uint32_t column = static_cast<uint32_t>(Below(static_cast<int64_t>(schema.size())));
      if (std::find(node->left_key.begin(), node->left_key.end(), column) == node->left_key.end()) {
        node->left_key.push_back(column);
      }
    }
    for (int64_t i = 0, count = 1 + Below(3); i < count; ++i) {
      static const char* const kFunctions[] = {"count", "count", "sum", "avg", "min", "max"};
      const int64_t which = Below(6);
      PlanAggregate aggregate;
      aggregate.function = kFunctions[which];
      aggregate.name = absl::StrCat("g", i);
      if (which > 0) {
        aggregate.column = SomeColumn(schema, (which == 1 || which > 3) && Below(3) == 0 ? kText : kBigint);
        if (!aggregate.column) return false;
      }
      node->aggregates.push_back(std::move(aggregate));
    }
    return true;
  }

  void MakeNamesUnique(PlanNode* node) {
    for (uint32_t i = 0; i < node->schema.size(); ++i) node->schema[i].name = absl::StrCat(node->name, "_", i);
    for (uint32_t i = 0; i < node->expressions.size(); ++i) node->expressions[i].name = node->schema[i].name;
    for (uint32_t i = 0; i < node->aggregates.size(); ++i) {
      node->aggregates[i].name = node->schema[node->left_key.size() + i].name;
    }
  }

  Random& random_;
  const std::optional<PlanNode::Kind> only_;
  Plan plan_;
};

}  // namespace

Plan RandomPlan(Random& random, int operators, std::optional<PlanNode::Kind> only) {
  return PlanMaker(random, only).Make(operators);
}

std::vector<std::shared_ptr<Script>> RandomHistory(Random& random, const Plan& plan, int64_t rows) {
  RandomRowOptions row_options;
  row_options.distinct = 8;
  row_options.awkward_share = 0;
  row_options.null_share = 0.08;
  row_options.weight_max = 0;
  std::vector<std::shared_ptr<Script>> scripts;
  for (uint32_t source = 0; source < plan.source_count(); ++source) {
    auto script = std::make_shared<Script>();
    script->schema = plan.nodes[source].schema;
    const int64_t partitions = 1 + RandomBelow(random, 4);
    for (int64_t i = 0; i < partitions; ++i) {
      auto& list = script->partitions[absl::StrCat("p", i)];
      std::vector<Row> live;
      for (int64_t row = 0; row < rows / partitions; ++row) {
        if (!live.empty() && RandomChance(random, 0.4)) {
          size_t index = RandomBelow(random, static_cast<int64_t>(live.size()));
          list.emplace_back(live[index], -1);
          live.erase(live.begin() + static_cast<std::ptrdiff_t>(index));
          continue;
        }
        const int64_t weight = 1 + (RandomBelow(random, 5) == 0 ? 1 : 0);
        Row fresh = RandomRows(random, script->schema, 1, row_options)[0].first;
        for (int64_t copy = 0; copy < weight; ++copy) live.push_back(fresh);
        list.emplace_back(std::move(fresh), weight);
      }
    }
    scripts.push_back(std::move(script));
  }
  return scripts;
}

}  // namespace freshet
