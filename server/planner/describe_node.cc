#include "server/planner/describe_node.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"
#include "server/plan/bound_expression.h"

namespace freshet {
namespace {

using Names = std::vector<std::string>;
using Columns = google::protobuf::RepeatedField<uint32_t>;

Names NamesOf(const google::protobuf::RepeatedPtrField<v1::Field>& schema) {
  Names names;
  for (const v1::Field& field : schema) names.push_back(field.name());
  return names;
}

Names InputNames(const v1::PhysicalPlan& plan, const v1::PhysicalNode& node, int port = 0) {
  return NamesOf(plan.nodes(static_cast<int>(node.inputs(port))).schema());
}

std::string Join(const Names& names) {
  std::string text;
  for (const std::string& name : names) StrAppend(&text, text.empty() ? "" : ", ", name);
  return text;
}

std::string List(const Columns& columns, const Names& names) {
  Names chosen;
  for (uint32_t column : columns) chosen.push_back(names[column]);
  return Join(chosen);
}

class Describer {
 public:
  Describer(const v1::PhysicalPlan& plan, const v1::PhysicalNode& node) : plan_(plan), node_(node) {}

  NodeDescription Describe() {
    switch (node_.operator_case()) {
      case v1::PhysicalNode::kSource:
        Source();
        break;
      case v1::PhysicalNode::kFilter:
        Kind("filter");
        Add("condition", DescribeExpression(node_.filter().condition(), InputNames(plan_, node_)));
        break;
      case v1::PhysicalNode::kProject:
        Project();
        break;
      case v1::PhysicalNode::kFlatMap:
        FlatMap();
        break;
      case v1::PhysicalNode::kUnion:
        Kind("union");
        break;
      case v1::PhysicalNode::kJoin:
        DescribeJoin();
        break;
      case v1::PhysicalNode::kAggregate:
        Aggregate();
        break;
      case v1::PhysicalNode::kDistinct:
        Kind("distinct", "each row once");
        break;
      case v1::PhysicalNode::kTopK:
        TopK();
        break;
      case v1::PhysicalNode::kUpsert:
        Upsert();
        break;
      case v1::PhysicalNode::kKeylessDeletes:
        Kind("keyless deletes", "counts of each row");
        break;
      case v1::PhysicalNode::kExchange:
        Exchange();
        break;
      case v1::PhysicalNode::kView:
        View();
        break;
      case v1::PhysicalNode::kSink:
        Sink();
        break;
      case v1::PhysicalNode::kValues:
        Kind("values");
        Add("rows", StrCat(node_.values().rows_size()));
        break;
      case v1::PhysicalNode::OPERATOR_NOT_SET:
        Kind("unknown");
        break;
    }
    result_.spread = Spread();
    return std::move(result_);
  }

 private:
  std::string Spread() const {
    if (!node_.has_partitioning()) return "";
    if (node_.partitioning().gathered()) return "on one shard";
    return StrCat("by ", List(node_.partitioning().key(), NamesOf(node_.schema())));
  }

  // Where rows may go again, a least or largest value is followed by the next one.
  std::string GroupState() const {
    const v1::AggregateNode& aggregate = node_.aggregate();
    std::string state = aggregate.key().empty() ? "one group" : "a group for each key";
    bool ordered = false, distinct = false;
    for (const v1::AggregateCall& call : aggregate.calls()) {
      distinct = distinct || call.distinct();
      ordered = ordered || ((call.function() == "min" || call.function() == "max") && !aggregate.append_only_input());
    }
    if (ordered) state += ", values in order";
    if (distinct) state += ", distinct values";
    return state;
  }

  void Kind(std::string kind, std::string state = "") {
    result_.kind = std::move(kind);
    result_.state = std::move(state);
  }
  void Add(std::string name, std::string text) {
    if (!text.empty()) result_.details.emplace_back(std::move(name), std::move(text));
  }

  void Source() {
    const v1::PhysicalSource& source = plan_.sources(static_cast<int>(node_.source().source()));
    Kind("source");
    Add("table", source.table());
    Add("connector", source.binding().connector());
    auto option = [&](const char* name) {
      auto it = source.binding().options().find(name);
      Add(name, it == source.binding().options().end() ? "" : it->second);
    };
    for (const char* name : {"path", "topic", "format", "mode"}) option(name);
    Add("columns", Join(NamesOf(node_.schema())));
  }

  void Project() {
    Kind("project");
    Names inputs = InputNames(plan_, node_), columns;
    for (int i = 0; i < node_.project().columns_size(); ++i) {
      std::string text = DescribeExpression(node_.project().columns(i), inputs);
      const std::string& name = node_.schema(i).name();
      columns.push_back(text == name ? name : StrCat(name, " = ", text));
    }
    Add("columns", Join(columns));
  }

  void FlatMap() {
    Kind("flat_map");
    Names inputs = InputNames(plan_, node_), arguments;
    for (const v1::BoundExpression& argument : node_.flat_map().arguments()) {
      arguments.push_back(DescribeExpression(argument, inputs));
    }
    Add("call", StrCat(node_.flat_map().function(), "(", Join(arguments), ")"));
    Add("as", node_.schema(node_.schema_size() - 1).name());
    Add("keep", List(node_.flat_map().keep(), inputs));
  }

