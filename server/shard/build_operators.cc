#include "server/shard/build_operators.h"

#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/circuit/circuit_builder.h"
#include "engine/columnar/key_columns.h"
#include "engine/functions/aggregate/aggregate_list.h"
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
#include "engine/operators/sink_feed.h"
#include "engine/operators/top_k.h"
#include "engine/operators/union.h"
#include "engine/operators/upsert.h"
#include "engine/operators/values.h"
#include "engine/views/view_operator.h"
#include "server/formats/api/table_shape.h"
#include "server/plan/bound_expression.h"
#include "server/plan/expression_logic.h"
#include "server/plan/relation.h"
#include "server/plan/top_k.h"
#include "server/shard/expression_error_log.h"
#include "server/shard/failed_cells.h"

namespace freshet {
namespace {

using Columns = google::protobuf::RepeatedField<uint32_t>;
using OperatorOr = absl::StatusOr<std::unique_ptr<Operator>>;

absl::Status Unknown(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("the plan was made by another release: ", what));
}

absl::StatusOr<KeyColumns> ReadColumns(const Columns& columns, const Schema& schema) {
  KeyColumns read;
  for (uint32_t column : columns) {
    if (column >= schema.size()) return Unknown("a column that is not there");
    read.emplace_back(column);
  }
  return read;
}

absl::StatusOr<Schema> ReadSchema(const google::protobuf::RepeatedPtrField<v1::Field>& fields) {
  Schema schema;
  for (const v1::Field& field : fields) {
    std::optional<DataType> type = EngineType(field.type());
    if (!type) return Unknown(StrCat("the type of ", field.name()));
    schema.push_back({field.name(), *type});
  }
  return schema;
}

// An expression that fits columns of these types.
absl::StatusOr<Expression> ReadExpression(const v1::BoundExpression& proto, const std::vector<DataType>& input) {
  ASSIGN_OR_RETURN(Expression expression, ExpressionFromProto(proto));
  std::string wrong = ValidateExpression(expression, input);
  if (!wrong.empty()) return Unknown(wrong);
  return expression;
}

class OperatorBuilder {
 public:
  OperatorBuilder(const v1::PhysicalPlan& plan, std::vector<std::unique_ptr<Source>> sources,
                  const BuildOptions& options)
      : plan_(plan), sources_(std::move(sources)), options_(options), builder_(CircuitOptions(plan, options)) {}

  absl::StatusOr<BuiltCircuit> Build() {
    if (sources_.size() != static_cast<size_t>(plan_.sources_size())) return Unknown("another number of sources");
    auto errors = std::make_unique<ExpressionErrorLog>();
    errors_ = errors.get();
    views_.resize(static_cast<size_t>(plan_.views_size()));
    rings_.resize(views_.size());
    feeds_.resize(static_cast<size_t>(plan_.sinks_size()));
    if (options_.sinks.size() != feeds_.size() || options_.sink_partitions.size() != feeds_.size()) {
      return Unknown("another number of sinks");
    }
    for (const v1::PhysicalNode& node : plan_.nodes()) RETURN_IF_ERROR(AddNode(node));
    for (const auto& view : views_) {
      if (view == nullptr) return Unknown("a view without a node");
    }
    for (const auto& feed : feeds_) {
      if (feed == nullptr) return Unknown("a sink without a node");
    }
    BuiltCircuit built;
    built.feeds = std::move(feeds_);
    built.errors = std::move(errors);
    built.views = std::move(views_);
    built.rings = std::move(rings_);
    built.circuit = builder_.Build();
    return built;
  }

 private:
  static CircuitBuilder::Options CircuitOptions(const v1::PhysicalPlan& plan, const BuildOptions& options) {
    CircuitBuilder::Options circuit;
    circuit.shard = options.shard;
    circuit.shard_count = options.shard_count;
    circuit.hash_seed = plan.hash_seed();
    return circuit;
  }

