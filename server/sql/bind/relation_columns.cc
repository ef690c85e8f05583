#include "server/sql/bind/relation_columns.h"

#include <algorithm>
#include <set>

#include "engine/functions/table/table_function_list.h"
#include "server/sql/bind/syntax_from_proto.h"

namespace freshet {
namespace {

using Names = std::vector<std::string>;

class ColumnFinder {
 public:
  explicit ColumnFinder(const v1::Plan& plan) : plan_(plan) {}

  std::optional<Names> OfRelation(const std::string& name) {
    for (const v1::Table& table : plan_.tables()) {
      if (table.name() != name) continue;
      Names names;
      for (const v1::Column& column : table.columns()) {
        // One that stands twice is told where the table is declared.
        if (std::find(names.begin(), names.end(), column.name()) == names.end()) names.push_back(column.name());
      }
      return names;
    }
    for (const v1::View& view : plan_.views()) {
      if (view.name() != name) continue;
      if (!open_.insert(name).second) return std::nullopt;
      std::optional<Names> names = OfNode(view.node());
      open_.erase(name);
      return names;
    }
    return std::nullopt;
  }

 private:
  std::optional<Names> OfNode(const v1::Node& node) {
    switch (node.node_case()) {
      case v1::Node::kInput:
        return OfRelation(node.input());
      case v1::Node::kFilter:
        return OfNode(node.filter().input());
      case v1::Node::kProject:
        return OfProject(node.project());
      case v1::Node::kFlatMap:
        return OfFlatMap(node.flat_map());
      case v1::Node::kUnion:
        if (node.union_().inputs().empty()) return std::nullopt;
        return OfNode(node.union_().inputs(0));
      case v1::Node::kJoin:
        return OfJoin(node.join());
      case v1::Node::kAggregate: {
        Names names;
        for (const auto& key : node.aggregate().keys()) names.push_back(key.name());
        for (const auto& value : node.aggregate().values()) names.push_back(value.name());
        return names;
      }
      case v1::Node::kDistinct:
        return OfNode(node.distinct().input());
      case v1::Node::kTopK:
        return OfNode(node.top_k().input());
      case v1::Node::kValues:
        return Names(node.values().columns().begin(), node.values().columns().end());
      case v1::Node::NODE_NOT_SET:
        return std::nullopt;
    }
    __builtin_unreachable();
  }

  std::optional<Names> OfProject(const v1::Project& project) {
    Names names;
    if (project.keep_input()) {
      std::optional<Names> input = OfNode(project.input());
      if (!input) return std::nullopt;
      for (std::string& name : *input) {
        bool computed = std::any_of(project.columns().begin(), project.columns().end(),
                                    [&](const auto& column) { return column.name() == name; });
        if (!computed) names.push_back(std::move(name));
      }
    }
    for (const auto& column : project.columns()) names.push_back(column.name());
    return names;
  }

  std::optional<Names> OfFlatMap(const v1::FlatMap& flat_map) {
    Names names;
    if (flat_map.keep_input()) {
      std::optional<Names> input = OfNode(flat_map.input());
      if (!input) return std::nullopt;
      names = *std::move(input);
    }
    for (const std::string& kept : flat_map.keep()) {
      size_t dot = kept.find('.');
      names.push_back(dot == std::string::npos ? kept : kept.substr(dot + 1));
    }
    std::string as = flat_map.as();
    if (as.empty()) {
      auto syntax = SyntaxOf(flat_map.call());
      const auto* call = std::get_if<SyntaxRef>(&syntax);
      for (const TableFunction& function : TableFunctions()) {
        if (call != nullptr && function.name == (*call)->text) as = std::string(function.column_name);
      }
      if (as.empty()) return std::nullopt;
    }
    names.push_back(std::move(as));
    return names;
  }

  std::optional<Names> OfJoin(const v1::Join& join) {
    std::optional<Names> left = OfNode(join.left());
    if (join.kind() == v1::SEMI || join.kind() == v1::ANTI) return left;
    std::optional<Names> right = OfNode(join.right());
    if (!left || !right) return std::nullopt;
    left->insert(left->end(), right->begin(), right->end());
    return left;
  }

  const v1::Plan& plan_;
  std::set<std::string> open_;
};

}  // namespace

std::optional<std::vector<std::string>> RelationColumns(const v1::Plan& plan, const std::string& relation) {
  return ColumnFinder(plan).OfRelation(relation);
}

}  // namespace freshet