  void DescribeJoin() {
    const v1::JoinNode& join = node_.join();
    Kind(StrCat(absl::AsciiStrToLower(v1::JoinKind_Name(join.kind())), " join"), "rows of both inputs");
    Names left = InputNames(plan_, node_, 0), right = InputNames(plan_, node_, 1), keys;
    for (int i = 0; i < join.left_key_size(); ++i) {
      keys.push_back(StrCat(left[join.left_key(i)], " = ", right[join.right_key(i)]));
    }
    Add("on", Join(keys));
    if (join.null_safe()) Add("nulls", "equal");
    left.insert(left.end(), right.begin(), right.end());
    if (join.has_residual()) Add("and", DescribeExpression(join.residual(), left));
    if (join.left_unique() || join.right_unique()) {
      Add("unique", join.left_unique() ? join.right_unique() ? "left, right" : "left" : "right");
    }
  }

  void Aggregate() {
    Kind("aggregate", GroupState());
    Names inputs = InputNames(plan_, node_), calls;
    Add("key", node_.aggregate().key().empty() ? "none: one row" : List(node_.aggregate().key(), inputs));
    for (const v1::AggregateCall& call : node_.aggregate().calls()) {
      std::string arguments = call.arguments().empty() ? "*" : List(call.arguments(), inputs);
      for (const v1::BoundExpression& parameter : call.parameters()) {
        StrAppend(&arguments, ", ", DescribeExpression(parameter, inputs));
      }
      for (int i = 0; i < call.order_size(); ++i) {
        StrAppend(&arguments, i == 0 ? " by " : ", ", inputs[call.order(i).column()],
                  call.order(i).descending() ? " desc" : "");
      }
      std::string text = StrCat(call.function(), call.distinct() ? "(distinct " : "(", arguments, ")");
      if (call.filter() > 0) StrAppend(&text, " if ", inputs[static_cast<size_t>(call.filter() - 1)]);
      calls.push_back(std::move(text));
    }
    Add("values", Join(calls));
    if (node_.aggregate().append_only_input()) Add("input", "append-only");
  }

  void TopK() {
    Kind("top_k", node_.top_k().append_only_input() ? "the first rows" : "its rows in order");
    const v1::TopKNode& top = node_.top_k();
    Names names = NamesOf(node_.schema()), order;
    for (const v1::SortedColumn& sort : top.order()) {
      const char* nulls = sort.nulls_first() == sort.descending() ? ""
                          : sort.nulls_first()                    ? " nulls first"
                                                                  : " nulls last";
      order.push_back(StrCat(names[sort.column()], sort.descending() ? " desc" : "", nulls));
    }
    Add("group", List(top.group(), names));
    Add("order", Join(order));
    Add("limit", StrCat(top.limit()));
    if (top.offset() > 0) Add("offset", StrCat(top.offset()));
    if (top.append_only_input()) Add("input", "append-only");
  }

  void Upsert() {
    Kind("upsert", "a row for each key");
    Names names = NamesOf(node_.schema());
    Add("key", List(node_.upsert().key(), names));
    Add("by", node_.upsert().version() > 0 ? names[static_cast<size_t>(node_.upsert().version() - 1)] : "stamp");
    int64_t retention_ms = node_.upsert().tombstone_retention_micros() / 1000;
    Add("tombstones", retention_ms % 1000 == 0 ? StrCat(retention_ms / 1000, " s") : StrCat(retention_ms, " ms"));
  }

  void Exchange() {
    switch (node_.exchange().distribution()) {
      case v1::ExchangeNode::GATHER:
        Kind("exchange");
        Add("to", "one shard");
        break;
      case v1::ExchangeNode::BROADCAST:
        Kind("exchange");
        Add("to", "all shards");
        break;
      case v1::ExchangeNode::PARTITION:
        Kind("exchange");
        Add("to", "the partition's shard");
        Add("by",
            node_.exchange().key().empty() ? "the whole row" : List(node_.exchange().key(), NamesOf(node_.schema())));
        break;
      default:  // HASH; proto enums are open
        Kind("exchange");
        Add("by", List(node_.exchange().key(), NamesOf(node_.schema())));
    }
  }

  void View() {
    const v1::PhysicalView& view = plan_.views(static_cast<int>(node_.view().view()));
    Kind(!view.index_on().empty() ? "index" : view.table() ? "table" : "view", "its rows");
    if (!view.index_on().empty()) Add("on", view.index_on());
    Add("key", view.key().empty() ? "the whole row" : List(view.key(), NamesOf(view.schema())));
    if (view.key_unique()) Add("unique", "true");
  }

  void Sink() {
    const v1::PhysicalSink& sink = plan_.sinks(static_cast<int>(node_.sink().sink()));
    Kind("sink");
    Add("from", sink.declaration().from());
    Add("connector", sink.declaration().connector());
    for (const char* name : {"path", "topic", "format", "envelope"}) {
      auto it = sink.declaration().options().find(name);
      if (it != sink.declaration().options().end()) Add(name, it->second);
    }
    Add("key", List(sink.key(), NamesOf(sink.schema())));
    if (sink.key_unique()) Add("unique", "true");
  }

  const v1::PhysicalPlan& plan_;
  const v1::PhysicalNode& node_;
  NodeDescription result_;
};

}  // namespace

NodeDescription DescribeNode(const v1::PhysicalPlan& plan, const v1::PhysicalNode& node) {
  return Describer(plan, node).Describe();
}

std::string DescribeExpression(const v1::BoundExpression& proto, const std::vector<std::string>& names) {
  absl::StatusOr<Expression> expression = ExpressionFromProto(proto);
  if (!expression.ok()) return "?";
  std::string text = FormatExpression(*expression), named;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (quoted || text[i] != '#') {
      named.push_back(text[i]);
      continue;
    }
    size_t column = 0;
    while (i + 1 < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i + 1]))) {
      column = column * 10 + static_cast<size_t>(text[++i] - '0');
    }
    named += column < names.size() ? names[column] : "?";
  }
  return named;
}

}  // namespace freshet