  absl::Status AddNode(const v1::PhysicalNode& node) {
    std::vector<NodeId> inputs;
    for (uint32_t input : node.inputs()) {
      if (input >= nodes_.size()) return Unknown("a node that reads a later one");
      inputs.push_back(nodes_[input]);
    }
    ASSIGN_OR_RETURN(schema_, ReadSchema(node.schema()));
    input_schemas_.clear();
    for (NodeId input : inputs) input_schemas_.push_back(builder_.SchemaOf(input));
    size_t wanted = node.has_source() || node.has_values() ? 0
                    : node.has_join()                      ? 2
                    : node.has_union_()                    ? inputs.size()
                                                           : 1;
    if (inputs.size() != wanted || (node.has_union_() && inputs.empty())) return Unknown("a wrong number of inputs");
    if (node.has_source()) return AddSource(node);
    if (node.has_exchange()) return AddExchange(node, inputs[0]);
    OperatorOr made = MakeOperator(node);
    if (!made.ok()) return made.status();
    nodes_.push_back(builder_.AddOperator(node.name(), *std::move(made), std::move(inputs), schema_));
    return absl::OkStatus();
  }

  absl::Status AddSource(const v1::PhysicalNode& node) {
    uint32_t number = node.source().source();
    if (number >= sources_.size() || sources_[number] == nullptr) return Unknown("a source that is not there");
    nodes_.push_back(builder_.AddSource(node.name(), std::move(sources_[number]), schema_));
    return absl::OkStatus();
  }

  absl::Status AddExchange(const v1::PhysicalNode& node, NodeId input) {
    ASSIGN_OR_RETURN(KeyColumns key, ReadColumns(node.exchange().key(), schema_));
    Distribution distribution = Distribution::kHash;
    uint32_t partitions = 0;
    switch (node.exchange().distribution()) {
      case v1::ExchangeNode::HASH:
        break;
      case v1::ExchangeNode::GATHER:
        distribution = Distribution::kGather;
        break;
      case v1::ExchangeNode::BROADCAST:
        distribution = Distribution::kBroadcast;
        break;
      case v1::ExchangeNode::PARTITION:
        distribution = Distribution::kPartition;
        if (node.exchange().sink() >= options_.sink_partitions.size() ||
            options_.sink_partitions[node.exchange().sink()] == 0) {
          return Unknown("an exchange to a sink that is not there");
        }
        partitions = options_.sink_partitions[node.exchange().sink()];
        break;
      default:  // proto enums are open
        return Unknown("a distribution");
    }
    nodes_.push_back(builder_.AddExchange(node.name(), input, distribution, std::move(key), partitions));
    return absl::OkStatus();
  }

  OperatorOr MakeOperator(const v1::PhysicalNode& node) {
    switch (node.operator_case()) {
      case v1::PhysicalNode::kFilter:
        return MakeFilter(node);
      case v1::PhysicalNode::kProject:
        return MakeProject(node);
      case v1::PhysicalNode::kFlatMap:
        return MakeFlatMap(node);
      case v1::PhysicalNode::kUnion:
        return std::make_unique<Union>();
      case v1::PhysicalNode::kJoin:
        return MakeJoin(node);
      case v1::PhysicalNode::kAggregate:
        return MakeAggregate(node);
      case v1::PhysicalNode::kDistinct:
        return MakeDistinctNode(node);
      case v1::PhysicalNode::kTopK:
        return MakeTopK(node);
      case v1::PhysicalNode::kUpsert:
        return MakeUpsert(node);
      case v1::PhysicalNode::kKeylessDeletes:
        return std::make_unique<KeylessDeletes>(InputTypes(), node.fingerprint(), plan_.hash_seed());
      case v1::PhysicalNode::kValues:
        return MakeValues(node);
      case v1::PhysicalNode::kView:
        return MakeView(node);
      case v1::PhysicalNode::kSink:
        return MakeSink(node);
      case v1::PhysicalNode::kSource:
      case v1::PhysicalNode::kExchange:
      case v1::PhysicalNode::OPERATOR_NOT_SET:
        break;
    }
    return Unknown(StrCat("the operator of ", node.name()));
  }

  std::vector<DataType> InputTypes(size_t port = 0) const { return TypesOf(input_schemas_[port]); }

  // Counts rows of the node's first input.
  ErrorCounter* Errors(const v1::PhysicalNode& node) { return errors_->CounterFor(node.name(), input_schemas_[0]); }

