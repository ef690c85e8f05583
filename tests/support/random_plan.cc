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
    const bool only_table = only_ == PlanNode::Kind::kUpsert || only_ == PlanNode::Kind::kKeylessDeletes;
    const int sources = only_table ? 1 : static_cast<int>(2 + Below(2));
    std::vector<PlanNode> tables;
    for (int i = 0; i < sources; ++i) {
      const PlanNode::Kind table = TableKind();
      plan_.nodes.push_back(MakeSource(i, table));
      if (table == PlanNode::Kind::kSource) {
        readable_.push_back(static_cast<uint32_t>(i));
      } else {
        tables.push_back(MakeTable(i, table));
      }
    }
    for (PlanNode& table : tables) {
      DeriveSchema(plan_, &table);
      readable_.push_back(static_cast<uint32_t>(plan_.nodes.size()));
      plan_.nodes.push_back(std::move(table));
    }
    base_count_ = readable_.size();
    if (only_table) operators = 0;
    for (int added = 0, tried = 0; added < operators && tried < 100; ++tried) {
      PlanNode node;
      node.name = absl::StrCat("n", added);
      if (!Fill(&node)) continue;
      DeriveSchema(plan_, &node);
      MakeNamesUnique(&node);
      readable_.push_back(static_cast<uint32_t>(plan_.nodes.size()));
      plan_.nodes.push_back(std::move(node));
      ++added;
    }
    plan_.output = static_cast<uint32_t>(plan_.nodes.size() - 1);
    return std::move(plan_);
  }

 private:
  int64_t Below(int64_t limit) { return RandomBelow(random_, limit); }

  // What makes a table of a source; kSource: its rows are taken as they are.
  PlanNode::Kind TableKind() {
    if (only_ == PlanNode::Kind::kUpsert || only_ == PlanNode::Kind::kKeylessDeletes) return *only_;
    if (only_) return PlanNode::Kind::kSource;
    constexpr PlanNode::Kind kKinds[] = {PlanNode::Kind::kSource, PlanNode::Kind::kSource, PlanNode::Kind::kUpsert,
                                         PlanNode::Kind::kKeylessDeletes};
    return kKinds[Below(4)];
  }

  static PlanNode MakeSource(int number, PlanNode::Kind table) {
    PlanNode node;
    node.name = absl::StrCat("s", number);
    node.schema = {
        {absl::StrCat("k", number), kBigint}, {absl::StrCat("a", number), kBigint}, {absl::StrCat("t", number), kText}};
    if (table == PlanNode::Kind::kUpsert) {
      node.schema.push_back({absl::StrCat("time", number), kBigint});
      node.schema.push_back({absl::StrCat("partition", number), kText});
      node.schema.push_back({absl::StrCat("offset", number), kBigint});
    }
    return node;
  }

  // Tombstones are forgotten only where no older record can come later: stamps grow within the one partition of such a
  // table's history, and no version stands before them.
  PlanNode MakeTable(int number, PlanNode::Kind kind) {
    PlanNode node;
    node.kind = kind;
    node.name = absl::StrCat("t", number);
    node.inputs = {static_cast<uint32_t>(number)};
    if (kind != PlanNode::Kind::kUpsert) return node;
    node.left_key = {0};
    if (Below(3) == 0) node.left_key.push_back(2);
    if (Below(2) == 0) {
      node.version = 1;
    } else if (Below(2) == 0) {
      node.tombstone_retention_micros = Below(20);
    }
    return node;
  }

  // Late nodes more often, so that plans get deep.
  uint32_t SomeNode() {
    const int64_t count = static_cast<int64_t>(readable_.size());
    return readable_[std::max(Below(count), Below(count))];
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
      case PlanNode::Kind::kUpsert:
      case PlanNode::Kind::kKeylessDeletes:
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
      case PlanNode::Kind::kTopK:
        return FillTopK(node);
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

  // Between columns of sources and tables, whose values are small.
  bool FillSeries(PlanNode* node) {
    node->inputs = {readable_[Below(static_cast<int64_t>(base_count_))]};
    node->series_from = 0;
    node->series_to = 1;
    return true;
  }

  bool FillUnion(PlanNode* node) {
    const Schema& first = SchemaOf(node->inputs[0]);
    std::vector<uint32_t> fitting;
    for (uint32_t other : readable_) {
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
      if (Below(5) == 0) {
        static const char* const kOfRows[] = {"string_agg", "arg_min", "arg_max"};
        const int64_t which_of_rows = Below(3);
        aggregate.function = kOfRows[which_of_rows];
        aggregate.column = SomeColumn(schema, which_of_rows == 0 || Below(2) == 0 ? kText : kBigint);
        aggregate.by = SomeColumn(schema, Below(3) == 0 ? kText : kBigint);
        if (!aggregate.column || !aggregate.by) return false;
        node->aggregates.push_back(std::move(aggregate));
        continue;
      }
      if (which > 0) {
        aggregate.column = SomeColumn(schema, (which == 1 || which > 3) && Below(3) == 0 ? kText : kBigint);
        if (!aggregate.column) return false;
        aggregate.distinct = Below(4) == 0;
      }
      node->aggregates.push_back(std::move(aggregate));
    }
    return true;
  }

  bool FillTopK(PlanNode* node) {
    const auto width = static_cast<int64_t>(SchemaOf(node->inputs[0]).size());
    if (Below(2) == 0) node->left_key.push_back(static_cast<uint32_t>(Below(width)));
    for (int64_t i = 1 + Below(2); i > 0; --i) {
      node->order.push_back({static_cast<uint32_t>(Below(width)), Below(2) == 0, Below(2) == 0});
    }
    node->limit = 1 + Below(5);
    node->skip = std::max<int64_t>(0, Below(5) - 2);
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
  std::vector<uint32_t> readable_;  // nodes whose rows others may read: sources and tables, then what stands over them
  size_t base_count_ = 0;           // of them, sources and tables
};

using Records = std::vector<std::pair<Row, int64_t>>;

// Every row that goes has come before, in the same partition.
Records RowsAndRetractions(Random& random, const Schema& schema, int64_t count, const RandomRowOptions& options) {
  Records list;
  std::vector<Row> live;
  for (int64_t row = 0; row < count; ++row) {
    if (!live.empty() && RandomChance(random, 0.4)) {
      size_t index = RandomBelow(random, static_cast<int64_t>(live.size()));
      list.emplace_back(live[index], -1);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(index));
      continue;
    }
    const int64_t weight = 1 + (RandomBelow(random, 5) == 0 ? 1 : 0);
    Row fresh = RandomRows(random, schema, 1, options)[0].first;
    for (int64_t copy = 0; copy < weight; ++copy) live.push_back(fresh);
    list.emplace_back(std::move(fresh), weight);
  }
  return list;
}

