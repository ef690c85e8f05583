#include "server/planner/explain.h"

#include <set>
#include <string_view>

#include "engine/base/str_cat.h"
#include "server/formats/api/row_json.h"
#include "server/plan/type_proto.h"
#include "server/planner/describe_node.h"

namespace freshet {
namespace {

class TextWriter {
 public:
  explicit TextWriter(const v1::PhysicalPlan& plan) : plan_(plan) {}

  std::string Write() {
    for (int i = 0; i < plan_.nodes_size(); ++i) {
      const v1::PhysicalNode& node = plan_.nodes(i);
      if (!node.has_view() && !node.has_sink()) continue;
      if (!text_.empty()) text_ += "\n";
      WriteNode(static_cast<uint32_t>(i), 0);
    }
    return std::move(text_);
  }

 private:
  void WriteNode(uint32_t number, int depth) {
    const v1::PhysicalNode& node = plan_.nodes(static_cast<int>(number));
    NodeDescription description = DescribeNode(plan_, node);
    StrAppend(&text_, std::string(static_cast<size_t>(depth) * 2, ' '), description.kind, " ", node.name());
    if (!shown_.insert(number).second) {
      text_ += " (shown above)\n";
      return;
    }
    for (const auto& [name, value] : description.details) StrAppend(&text_, "  ", name, ": ", value);
    if (!description.state.empty()) StrAppend(&text_, "  [state: ", description.state, "]");
    if (!description.spread.empty()) StrAppend(&text_, "  [", description.spread, "]");
    if (!node.unique_key().empty()) StrAppend(&text_, "  [unique: ", UniqueColumns(node), "]");
    if (node.append_only()) text_ += "  [append-only]";
    text_ += "\n";
    for (uint32_t input : node.inputs()) WriteNode(input, depth + 1);
  }

  static std::string UniqueColumns(const v1::PhysicalNode& node) {
    std::string names;
    for (uint32_t column : node.unique_key()) {
      StrAppend(&names, names.empty() ? "" : ", ", node.schema(static_cast<int>(column)).name());
    }
    return names;
  }

  const v1::PhysicalPlan& plan_;
  std::string text_;
  std::set<uint32_t> shown_;
};

void AppendMember(std::string_view name, std::string_view value, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendJsonString(name, out);
  out->push_back(':');
  AppendJsonString(value, out);
}

template <typename List, typename Append>
void AppendList(std::string_view name, const List& list, Append append, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendJsonString(name, out);
  out->append(":[");
  bool first = true;
  for (const auto& each : list) {
    if (!first) out->push_back(',');
    first = false;
    append(each);
  }
  out->push_back(']');
}

void AppendFlag(std::string_view name, bool value, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendJsonString(name, out);
  out->append(value ? ":true" : ":false");
}

void AppendSchema(const google::protobuf::RepeatedPtrField<v1::Field>& schema, std::string* out) {
  AppendList(
      "columns", schema,
      [&](const v1::Field& field) {
        out->push_back('{');
        AppendMember("name", field.name(), out);
        AppendMember("type", FormatTypeProto(field.type()), out);
        out->push_back('}');
      },
      out);
}

void AppendPartitioning(const v1::PhysicalNode& node, std::string* out) {
  const v1::NodePartitioning& partitioning = node.partitioning();
  out->append(",\"partitioning\":{");
  AppendMember("kind", !node.has_partitioning() ? "any" : partitioning.gathered() ? "one_shard" : "hash", out);
  AppendList(
      "key", partitioning.key(),
      [&](uint32_t column) { AppendJsonString(node.schema(static_cast<int>(column)).name(), out); }, out);
  out->push_back('}');
}

void AppendNode(const v1::PhysicalPlan& plan, const v1::PhysicalNode& node, std::string* out) {
  NodeDescription description = DescribeNode(plan, node);
  out->push_back('{');
  AppendMember("name", node.name(), out);
  AppendMember("kind", description.kind, out);
  AppendMember("fingerprint", node.fingerprint(), out);
  AppendList("inputs", node.inputs(), [&](uint32_t input) { StrAppend(out, input); }, out);
  AppendList(
      "details", description.details,
      [&](const auto& detail) {
        out->push_back('{');
        AppendMember("name", detail.first, out);
        AppendMember("value", detail.second, out);
        out->push_back('}');
      },
      out);
  AppendFlag("state", !description.state.empty(), out);
  AppendMember("keeps", description.state, out);
  AppendPartitioning(node, out);
  AppendFlag("append_only", node.append_only(), out);
  AppendList(
      "unique_key", node.unique_key(),
      [&](uint32_t column) { AppendJsonString(node.schema(static_cast<int>(column)).name(), out); }, out);
  AppendSchema(node.schema(), out);
  out->push_back('}');
}

void AppendView(const v1::PhysicalView& view, std::string* out) {
  out->push_back('{');
  AppendMember("name", view.name(), out);
  AppendFlag("table", view.table(), out);
  if (!view.index_on().empty()) AppendMember("index_on", view.index_on(), out);
  AppendList(
      "key", view.key(), [&](uint32_t column) { AppendJsonString(view.schema(static_cast<int>(column)).name(), out); },
      out);
  AppendFlag("key_unique", view.key_unique(), out);
  AppendSchema(view.schema(), out);
  out->push_back('}');
}

void AppendSink(const v1::PhysicalSink& sink, std::string* out) {
  out->push_back('{');
  AppendMember("name", sink.declaration().name(), out);
  AppendMember("from", sink.declaration().from(), out);
  AppendMember("connector", sink.declaration().connector(), out);
  auto columns = [&](std::string_view name, const auto& list) {
    AppendList(
        name, list, [&](uint32_t column) { AppendJsonString(sink.schema(static_cast<int>(column)).name(), out); }, out);
  };
  columns("key", sink.key());
  AppendFlag("key_unique", sink.key_unique(), out);
  columns("partition_by", sink.partition_by());
  AppendSchema(sink.schema(), out);
  out->push_back('}');
}

}  // namespace

std::string ExplainText(const v1::PhysicalPlan& plan) { return TextWriter(plan).Write(); }

std::string ExplainJson(const v1::PhysicalPlan& plan) {
  std::string out = "{";
  AppendList("views", plan.views(), [&](const v1::PhysicalView& view) { AppendView(view, &out); }, &out);
  AppendList("sinks", plan.sinks(), [&](const v1::PhysicalSink& sink) { AppendSink(sink, &out); }, &out);
  AppendList("nodes", plan.nodes(), [&](const v1::PhysicalNode& node) { AppendNode(plan, node, &out); }, &out);
  out.push_back('}');
  return out;
}

}  // namespace freshet
