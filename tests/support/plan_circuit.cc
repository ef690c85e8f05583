#include "tests/support/plan_circuit.h"

#include <optional>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/columnar/key_columns.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"
#include "engine/functions/table/table_function_list.h"
#include "engine/operators/conditional_join.h"
#include "engine/operators/distinct.h"
#include "engine/operators/filter.h"
#include "engine/operators/flat_map.h"
#include "engine/operators/group_aggregate.h"
#include "engine/operators/inner_join.h"
#include "engine/operators/keyless_deletes.h"
#include "engine/operators/left_join.h"
#include "engine/operators/project.h"
#include "engine/operators/semi_join.h"
#include "engine/operators/top_k.h"
#include "engine/operators/union.h"
#include "engine/operators/upsert.h"

namespace freshet {
namespace {

constexpr int64_t kForEver = int64_t{1} << 60;

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

KeyColumns KeyOf(const std::vector<uint32_t>& columns) {
  KeyColumns key;
  for (uint32_t column : columns) key.push_back(ColumnIndex(column));
  return key;
}

KeyColumns AllColumns(const Schema& schema) {
  KeyColumns columns;
  for (uint32_t i = 0; i < schema.size(); ++i) columns.push_back(ColumnIndex(i));
  return columns;
}

Expression TermOf(const PlanTerm& term) {
  return term.column ? Expression::Column(ColumnIndex(*term.column), term.type)
                     : Expression::Literal(term.literal, term.type);
}

Expression ExpressionOf(const PlanExpression& expression) {
  if (expression.op.empty()) return TermOf(expression.left);
  const ScalarFunction* function =
      FindScalarFunction(expression.op, std::vector{expression.left.type.kind, expression.right.type.kind});
  CHECK(function != nullptr) << expression.op;
  return Expression::Call(*function, {TermOf(expression.left), TermOf(expression.right)});
}

class PlanBuilder {
 public:
  PlanBuilder(const Plan& plan, ShardId shard, uint16_t shard_count, uint64_t hash_seed, const WrapOperator& wrap,
              CircuitBuilder& builder)
      : plan_(plan), hash_seed_(hash_seed), wrap_(wrap), builder_(builder) {
    BufferRef empty_key = HashKeys(DeltaBatch(1, {}), {}, hash_seed);
    owns_empty_key_ = OwnerOf(VnodeOf(empty_key.as<uint64_t>()[0]), shard_count) == shard;
  }

  void AddSource(const PlanNode& node, std::unique_ptr<Source> source) {
    nodes_.push_back(builder_.AddSource(node.name, std::move(source), node.schema));
    partitioning_.push_back(std::nullopt);
  }

