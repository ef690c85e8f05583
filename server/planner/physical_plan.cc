#include "server/planner/physical_plan.h"

#include <map>
#include <string>
#include <unordered_map>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/plan/bound_expression.h"
#include "server/plan/fingerprint.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

using Columns = google::protobuf::RepeatedField<uint32_t>;

void SetColumns(const ColumnList& columns, Columns* out) { out->Assign(columns.begin(), columns.end()); }

v1::JoinKind KindToProto(PlanJoinKind kind) {
  switch (kind) {
    case PlanJoinKind::kInner:
      return v1::INNER;
    case PlanJoinKind::kLeft:
      return v1::LEFT;
    case PlanJoinKind::kSemi:
      return v1::SEMI;
    case PlanJoinKind::kAnti:
      return v1::ANTI;
  }
  __builtin_unreachable();
}

class PhysicalPlanWriter {
 public:
  explicit PhysicalPlanWriter(uint64_t hash_seed) { plan_.set_hash_seed(hash_seed); }

  v1::PhysicalPlan Write(const PlanTree& tree) {
    for (const PlanRef& node : NodesOf(tree)) WriteNode(*node);
    for (const PlanView& view : tree.views) WriteView(view);
    for (const PlanSink& sink : tree.sinks) WriteSink(sink);
    return std::move(plan_);
  }

 private:
  // "late/aggregate", "late/aggregate#2": unique in the plan.
  std::string NameFor(const std::string& owner, std::string_view operation) {
    std::string name = StrCat(owner, "/", operation);
    int number = ++names_[name];
    return number == 1 ? name : StrCat(name, "#", number);
  }

  v1::PhysicalNode* AddNode(const PlanNode& node, const std::string& owner, std::string_view operation) {
    v1::PhysicalNode* added = plan_.add_nodes();
    added->set_name(NameFor(owner, operation));
    for (const Field& field : node.schema()) *added->add_schema() = FieldToProto(field);
    added->set_append_only(node.relation.properties.append_only);
    if (node.relation.properties.unique_key) {
      SetColumns(*node.relation.properties.unique_key, added->mutable_unique_key());
    }
    switch (node.relation.partitioning.kind) {
      case PartitioningKind::kAny:
        break;
      case PartitioningKind::kHash:
        SetColumns(node.relation.partitioning.key, added->mutable_partitioning()->mutable_key());
        break;
      case PartitioningKind::kGather:
        added->mutable_partitioning()->set_gathered(true);
        break;
    }
    return added;
  }

  void WriteNode(const PlanNode& node) {
    v1::PhysicalNode* out =
        AddNode(node, node.owner, node.As<PlanScan>() != nullptr ? "source" : NameOf(node.operation));
    out->set_fingerprint(node.fingerprint);
    for (const PlanRef& input : node.inputs) out->add_inputs(places_.at(input.get()));
    std::visit([&](const auto& operation) { WriteOperation(operation, node, out); }, node.operation);
    places_[&node] = static_cast<uint32_t>(plan_.nodes_size() - 1);
  }

