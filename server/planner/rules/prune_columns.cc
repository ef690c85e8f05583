// Readers first: each node is told which of its columns are read, by all readers together. Then inputs first: each node
// is rebuilt over narrower inputs, with a map from its old columns to the new ones. Nodes that hand rows through give
// all that their input gives; what keeps or copies rows (joins, exchanges before them, filters) gets a project that
// leaves only what is read.
#include "server/planner/rules/prune_columns.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/check.h"
#include "server/plan/expression_logic.h"

namespace freshet {
namespace {

using ColumnMap = std::vector<std::optional<uint32_t>>;
using Reads = std::vector<bool>;  // by column

struct Pruned {
  PlanRef node;
  ColumnMap map;
};

class Pruner {
 public:
  PlanTree Run(const PlanTree& tree) {
    std::vector<PlanRef> nodes = NodesOf(tree);
    for (const PlanRef& node : nodes) reads_[node.get()] = Reads(node->schema().size(), false);
    for (const PlanView& view : tree.views) reads_[view.node.get()].assign(view.node->schema().size(), true);
    for (const PlanSink& sink : tree.sinks) reads_[sink.node.get()].assign(sink.node->schema().size(), true);
    for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
      std::visit([&](const auto& operation) { Mark(operation, **it); }, (*it)->operation);
    }
    for (const PlanRef& node : nodes) {
      done_[node.get()] = std::visit([&](const auto& operation) { return Rebuild(operation, node); }, node->operation);
    }
    PlanTree result = tree;
    for (PlanView& view : result.views) {
      const Pruned& pruned = done_.at(view.node.get());
      view.node = Narrow(pruned, FirstColumns(view.node->schema().size()), view.name);
    }
    for (PlanSink& sink : result.sinks) {
      const Pruned& pruned = done_.at(sink.node.get());
      sink.node = Narrow(pruned, FirstColumns(sink.node->schema().size()), sink.declaration.name());
    }
    return result;
  }

 private:
  void Read(const PlanRef& input, uint32_t column) { reads_[input.get()][column] = true; }
  void ReadAll(const PlanRef& input) { reads_[input.get()].assign(input->schema().size(), true); }
  void Read(const PlanRef& input, const Expression& expression) {
    for (uint32_t column : ColumnsOf(expression)) Read(input, column);
  }
  void ReadSame(const PlanNode& node) {
    for (uint32_t i = 0; i < node.schema().size(); ++i) {
      if (!reads_[&node][i]) continue;
      for (const PlanRef& input : node.inputs) Read(input, i);
    }
  }

  void Mark(const PlanScan&, const PlanNode&) {}
  void Mark(const PlanValues&, const PlanNode&) {}
  void Mark(const PlanFilter& filter, const PlanNode& node) {
    ReadSame(node);
    Read(node.inputs[0], filter.condition);
  }
  void Mark(const PlanProject& project, const PlanNode& node) {
    for (uint32_t i = 0; i < project.columns.size(); ++i) {
      if (reads_[&node][i]) Read(node.inputs[0], project.columns[i]);
    }
  }
  void Mark(const PlanFlatMap& flat_map, const PlanNode& node) {
    for (uint32_t i = 0; i < flat_map.keep.size(); ++i) {
      if (reads_[&node][i]) Read(node.inputs[0], flat_map.keep[i]);
    }
    for (const Expression& argument : flat_map.arguments) Read(node.inputs[0], argument);
  }
  void Mark(const PlanUnion&, const PlanNode& node) { ReadSame(node); }
  void Mark(const PlanJoin& join, const PlanNode& node) {
    uint32_t width = static_cast<uint32_t>(node.inputs[0]->schema().size());
    auto read = [&](uint32_t column) {
      if (column < width) {
        Read(node.inputs[0], column);
      } else {
        Read(node.inputs[1], column - width);
      }
    };
    for (uint32_t i = 0; i < node.schema().size(); ++i) {
      if (reads_[&node][i]) read(i);
    }
    for (uint32_t column : join.left_key) Read(node.inputs[0], column);
    for (uint32_t column : join.right_key) Read(node.inputs[1], column);
    if (!join.residual) return;
    for (uint32_t column : ColumnsOf(*join.residual)) read(column);
  }
  void Mark(const PlanAggregate& aggregate, const PlanNode& node) {
    for (uint32_t column : aggregate.key) Read(node.inputs[0], column);
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      if (!reads_[&node][aggregate.key.size() + i]) continue;
      for (uint32_t column : aggregate.calls[i].arguments) Read(node.inputs[0], column);
      if (aggregate.calls[i].filter) Read(node.inputs[0], *aggregate.calls[i].filter);
      for (const PlanSortColumn& key : aggregate.calls[i].order) Read(node.inputs[0], key.column);
    }
  }
  // Rows that differ only in a column that nobody reads are still two.
  void Mark(const PlanDistinct&, const PlanNode& node) { ReadAll(node.inputs[0]); }
  void Mark(const PlanKeylessDeletes&, const PlanNode& node) { ReadAll(node.inputs[0]); }
  // All columns decide between rows that the order does not tell apart.
  void Mark(const PlanTopK&, const PlanNode& node) { ReadAll(node.inputs[0]); }
  void Mark(const PlanUpsert& upsert, const PlanNode& node) {
    ReadSame(node);
    for (uint32_t column : upsert.key) Read(node.inputs[0], column);
    if (upsert.version) Read(node.inputs[0], *upsert.version);
    uint32_t stamps = static_cast<uint32_t>(node.schema().size());
    for (uint32_t i = stamps; i < node.inputs[0]->schema().size(); ++i) Read(node.inputs[0], i);
  }
  void Mark(const PlanExchange& exchange, const PlanNode& node) {
    ReadSame(node);
    for (uint32_t column : exchange.partitioning.key) Read(node.inputs[0], column);
  }