  void Add(const PlanNode& node) {
    std::optional<KeyColumns> partitioning;
    std::unique_ptr<Operator> op;
    std::vector<NodeId> inputs;
    const Schema& schema = plan_.nodes[node.inputs[0]].schema;
    switch (node.kind) {
      case PlanNode::Kind::kSource:
        CHECK(false) << "sources come first";
        break;
      case PlanNode::Kind::kFilter:
        op = std::make_unique<Filter>(TypesOf(schema), ExpressionOf(node.condition), nullptr);
        inputs = {nodes_[node.inputs[0]]};
        partitioning = partitioning_[node.inputs[0]];
        break;
      case PlanNode::Kind::kProject: {
        std::vector<Expression> outputs;
        for (const PlanExpression& expression : node.expressions) outputs.push_back(ExpressionOf(expression));
        op = std::make_unique<Project>(TypesOf(schema), std::move(outputs));
        inputs = {nodes_[node.inputs[0]]};
        break;
      }
      case PlanNode::Kind::kUpsert:
        op = MakeUpsert(node);
        inputs = {ByKey(node.inputs[0], KeyOf(node.left_key))};
        partitioning = KeyOf(node.left_key);
        break;
      case PlanNode::Kind::kKeylessDeletes: {
        op = std::make_unique<KeylessDeletes>(TypesOf(schema), node.name, hash_seed_);
        KeyColumns all = AllColumns(schema);
        inputs = {ByKey(node.inputs[0], all)};
        partitioning = std::move(all);
        break;
      }
      case PlanNode::Kind::kFlatMap: {
        const std::vector<TypeKind> types = {TypeKind::kBigint, TypeKind::kBigint};
        std::vector<Expression> arguments;
        for (uint32_t column : {node.series_from, node.series_to}) {
          arguments.push_back(Expression::Column(ColumnIndex(column), schema[column].type));
        }
        op = std::make_unique<FlatMap>(TypesOf(schema), *FindTableFunction("generate_series", types),
                                       std::move(arguments), AllColumns(schema), nullptr);
        inputs = {nodes_[node.inputs[0]]};
        partitioning = partitioning_[node.inputs[0]];
        break;
      }
      case PlanNode::Kind::kUnion:
        op = std::make_unique<Union>();
        for (uint32_t input : node.inputs) inputs.push_back(nodes_[input]);
        break;
      case PlanNode::Kind::kInnerJoin:
      case PlanNode::Kind::kLeftJoin:
      case PlanNode::Kind::kSemiJoin:
      case PlanNode::Kind::kAntiJoin:
        op = MakeJoin(node);
        inputs = {ByKey(node.inputs[0], KeyOf(node.left_key)), ByKey(node.inputs[1], KeyOf(node.right_key))};
        partitioning = KeyOf(node.left_key);
        break;
      case PlanNode::Kind::kAggregate: {
        op = MakeAggregate(node);
        inputs = {ByKey(node.inputs[0], KeyOf(node.left_key))};
        KeyColumns key;
        for (uint32_t i = 0; i < node.left_key.size(); ++i) key.push_back(ColumnIndex(i));
        partitioning = std::move(key);
        break;
      }
      case PlanNode::Kind::kTopK:
        op = MakeTopK(node);
        inputs = {ByKey(node.inputs[0], KeyOf(node.left_key))};
        partitioning = KeyOf(node.left_key);
        break;
      case PlanNode::Kind::kDistinct: {
        DistinctOptions options;
        options.input_types = TypesOf(schema);
        options.state = {node.name, "rows"};
        options.hash_seed = hash_seed_;
        op = MakeDistinct(std::move(options));
        KeyColumns all = AllColumns(schema);
        inputs = {ByKey(node.inputs[0], all)};
        partitioning = std::move(all);
        break;
      }
    }
    if (wrap_) op = wrap_(node, std::move(op));
    nodes_.push_back(builder_.AddOperator(node.name, std::move(op), std::move(inputs), node.schema));
    partitioning_.push_back(std::move(partitioning));
  }

  NodeId node(uint32_t index) const { return nodes_[index]; }

 private:
  // The node's rows, each on the shard that owns its key.
  NodeId ByKey(uint32_t input, const KeyColumns& key) {
    if (partitioning_[input] == key) return nodes_[input];
    Distribution distribution = key.empty() ? Distribution::kGather : Distribution::kHash;
    return builder_.AddExchange(plan_.nodes[input].name + " by key", nodes_[input], distribution, key);
  }

  std::unique_ptr<Operator> MakeJoin(const PlanNode& node) {
    JoinOptions options;
    options.left = {TypesOf(plan_.nodes[node.inputs[0]].schema), KeyOf(node.left_key)};
    options.right = {TypesOf(plan_.nodes[node.inputs[1]].schema), KeyOf(node.right_key)};
    options.node = node.name;
    options.hash_seed = hash_seed_;
    if (node.has_condition) options.condition = ExpressionOf(node.condition);
    const bool left = node.kind == PlanNode::Kind::kLeftJoin;
    const bool semi = node.kind == PlanNode::Kind::kSemiJoin;
    if (node.kind == PlanNode::Kind::kInnerJoin) return std::make_unique<InnerJoin>(options);
    if (node.has_condition) {
      return std::make_unique<ConditionalJoin>(left   ? ConditionalJoin::Kind::kLeft
                                               : semi ? ConditionalJoin::Kind::kSemi
                                                      : ConditionalJoin::Kind::kAnti,
                                               options);
    }
    if (left) return std::make_unique<LeftJoin>(options);
    return std::make_unique<SemiJoin>(semi ? SemiJoin::Kind::kSemi : SemiJoin::Kind::kAnti, options);
  }