  void WriteOperation(const PlanScan& scan, const PlanNode&, v1::PhysicalNode* out) {
    out->mutable_source()->set_source(static_cast<uint32_t>(plan_.sources_size()));
    v1::PhysicalSource* source = plan_.add_sources();
    source->set_table(scan.table->table.name());
    source->set_source(StrCat(scan.table->table.name(), "/", scan.binding));
    *source->mutable_declaration() = scan.table->table;
    source->mutable_declaration()->clear_sources();
    *source->mutable_binding() = scan.table->table.sources(static_cast<int>(scan.binding));
    SetColumns(scan.columns, source->mutable_columns());
    source->set_stamped(scan.stamped);
  }
  void WriteOperation(const PlanFilter& filter, const PlanNode&, v1::PhysicalNode* out) {
    *out->mutable_filter()->mutable_condition() = ExpressionToProto(filter.condition);
  }
  void WriteOperation(const PlanProject& project, const PlanNode&, v1::PhysicalNode* out) {
    out->mutable_project();
    for (const Expression& column : project.columns) *out->mutable_project()->add_columns() = ExpressionToProto(column);
  }
  void WriteOperation(const PlanFlatMap& flat_map, const PlanNode&, v1::PhysicalNode* out) {
    v1::FlatMapNode* proto = out->mutable_flat_map();
    proto->set_function(std::string(flat_map.function->name));
    for (const Expression& argument : flat_map.arguments) *proto->add_arguments() = ExpressionToProto(argument);
    SetColumns(flat_map.keep, proto->mutable_keep());
  }
  void WriteOperation(const PlanUnion&, const PlanNode&, v1::PhysicalNode* out) { out->mutable_union_(); }
  void WriteOperation(const PlanValues& values, const PlanNode&, v1::PhysicalNode* out) {
    for (const auto& row : values.rows) {
      v1::BoundValuesRow* added = out->mutable_values()->add_rows();
      for (const Expression& value : row) *added->add_values() = ExpressionToProto(value);
    }
  }
  void WriteOperation(const PlanJoin& join, const PlanNode& node, v1::PhysicalNode* out) {
    v1::JoinNode* proto = out->mutable_join();
    proto->set_kind(KindToProto(join.kind));
    SetColumns(join.left_key, proto->mutable_left_key());
    SetColumns(join.right_key, proto->mutable_right_key());
    proto->set_null_safe(join.null_safe);
    if (join.residual) *proto->mutable_residual() = ExpressionToProto(*join.residual);
    proto->set_left_unique(IsUniqueBy(node.inputs[0]->relation, join.left_key));
    proto->set_right_unique(IsUniqueBy(node.inputs[1]->relation, join.right_key));
  }
  void WriteOperation(const PlanAggregate& aggregate, const PlanNode& node, v1::PhysicalNode* out) {
    v1::AggregateNode* proto = out->mutable_aggregate();
    SetColumns(aggregate.key, proto->mutable_key());
    proto->set_append_only_input(node.inputs[0]->relation.properties.append_only);
    for (const PlanAggregateCall& call : aggregate.calls) {
      v1::AggregateCall* added = proto->add_calls();
      added->set_function(call.function);
      SetColumns(call.arguments, added->mutable_arguments());
      added->set_filter(call.filter ? static_cast<int32_t>(*call.filter) + 1 : 0);
      *added->mutable_type() = TypeToProto(call.type);
      added->set_distinct(call.distinct);
      for (const PlanSortColumn& key : call.order) {
        v1::SortColumn* column = added->add_order();
        column->set_column(key.column);
        column->set_descending(key.order.descending);
        column->set_nulls_first(key.order.nulls_first);
      }
      for (size_t i = 0; i < call.parameters.size(); ++i) {
        *added->add_parameters() = ExpressionToProto(Expression::Literal(call.parameters[i], call.parameter_types[i]));
      }
    }
  }
  void WriteOperation(const PlanDistinct&, const PlanNode&, v1::PhysicalNode* out) { out->mutable_distinct(); }
  void WriteOperation(const PlanTopK& top, const PlanNode& node, v1::PhysicalNode* out) {
    v1::TopKNode* proto = out->mutable_top_k();
    SetColumns(top.group, proto->mutable_group());
    for (const SortColumn& sort : top.order) {
      v1::SortedColumn* added = proto->add_order();
      added->set_column(sort.column.value());
      added->set_descending(sort.descending);
      added->set_nulls_first(sort.nulls_first);
    }
    proto->set_limit(top.limit);
    proto->set_offset(top.offset);
    proto->set_append_only_input(node.inputs[0]->relation.properties.append_only);
  }
  void WriteOperation(const PlanUpsert& upsert, const PlanNode&, v1::PhysicalNode* out) {
    v1::UpsertNode* proto = out->mutable_upsert();
    SetColumns(upsert.key, proto->mutable_key());
    proto->set_version(upsert.version ? static_cast<int32_t>(*upsert.version) + 1 : 0);
    proto->set_tombstone_retention_micros(upsert.tombstone_retention_micros);
  }
  void WriteOperation(const PlanKeylessDeletes&, const PlanNode&, v1::PhysicalNode* out) {
    out->mutable_keyless_deletes();
  }
  void WriteOperation(const PlanExchange& exchange, const PlanNode&, v1::PhysicalNode* out) {
    v1::ExchangeNode* proto = out->mutable_exchange();
    switch (exchange.partitioning.kind) {
      case PartitioningKind::kHash:
        proto->set_distribution(v1::ExchangeNode::HASH);
        break;
      case PartitioningKind::kGather:
        proto->set_distribution(v1::ExchangeNode::GATHER);
        break;
      case PartitioningKind::kAny:
        CHECK(false) << "an exchange to nowhere";
    }
    SetColumns(exchange.partitioning.key, proto->mutable_key());
  }