  const Pruned& InputOf(const PlanRef& node, size_t port = 0) const { return done_.at(node->inputs[port].get()); }

  // The columns of the old node that are read.
  ColumnList ReadColumns(const PlanRef& node) const {
    ColumnList columns;
    const Reads& reads = reads_.at(node.get());
    for (uint32_t i = 0; i < reads.size(); ++i) {
      if (reads[i]) columns.push_back(i);
    }
    return columns;
  }

  static uint32_t At(const ColumnMap& map, uint32_t column) {
    CHECK(map[column].has_value()) << "column " << column << " was pruned";
    return *map[column];
  }
  static ColumnList AllAt(const ColumnMap& map, const ColumnList& columns) {
    auto mapped = MapColumns(columns, map);
    CHECK(mapped.has_value());
    return *std::move(mapped);
  }

  // A project that gives exactly the old columns `columns`, in that order, unless the node does.
  static PlanRef Narrow(const Pruned& pruned, const ColumnList& columns, const std::string& owner) {
    ColumnList wanted = AllAt(pruned.map, columns);
    const Schema& schema = pruned.node->schema();
    if (wanted == FirstColumns(schema.size())) return pruned.node;
    PlanProject project;
    for (uint32_t column : wanted) {
      project.columns.push_back(Expression::Column(ColumnIndex(column), schema[column].type));
      project.names.push_back(schema[column].name);
    }
    return MakeNode(std::move(project), {pruned.node}, owner);
  }

  static ColumnMap MapOf(size_t old_size, const ColumnList& kept) {
    ColumnMap map(old_size);
    for (uint32_t i = 0; i < kept.size(); ++i) map[kept[i]] = i;
    return map;
  }

  Pruned Rebuild(const PlanScan& scan, const PlanRef& node) {
    PlanScan narrow = scan;
    ColumnList kept;
    size_t width = scan.columns.size();
    for (uint32_t column : ReadColumns(node)) {
      if (column < width) kept.push_back(column);
    }
    // Rows are counted even where nothing of them is read.
    if (kept.empty()) kept.push_back(Narrowest(node->schema(), width));
    narrow.columns.clear();
    for (uint32_t column : kept) narrow.columns.push_back(scan.columns[column]);
    for (uint32_t i = static_cast<uint32_t>(width); i < node->schema().size(); ++i) kept.push_back(i);
    return {MakeNode(std::move(narrow), {}, node->owner), MapOf(node->schema().size(), kept)};
  }

  Pruned Rebuild(const PlanValues&, const PlanRef& node) {
    return {node, MapOf(node->schema().size(), FirstColumns(node->schema().size()))};
  }