  std::unique_ptr<Operator> MakeTopK(const PlanNode& node) {
    TopK::Options options;
    options.input_types = TypesOf(node.schema);
    options.group = KeyOf(node.left_key);
    for (const PlanOrder& order : node.order) {
      options.order.push_back({ColumnIndex(order.column), order.descending, order.nulls_first});
    }
    options.skip = node.skip;
    options.limit = node.limit;
    options.node = node.name;
    options.hash_seed = hash_seed_;
    return std::make_unique<TopK>(std::move(options));
  }

  std::unique_ptr<Operator> MakeUpsert(const PlanNode& node) {
    UpsertOptions options;
    options.table_types = TypesOf(node.schema);
    options.key = KeyOf(node.left_key);
    if (node.version) options.version = ColumnIndex(*node.version);
    options.tombstone_retention_micros = node.tombstone_retention_micros.value_or(kForEver);
    options.node = node.name;
    options.hash_seed = hash_seed_;
    return std::make_unique<Upsert>(std::move(options));
  }

  std::unique_ptr<Operator> MakeAggregate(const PlanNode& node) {
    const Schema& schema = plan_.nodes[node.inputs[0]].schema;
    GroupAggregate::Options options;
    options.input_types = TypesOf(schema);
    options.key = KeyOf(node.left_key);
    for (const PlanAggregate& aggregate : node.aggregates) {
      std::vector<TypeKind> types;
      std::vector<ColumnIndex> arguments;
      if (aggregate.column) {
        types.push_back(schema[*aggregate.column].type.kind);
        arguments.emplace_back(*aggregate.column);
      }
      if (aggregate.ArgumentIsBy()) {
        types.push_back(schema[*aggregate.by].type.kind);
        arguments.emplace_back(*aggregate.by);
      }
      options.aggregates.push_back(
          {FindAggregate(aggregate.function, types), std::move(arguments), std::nullopt, aggregate.distinct});
      if (aggregate.function != "string_agg") continue;
      options.aggregates.back().order = {{ColumnIndex(*aggregate.by), {}}};
      options.aggregates.back().parameters = {Datum::Text(",")};
    }
    options.owns_empty_key = owns_empty_key_;
    options.state = {node.name, "groups"};
    options.hash_seed = hash_seed_;
    return std::make_unique<GroupAggregate>(std::move(options));
  }

  const Plan& plan_;
  const uint64_t hash_seed_;
  const WrapOperator& wrap_;
  CircuitBuilder& builder_;
  bool owns_empty_key_;
  std::vector<NodeId> nodes_;                            // by plan node
  std::vector<std::optional<KeyColumns>> partitioning_;  // by plan node: the key that its rows are spread by
};

}  // namespace

NodeId BuildPlan(const Plan& plan, std::vector<std::unique_ptr<Source>> sources, ShardId shard, uint16_t shard_count,
                 uint64_t hash_seed, const WrapOperator& wrap, CircuitBuilder& builder) {
  PlanBuilder plan_builder(plan, shard, shard_count, hash_seed, wrap, builder);
  const uint32_t source_count = plan.source_count();
  CHECK_EQ(sources.size(), source_count);
  for (uint32_t i = 0; i < source_count; ++i) plan_builder.AddSource(plan.nodes[i], std::move(sources[i]));
  for (uint32_t i = source_count; i < plan.nodes.size(); ++i) plan_builder.Add(plan.nodes[i]);
  return plan_builder.node(plan.output);
}

}  // namespace freshet
