#include "server/planner/rules/place_exchanges.h"

#include <algorithm>

namespace freshet {
namespace {

PlanRef Spread(const PlanRef& input, const Partitioning& wanted) {
  if (LiesAs(input->relation, wanted)) return input;
  return MakeNode(PlanExchange{wanted}, {input}, input->owner);
}

PlanRef SpreadByRow(const PlanRef& input) {
  return Spread(input, Partitioning::Hash(FirstColumns(input->schema().size())));
}

// The order of key pairs in which the columns of one side lie already; no value: another key.
std::optional<std::vector<size_t>> OrderOf(const ColumnList& key, const Relation& relation) {
  const Partitioning& partitioning = relation.partitioning;
  if (partitioning.kind != PartitioningKind::kHash || partitioning.key.size() != key.size()) return std::nullopt;
  std::vector<size_t> order;
  for (uint32_t column : partitioning.key) {
    ColumnList equal = EqualColumns(relation, column);
    size_t pair = 0;  // each once: the keys may be equal to one another
    while (pair < key.size() && (!Contains(equal, {key[pair]}) || std::count(order.begin(), order.end(), pair) > 0)) {
      ++pair;
    }
    if (pair == key.size()) return std::nullopt;
    order.push_back(pair);
  }
  return order;
}

PlanRef PlaceJoin(PlanJoin join, const PlanRef& node) {
  const PlanRef& left = node->inputs[0];
  const PlanRef& right = node->inputs[1];
  auto order = OrderOf(join.left_key, left->relation);
  if (!order) order = OrderOf(join.right_key, right->relation);
  if (order) {
    PlanJoin ordered = join;
    for (size_t i = 0; i < order->size(); ++i) {
      ordered.left_key[i] = join.left_key[(*order)[i]];
      ordered.right_key[i] = join.right_key[(*order)[i]];
    }
    join = std::move(ordered);
  }
  std::vector<PlanRef> inputs = {Spread(left, Partitioning::Hash(join.left_key)),
                                 Spread(right, Partitioning::Hash(join.right_key))};
  return MakeNode(std::move(join), std::move(inputs), node->owner);
}

PlanRef Place(const PlanRef& node) {
  if (const auto* join = node->As<PlanJoin>()) return PlaceJoin(*join, node);
  if (const auto* aggregate = node->As<PlanAggregate>()) {
    Partitioning wanted = aggregate->key.empty() ? Partitioning::Gather() : Partitioning::Hash(aggregate->key);
    return WithInputs(node, {Spread(node->inputs[0], wanted)});
  }
  if (const auto* top = node->As<PlanTopK>()) {
    Partitioning wanted = top->group.empty() ? Partitioning::Gather() : Partitioning::Hash(top->group);
    return WithInputs(node, {Spread(node->inputs[0], wanted)});
  }
  if (const auto* upsert = node->As<PlanUpsert>()) {
    return WithInputs(node, {Spread(node->inputs[0], Partitioning::Hash(upsert->key))});
  }
  if (node->As<PlanDistinct>() != nullptr || node->As<PlanKeylessDeletes>() != nullptr) {
    return WithInputs(node, {SpreadByRow(node->inputs[0])});
  }
  return node;
}

}  // namespace

PlanTree PlaceExchanges(const PlanTree& tree) {
  PlanTree placed = RewriteTree(tree, Place);
  for (PlanView& view : placed.views) {
    view.node = view.key.empty() ? SpreadByRow(view.node) : Spread(view.node, Partitioning::Hash(view.key));
  }
  return placed;
}

}  // namespace freshet