  static uint32_t Narrowest(const Schema& schema, size_t width) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < width; ++i) {
      if (WidthOf(PhysicalOf(schema[i].type.kind)) < WidthOf(PhysicalOf(schema[best].type.kind))) best = i;
    }
    return best;
  }

  Pruned Rebuild(const PlanFilter& filter, const PlanRef& node) {
    // Another reader may need more of a shared input; a filter copies what it hands on.
    Reads read = reads_.at(node.get());
    for (uint32_t column : ColumnsOf(filter.condition)) read[column] = true;
    ColumnList kept;
    for (uint32_t i = 0; i < read.size(); ++i) {
      if (read[i]) kept.push_back(i);
    }
    const Pruned& input = InputOf(node);
    if (kept.empty()) {
      PlanFilter same{RenumberColumns(filter.condition, input.map)};
      return {MakeNode(std::move(same), {input.node}, node->owner), input.map};
    }
    ColumnMap map = MapOf(read.size(), kept);
    PlanFilter narrow{RenumberColumns(filter.condition, map)};
    return {MakeNode(std::move(narrow), {Narrow(input, kept, node->owner)}, node->owner), std::move(map)};
  }

  Pruned Rebuild(const PlanProject& project, const PlanRef& node) {
    const Pruned& input = InputOf(node);
    PlanProject narrow;
    ColumnList kept = ReadColumns(node);
    if (kept.empty()) kept.push_back(0);
    ColumnList computable;
    for (uint32_t column : kept) {
      // The first column of a project that nobody reads may need what was pruned.
      if (!MapColumns(ColumnsOf(project.columns[column]), input.map)) continue;
      computable.push_back(column);
      narrow.columns.push_back(RenumberColumns(project.columns[column], input.map));
      narrow.names.push_back(project.names[column]);
    }
    if (narrow.columns.empty()) {
      narrow.columns.push_back(Expression::Column(ColumnIndex(0), input.node->schema()[0].type));
      narrow.names.push_back(input.node->schema()[0].name);
    }
    return {MakeNode(std::move(narrow), {input.node}, node->owner), MapOf(node->schema().size(), computable)};
  }

  Pruned Rebuild(const PlanFlatMap& flat_map, const PlanRef& node) {
    const Pruned& input = InputOf(node);
    PlanFlatMap narrow = flat_map;
    narrow.keep.clear();
    ColumnList kept;
    for (uint32_t i = 0; i < flat_map.keep.size(); ++i) {
      if (!reads_.at(node.get())[i]) continue;
      kept.push_back(i);
      narrow.keep.push_back(At(input.map, flat_map.keep[i]));
    }
    kept.push_back(static_cast<uint32_t>(flat_map.keep.size()));
    for (Expression& argument : narrow.arguments) argument = RenumberColumns(argument, input.map);
    return {MakeNode(std::move(narrow), {input.node}, node->owner), MapOf(node->schema().size(), kept)};
  }

  Pruned Rebuild(const PlanUnion&, const PlanRef& node) {
    ColumnList kept = ReadColumns(node);
    std::vector<PlanRef> inputs;
    if (kept.empty()) {
      // Inputs may have kept different columns: give each one that means nothing.
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        PlanProject project;
        project.columns.push_back(Expression::Literal(Datum::Bool(true), DataType{TypeKind::kBoolean}));
        project.names.emplace_back("row");
        inputs.push_back(MakeNode(std::move(project), {InputOf(node, i).node}, node->owner));
      }
    } else {
      for (size_t i = 0; i < node->inputs.size(); ++i) inputs.push_back(Narrow(InputOf(node, i), kept, node->owner));
    }
    return {MakeNode(PlanUnion{}, std::move(inputs), node->owner), MapOf(node->schema().size(), kept)};
  }

  Pruned Rebuild(const PlanJoin& join, const PlanRef& node) {
    // Another reader may need more of a shared input than this join: only what the join itself reads goes into it.
    uint32_t width = static_cast<uint32_t>(node->inputs[0]->schema().size());
    std::vector<bool> left(width, false), right(node->inputs[1]->schema().size(), false);
    auto read = [&](uint32_t column) { (column < width ? left[column] : right[column - width]) = true; };
    for (uint32_t column : ReadColumns(node)) read(column);
    for (uint32_t column : join.left_key) left[column] = true;
    for (uint32_t column : join.right_key) right[column] = true;
    if (join.residual) {
      for (uint32_t column : ColumnsOf(*join.residual)) read(column);
    }
    ColumnList left_kept, right_kept, all;
    for (uint32_t i = 0; i < left.size(); ++i) {
      if (left[i]) left_kept.push_back(i), all.push_back(i);
    }
    for (uint32_t i = 0; i < right.size(); ++i) {
      if (right[i]) right_kept.push_back(i), all.push_back(width + i);
    }
    ColumnMap left_map = MapOf(left.size(), left_kept), right_map = MapOf(right.size(), right_kept);
    PlanJoin narrow = join;
    narrow.left_key = AllAt(left_map, join.left_key);
    narrow.right_key = AllAt(right_map, join.right_key);
    ColumnMap both = MapOf(left.size() + right.size(), all);
    if (join.residual) narrow.residual = RenumberColumns(*join.residual, both);
    std::vector<PlanRef> inputs = {Narrow(InputOf(node, 0), left_kept, node->owner),
                                   Narrow(InputOf(node, 1), right_kept, node->owner)};
    both.resize(node->schema().size());
    return {MakeNode(std::move(narrow), std::move(inputs), node->owner), std::move(both)};
  }

  Pruned Rebuild(const PlanAggregate& aggregate, const PlanRef& node) {
    const Pruned& input = InputOf(node);
    PlanAggregate narrow;
    narrow.key = AllAt(input.map, aggregate.key);
    ColumnList kept = FirstColumns(aggregate.key.size());
    for (uint32_t i = 0; i < aggregate.calls.size(); ++i) {
      uint32_t column = static_cast<uint32_t>(aggregate.key.size()) + i;
      if (!reads_.at(node.get())[column]) continue;
      PlanAggregateCall call = aggregate.calls[i];
      call.arguments = AllAt(input.map, call.arguments);
      if (call.filter) call.filter = At(input.map, *call.filter);
      for (PlanSortColumn& key : call.order) key.column = At(input.map, key.column);
      narrow.calls.push_back(std::move(call));
      narrow.names.push_back(aggregate.names[i]);
      kept.push_back(column);
    }
    // The one row of a global aggregate must have a column.
    if (kept.empty()) {
      PlanAggregateCall count;
      count.function = "count";
      count.type = DataType{TypeKind::kBigint};
      narrow.calls.push_back(std::move(count));
      narrow.names.emplace_back("count");
    }
    return {MakeNode(std::move(narrow), {input.node}, node->owner), MapOf(node->schema().size(), kept)};
  }

  Pruned Whole(const PlanRef& node, PlanOperation operation) {
    ColumnList all = FirstColumns(node->schema().size());
    PlanRef input = Narrow(InputOf(node), all, node->owner);
    return {MakeNode(std::move(operation), {std::move(input)}, node->owner), MapOf(all.size(), all)};
  }
  Pruned Rebuild(const PlanDistinct& distinct, const PlanRef& node) { return Whole(node, distinct); }
  Pruned Rebuild(const PlanTopK& top, const PlanRef& node) { return Whole(node, top); }
  Pruned Rebuild(const PlanKeylessDeletes& deletes, const PlanRef& node) { return Whole(node, deletes); }

  Pruned Rebuild(const PlanUpsert& upsert, const PlanRef& node) {
    const Pruned& input = InputOf(node);
    uint32_t width = static_cast<uint32_t>(node->schema().size());
    // The key, the version and what is read, then the stamps.
    std::vector<bool> read = reads_.at(node.get());
    for (uint32_t column : upsert.key) read[column] = true;
    if (upsert.version) read[*upsert.version] = true;
    ColumnList kept;
    for (uint32_t i = 0; i < width; ++i) {
      if (read[i]) kept.push_back(i);
    }
    ColumnMap map = MapOf(width, kept);
    for (uint32_t i = width; i < node->inputs[0]->schema().size(); ++i) kept.push_back(i);
    PlanUpsert narrow = upsert;
    narrow.key = AllAt(map, upsert.key);
    if (upsert.version) narrow.version = At(map, *upsert.version);
    return {MakeNode(std::move(narrow), {Narrow(input, kept, node->owner)}, node->owner), std::move(map)};
  }

  Pruned Rebuild(const PlanExchange& exchange, const PlanRef& node) {
    const Pruned& input = InputOf(node);
    PlanExchange narrow = exchange;
    narrow.partitioning.key = AllAt(input.map, exchange.partitioning.key);
    return {MakeNode(std::move(narrow), {input.node}, node->owner), input.map};
  }

  std::unordered_map<const PlanNode*, Reads> reads_;
  std::unordered_map<const PlanNode*, Pruned> done_;
};

}  // namespace

PlanTree PruneColumns(const PlanTree& tree) { return Pruner().Run(tree); }

}  // namespace freshet
