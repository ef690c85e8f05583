// Turns the nodes of one view into tree nodes: one function for each kind.
#pragma once

#include <optional>
#include <string>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/problem_list.h"
#include "server/planner/built_relation.h"

namespace freshet {

// Knows tables and views by name.
class RelationSource {
 public:
  virtual ~RelationSource() = default;
  // Adds a problem at `path` if there is none of this name.
  virtual BuiltRelation Find(const std::string& name, const std::string& path) = 0;
};

class NodeBuilder {
 public:
  NodeBuilder(std::string owner, RelationSource& relations, ProblemList& problems)
      : owner_(std::move(owner)), relations_(relations), problems_(problems) {}

  // `path` is that of what holds the node: the node stands at `path.filter`, an input by name at `path`.
  BuiltRelation Build(const v1::Node& node, const std::string& path);

 private:
  BuiltRelation BuildNode(const v1::Node& node, const std::string& path);
  BuiltRelation BuildFilter(const v1::Filter& filter, const std::string& path);
  BuiltRelation BuildProject(const v1::Project& project, const std::string& path);
  BuiltRelation BuildFlatMap(const v1::FlatMap& flat_map, const std::string& path);
  BuiltRelation BuildUnion(const v1::Union& node, const std::string& path);
  BuiltRelation BuildJoin(const v1::Join& join, const std::string& path);
  BuiltRelation BuildAggregate(const v1::Aggregate& aggregate, const std::string& path);
  BuiltRelation BuildValues(const v1::Values& values, const std::string& path);
  BuiltRelation BuildTopK(const v1::TopK& top, const std::string& path);
  BuiltRelation BuildDistinct(const v1::Distinct& distinct, const std::string& path);

  // The input of a node; `key` is where it stands below the node.
  BuiltRelation Input(const v1::Node& node, const std::string& path, std::string_view key = "input");
  // Columns of the input by name, plain or qualified.
  std::optional<ColumnList> FindColumns(const google::protobuf::RepeatedPtrField<std::string>& names,
                                        const Scope& scope, const std::string& path);
  void Add(ErrorCode code, std::string path, std::string message, std::string suggestion = "");
  PlanRef Make(PlanOperation operation, std::vector<PlanRef> inputs);

  std::string owner_;
  // Of the node that is built; see v1::Node::position.
  uint32_t position_ = 0;
  RelationSource& relations_;
  ProblemList& problems_;
};

}  // namespace freshet
