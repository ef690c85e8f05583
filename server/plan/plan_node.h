// The planner's tree: immutable nodes, shared where several read one. A directed graph without cycles, in fact, whose
// roots are the tables and views that are kept, and what sinks read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "freshet/v1/plan.pb.h"
#include "server/plan/aggregate.h"
#include "server/plan/distinct.h"
#include "server/plan/exchange.h"
#include "server/plan/filter.h"
#include "server/plan/flat_map.h"
#include "server/plan/join.h"
#include "server/plan/keyless_deletes.h"
#include "server/plan/project.h"
#include "server/plan/relation.h"
#include "server/plan/scan.h"
#include "server/plan/top_k.h"
#include "server/plan/union.h"
#include "server/plan/upsert.h"
#include "server/plan/values.h"

namespace freshet {

using PlanOperation = std::variant<PlanScan, PlanFilter, PlanProject, PlanFlatMap, PlanUnion, PlanJoin, PlanAggregate,
                                   PlanDistinct, PlanTopK, PlanUpsert, PlanKeylessDeletes, PlanExchange, PlanValues>;

struct PlanNode;
using PlanRef = std::shared_ptr<const PlanNode>;

struct PlanNode {
  PlanOperation operation;
  std::vector<PlanRef> inputs;
  std::string owner;  // the table or view that it was written in; for names only
  Relation relation;
  std::string fingerprint;

  const Schema& schema() const { return relation.schema; }
  // nullptr: another operation.
  template <typename Operation>
  const Operation* As() const {
    return std::get_if<Operation>(&operation);
  }
};

// Makes a node; schema, properties, partitioning and fingerprint follow from the operation and the inputs. CHECKs that
// they fit.
PlanRef MakeNode(PlanOperation operation, std::vector<PlanRef> inputs, std::string owner);

// The node with other inputs, unless they are the ones it has.
PlanRef WithInputs(const PlanRef& node, std::vector<PlanRef> inputs);

// "filter", "join".
std::string_view NameOf(const PlanOperation& operation);

// A table or view that is kept.
struct PlanView {
  std::string name;
  std::vector<std::string> columns;  // their names; those of nodes are only for EXPLAIN
  PlanRef node;
  ColumnList key;  // empty: whole rows
  bool table = false;
  bool key_unique = false;
  std::string index_on = {};  // an index of this table or view: its rows by another key
};

// What leaves the pipeline.
struct PlanSink {
  v1::Sink declaration;
  std::vector<std::string> columns;  // their names
  PlanRef node;
  ColumnList key;  // of a message; empty: none
  bool key_unique = false;
  ColumnList partition_by;  // empty: the whole row
  bool has_partitions = false;
};

struct PlanTree {
  std::vector<PlanView> views;
  std::vector<PlanSink> sinks;
};

// All nodes, inputs first, each once.
std::vector<PlanRef> NodesOf(const PlanTree& tree);

// Rebuilds a tree bottom-up: `rewrite` gets each node (once, also where it is shared) with its new inputs in place. Its
// result must have the node's columns.
PlanTree RewriteTree(const PlanTree& tree, const std::function<PlanRef(const PlanRef&)>& rewrite);

// Likewise from the top down: `rewrite` gets each node with the inputs that it had, before they are rewritten.
PlanTree RewriteTreeFromTop(const PlanTree& tree, const std::function<PlanRef(const PlanRef&)>& rewrite);

// How many nodes, views and sinks read each node of a tree.
class ReaderCounts {
 public:
  explicit ReaderCounts(const PlanTree& tree);
  // 0: the node is not in the tree.
  int Of(const PlanRef& node) const;

 private:
  std::unordered_map<const PlanNode*, int> counts_;
};

// Checks every node against its inputs, and the views against their nodes. Empty: the tree is valid. For tests after
// each rule, and once before a physical plan is made.
std::string ValidateTree(const PlanTree& tree);

}  // namespace freshet