  void WriteView(const PlanView& view) {
    v1::PhysicalView* physical = plan_.add_views();
    physical->set_name(view.name);
    for (size_t i = 0; i < view.columns.size(); ++i) {
      *physical->add_schema() = FieldToProto({view.columns[i], view.node->schema()[i].type});
    }
    SetColumns(view.key, physical->mutable_key());
    physical->set_table(view.table);
    physical->set_key_unique(view.key_unique);
    physical->set_index_on(view.index_on);
    v1::PhysicalNode* node = AddNode(*view.node, view.name, view.index_on.empty() ? "view" : "index");
    *node->mutable_schema() = physical->schema();
    std::string logic = StrCat("view ", view.name, " <", view.node->fingerprint);
    for (uint32_t column : view.key) StrAppend(&logic, " #", column);
    node->set_fingerprint(FingerprintOf(logic));
    node->add_inputs(places_.at(view.node.get()));
    node->mutable_view()->set_view(static_cast<uint32_t>(plan_.views_size() - 1));
  }

  void WriteSink(const PlanSink& sink) {
    const std::string& name = sink.declaration.name();
    const auto number = static_cast<uint32_t>(plan_.sinks_size());
    v1::PhysicalSink* physical = plan_.add_sinks();
    *physical->mutable_declaration() = sink.declaration;
    for (size_t i = 0; i < sink.columns.size(); ++i) {
      *physical->add_schema() = FieldToProto({sink.columns[i], sink.node->schema()[i].type});
    }
    SetColumns(sink.key, physical->mutable_key());
    physical->set_key_unique(sink.key_unique);
    SetColumns(sink.partition_by, physical->mutable_partition_by());
    physical->set_append_only(sink.node->relation.properties.append_only);
    uint32_t input = places_.at(sink.node.get());
    std::string logic = StrCat("sink ", name, " <", sink.node->fingerprint);
    if (sink.has_partitions) {
      v1::PhysicalNode* exchange = AddNode(*sink.node, name, "exchange");
      exchange->set_fingerprint(FingerprintOf(StrCat("exchange of ", logic)));
      exchange->add_inputs(input);
      exchange->mutable_exchange()->set_distribution(v1::ExchangeNode::PARTITION);
      SetColumns(sink.partition_by, exchange->mutable_exchange()->mutable_key());
      exchange->mutable_exchange()->set_sink(number);
      input = static_cast<uint32_t>(plan_.nodes_size() - 1);
    }
    v1::PhysicalNode* node = AddNode(*sink.node, name, "sink");
    *node->mutable_schema() = physical->schema();
    node->set_fingerprint(FingerprintOf(logic));
    node->add_inputs(input);
    node->mutable_sink()->set_sink(number);
  }

  v1::PhysicalPlan plan_;
  std::unordered_map<const PlanNode*, uint32_t> places_;
  std::map<std::string, int> names_;
};

}  // namespace

v1::PhysicalPlan MakePhysicalPlan(const PlanTree& tree, uint64_t hash_seed) {
  return PhysicalPlanWriter(hash_seed).Write(tree);
}

}  // namespace freshet