  OperatorOr MakeFilter(const v1::PhysicalNode& node) {
    std::vector<DataType> types = InputTypes();
    ASSIGN_OR_RETURN(Expression condition, ReadExpression(node.filter().condition(), types));
    if (condition.type.kind != TypeKind::kBoolean) return Unknown("a condition that is no boolean");
    return std::make_unique<Filter>(types, std::move(condition), Errors(node));
  }

  OperatorOr MakeProject(const v1::PhysicalNode& node) {
    std::vector<DataType> types = InputTypes();
    std::vector<Expression> columns;
    for (const v1::BoundExpression& column : node.project().columns()) {
      ASSIGN_OR_RETURN(Expression read, ReadExpression(column, types));
      columns.push_back(std::move(read));
    }
    return std::make_unique<Project>(types, std::move(columns));
  }

  OperatorOr MakeFlatMap(const v1::PhysicalNode& node) {
    std::vector<DataType> types = InputTypes();
    std::vector<Expression> arguments;
    std::vector<TypeKind> kinds;
    for (const v1::BoundExpression& argument : node.flat_map().arguments()) {
      ASSIGN_OR_RETURN(Expression read, ReadExpression(argument, types));
      kinds.push_back(read.type.kind);
      arguments.push_back(std::move(read));
    }
    const TableFunction* function = FindTableFunction(node.flat_map().function(), kinds);
    if (function == nullptr) return Unknown(StrCat("the table function ", node.flat_map().function()));
    ASSIGN_OR_RETURN(KeyColumns kept, ReadColumns(node.flat_map().keep(), input_schemas_[0]));
    return std::make_unique<FlatMap>(types, *function, std::move(arguments), std::move(kept), Errors(node));
  }