Records Upserts(Random& random, const Schema& schema, const std::string& partition, int64_t count,
                const RandomRowOptions& options) {
  Records list;
  int64_t time = 0;
  const Schema columns(schema.begin(), schema.end() - kStampColumns);
  for (int64_t offset = 0; offset < count; ++offset) {
    time += RandomBelow(random, 4);
    Row row = RandomRows(random, columns, 1, options)[0].first;
    row.push_back(Datum::Int(time));
    row.push_back(Datum::Text(partition));
    row.push_back(Datum::Int(offset));
    list.emplace_back(std::move(row), RandomChance(random, 0.35) ? -1 : 1);
  }
  return list;
}

// Inserts and deletes of few rows; deletes may be more.
Records InsertsAndDeletes(Random& random, const Schema& schema, int64_t count, const RandomRowOptions& options) {
  std::vector<Row> rows;
  for (int i = 0; i < 6; ++i) rows.push_back(RandomRows(random, schema, 1, options)[0].first);
  Records list;
  for (int64_t i = 0; i < count; ++i) {
    int64_t weight = RandomChance(random, 0.45) ? -1 : 1;
    if (RandomBelow(random, 5) == 0) weight *= 2;
    list.emplace_back(rows[RandomBelow(random, static_cast<int64_t>(rows.size()))], weight);
  }
  return list;
}

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
    const PlanNode* table = plan.TableOf(source);
    const bool in_order = table != nullptr && table->tombstone_retention_micros.has_value();
    const int64_t partitions = in_order ? 1 : 1 + RandomBelow(random, 4);
    for (int64_t i = 0; i < partitions; ++i) {
      const std::string name = absl::StrCat("p", i);
      const int64_t count = rows / partitions;
      if (table == nullptr) {
        script->partitions[name] = RowsAndRetractions(random, script->schema, count, row_options);
      } else if (table->kind == PlanNode::Kind::kUpsert) {
        script->partitions[name] = Upserts(random, script->schema, name, count, row_options);
      } else {
        script->partitions[name] = InsertsAndDeletes(random, script->schema, count, row_options);
      }
    }
    scripts.push_back(std::move(script));
  }
  return scripts;
}

}  // namespace freshet