  OperatorOr MakeJoin(const v1::PhysicalNode& node) {
    const v1::JoinNode& join = node.join();
    JoinOptions options;
    options.left.types = InputTypes(0);
    options.right.types = InputTypes(1);
    ASSIGN_OR_RETURN(options.left.key, ReadColumns(join.left_key(), input_schemas_[0]));
    ASSIGN_OR_RETURN(options.right.key, ReadColumns(join.right_key(), input_schemas_[1]));
    if (join.left_key_size() != join.right_key_size()) return Unknown("join keys of different length");
    Schema pair = input_schemas_[0];
    pair.insert(pair.end(), input_schemas_[1].begin(), input_schemas_[1].end());
    if (join.has_residual()) {
      ASSIGN_OR_RETURN(options.condition, ReadExpression(join.residual(), TypesOf(pair)));
    }
    options.null_safe = join.null_safe();
    options.node = node.fingerprint();
    options.hash_seed = plan_.hash_seed();
    options.errors = errors_->CounterFor(node.name(), std::move(pair));
    bool conditional = options.condition.has_value();
    switch (join.kind()) {
      case v1::INNER:
        return std::make_unique<InnerJoin>(options);
      case v1::LEFT:
        if (conditional) return std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kLeft, options);
        return std::make_unique<LeftJoin>(options);
      case v1::SEMI:
        if (conditional) return std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kSemi, options);
        return std::make_unique<SemiJoin>(SemiJoin::Kind::kSemi, options);
      case v1::ANTI:
        if (conditional) return std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kAnti, options);
        return std::make_unique<SemiJoin>(SemiJoin::Kind::kAnti, options);
      default:  // RIGHT and FULL are none of a physical plan; proto enums are open
        return Unknown("a kind of join");
    }
  }

  absl::Status ReadOrderAndParameters(const v1::AggregateCall& call, GroupAggregate::Aggregate* out) const {
    for (const v1::SortColumn& key : call.order()) {
      if (key.column() >= input_schemas_[0].size()) return Unknown("the order of an aggregate");
      out->order.push_back({ColumnIndex(key.column()), {key.descending(), key.nulls_first()}});
    }
    for (const v1::BoundExpression& parameter : call.parameters()) {
      ASSIGN_OR_RETURN(Expression read, ReadExpression(parameter, {}));
      const size_t place = out->parameters.size();
      const std::vector<TypeKind>& wanted = out->function->parameters;
      if (place >= wanted.size() || read.kind != ExpressionKind::kLiteral || read.type.kind != wanted[place]) break;
      out->parameters.push_back(read.literal);
    }
    if (out->parameters.size() == out->function->parameters.size()) return absl::OkStatus();
    return Unknown(StrCat("the constants of the aggregate ", call.function()));
  }

  OperatorOr MakeAggregate(const v1::PhysicalNode& node) {
    GroupAggregate::Options options;
    options.input_types = InputTypes();
    ASSIGN_OR_RETURN(options.key, ReadColumns(node.aggregate().key(), input_schemas_[0]));
    for (const v1::AggregateCall& call : node.aggregate().calls()) {
      ASSIGN_OR_RETURN(KeyColumns arguments, ReadColumns(call.arguments(), input_schemas_[0]));
      std::vector<TypeKind> kinds;
      for (ColumnIndex argument : arguments) kinds.push_back(options.input_types[argument.value()].kind);
      GroupAggregate::Aggregate aggregate;
      aggregate.function = FindAggregate(call.function(), kinds);
      if (aggregate.function == nullptr || (call.distinct() && arguments.empty())) {
        return Unknown(StrCat("the aggregate ", call.function()));
      }
      aggregate.arguments = std::move(arguments);
      RETURN_IF_ERROR(ReadOrderAndParameters(call, &aggregate));
      aggregate.distinct = call.distinct();
      if (call.filter() > 0) {
        uint32_t filter = static_cast<uint32_t>(call.filter() - 1);
        if (filter >= options.input_types.size() || options.input_types[filter].kind != TypeKind::kBoolean) {
          return Unknown("a filter that is no boolean column");
        }
        aggregate.filter = ColumnIndex(filter);
      }
      options.aggregates.push_back(aggregate);
    }
    options.append_only = node.aggregate().append_only_input();
    options.owns_empty_key = OwnsEmptyKey();
    options.state = {node.fingerprint(), "groups"};
    options.hash_seed = plan_.hash_seed();
    options.errors = Errors(node);
    return std::make_unique<GroupAggregate>(std::move(options));
  }

  bool OwnsEmptyKey() const {
    BufferRef empty_key = HashKeys(DeltaBatch(1, {}), {}, plan_.hash_seed());
    return OwnerOf(VnodeOf(empty_key.as<uint64_t>()[0]), options_.shard_count) == options_.shard;
  }

  OperatorOr MakeValues(const v1::PhysicalNode& node) {
    Values::Options options;
    for (const v1::BoundValuesRow& row : node.values().rows()) {
      std::vector<Expression>& read = options.rows.emplace_back();
      for (const v1::BoundExpression& value : row.values()) {
        ASSIGN_OR_RETURN(Expression expression, ReadExpression(value, {}));
        if (read.size() >= schema_.size() || expression.type != schema_[read.size()].type) {
          return Unknown("a value of another type than its column");
        }
        read.push_back(std::move(expression));
      }
      if (read.size() != schema_.size()) return Unknown("a row of another length");
    }
    options.owns_empty_key = OwnsEmptyKey();
    options.state = {node.fingerprint(), "given"};
    options.hash_seed = plan_.hash_seed();
    return std::make_unique<Values>(std::move(options));
  }

  OperatorOr MakeDistinctNode(const v1::PhysicalNode& node) {
    DistinctOptions options;
    options.input_types = InputTypes();
    if (options.input_types.empty()) return Unknown("distinct rows without columns");
    options.state = {node.fingerprint(), "rows"};
    options.hash_seed = plan_.hash_seed();
    options.errors = Errors(node);
    return MakeDistinct(std::move(options));
  }

  OperatorOr MakeTopK(const v1::PhysicalNode& node) {
    const v1::TopKNode& top = node.top_k();
    TopK::Options options;
    options.input_types = InputTypes();
    if (options.input_types.empty() || top.limit() == 0) return Unknown("a top_k of nothing");
    if (top.limit() > PlanTopK::kMaxRows || top.offset() > PlanTopK::kMaxRows) return Unknown("the limit of a top_k");
    ASSIGN_OR_RETURN(options.group, ReadColumns(top.group(), input_schemas_[0]));
    for (const v1::SortedColumn& sort : top.order()) {
      if (sort.column() >= options.input_types.size()) return Unknown("a column that is not there");
      options.order.push_back({ColumnIndex(sort.column()), sort.descending(), sort.nulls_first()});
    }
    options.skip = static_cast<int64_t>(top.offset());
    options.limit = static_cast<int64_t>(top.limit());
    options.append_only = top.append_only_input();
    options.node = node.fingerprint();
    options.hash_seed = plan_.hash_seed();
    options.errors = Errors(node);
    return std::make_unique<TopK>(std::move(options));
  }

  OperatorOr MakeUpsert(const v1::PhysicalNode& node) {
    UpsertOptions options;
    options.table_types = TypesOf(schema_);
    ASSIGN_OR_RETURN(options.key, ReadColumns(node.upsert().key(), schema_));
    if (node.upsert().version() > 0) {
      uint32_t version = static_cast<uint32_t>(node.upsert().version() - 1);
      if (version >= schema_.size()) return Unknown("a version column that is not there");
      options.version = ColumnIndex(version);
    }
    options.tombstone_retention_micros = node.upsert().tombstone_retention_micros();
    options.node = node.fingerprint();
    options.hash_seed = plan_.hash_seed();
    options.errors = Errors(node);
    return std::make_unique<Upsert>(std::move(options));
  }

  OperatorOr MakeView(const v1::PhysicalNode& node) {
    uint32_t number = node.view().view();
    if (number >= views_.size() || views_[number] != nullptr) return Unknown("a view that is not there");
    ViewStore::Options options;
    options.schema = schema_;
    ASSIGN_OR_RETURN(options.key, ReadColumns(plan_.views(static_cast<int>(number)).key(), schema_));
    options.hash_seed = plan_.hash_seed();
    views_[number] = std::make_unique<ViewStore>(std::move(options));
    if (!plan_.views(static_cast<int>(number)).index_on().empty()) {
      return std::make_unique<ViewOperator>(views_[number].get(), StateId{node.fingerprint(), "rows"});
    }
    if (options_.change_retention != nullptr && !plan_.views(static_cast<int>(number)).table()) {
      rings_[number] = std::make_unique<ChangeRing>(schema_, options_.change_retention);
    }
    FailedCells* cells = errors_->CellsOf(
        {.node = node.name(), .schema = schema_, .key = views_[number]->key(), .hash_seed = plan_.hash_seed()});
    return std::make_unique<FailedCellsOperator>(
        cells, StateId{node.fingerprint(), "failed_cells"},
        std::make_unique<ViewOperator>(views_[number].get(), StateId{node.fingerprint(), "rows"},
                                       rings_[number].get()));
  }

  OperatorOr MakeSink(const v1::PhysicalNode& node) {
    uint32_t number = node.sink().sink();
    if (number >= feeds_.size() || feeds_[number] != nullptr) return Unknown("a sink that is not there");
    SinkFeed::Options options;
    options.append_only = plan_.sinks(static_cast<int>(number)).append_only();
    feeds_[number] = std::make_unique<SinkFeed>(options, options_.sinks[number], Errors(node));
    return std::make_unique<SinkOperator>(feeds_[number].get());
  }

  const v1::PhysicalPlan& plan_;
  std::vector<std::unique_ptr<Source>> sources_;
  const BuildOptions& options_;
  CircuitBuilder builder_;
  ExpressionErrorLog* errors_ = nullptr;
  std::vector<std::unique_ptr<ViewStore>> views_;
  std::vector<std::unique_ptr<ChangeRing>> rings_;
  std::vector<std::unique_ptr<SinkFeed>> feeds_;
  std::vector<NodeId> nodes_;  // of the circuit, by the plan's node
  // Of the node at work.
  Schema schema_;
  std::vector<Schema> input_schemas_;
};

}  // namespace

absl::StatusOr<BuiltCircuit> BuildOperators(const v1::PhysicalPlan& plan, std::vector<std::unique_ptr<Source>> sources,
                                            const BuildOptions& options) {
  return OperatorBuilder(plan, std::move(sources), options).Build();
}

}  // namespace freshet
