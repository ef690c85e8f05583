#include "server/plan/plan_node.h"

#include <unordered_set>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/plan/fingerprint.h"

namespace freshet {
namespace {

std::vector<const Relation*> RelationsOf(const std::vector<PlanRef>& inputs) {
  std::vector<const Relation*> relations;
  for (const PlanRef& input : inputs) relations.push_back(&input->relation);
  return relations;
}

void Visit(const PlanRef& node, std::unordered_set<const PlanNode*>* seen, std::vector<PlanRef>* out) {
  if (!seen->insert(node.get()).second) return;
  for (const PlanRef& input : node->inputs) Visit(input, seen, out);
  out->push_back(node);
}

class FromTop {
 public:
  explicit FromTop(const std::function<PlanRef(const PlanRef&)>& rewrite) : rewrite_(rewrite) {}

  PlanRef Rewrite(const PlanRef& node) {
    auto it = done_.find(node.get());
    if (it != done_.end()) return it->second;
    PlanRef rewritten = rewrite_(node);
    CHECK_EQ(rewritten->schema().size(), node->schema().size());
    std::vector<PlanRef> inputs;
    for (const PlanRef& input : rewritten->inputs) inputs.push_back(Rewrite(input));
    PlanRef result = WithInputs(rewritten, std::move(inputs));
    kept_.push_back(std::move(rewritten));
    done_.emplace(node.get(), result);
    return result;
  }

 private:
  const std::function<PlanRef(const PlanRef&)>& rewrite_;
  std::unordered_map<const PlanNode*, PlanRef> done_;
  std::vector<PlanRef> kept_;  // so that no address in `done_` is another node's later
};

std::string ValidateNode(const PlanNode& node) {
  std::vector<const Relation*> relations = RelationsOf(node.inputs);
  std::string wrong = std::visit([&](const auto& each) { return Validate(each, relations); }, node.operation);
  if (!wrong.empty()) return wrong;
  Relation derived = std::visit([&](const auto& each) { return RelationOf(each, relations); }, node.operation);
  bool same = derived.schema == node.relation.schema && derived.properties == node.relation.properties &&
              derived.partitioning == node.relation.partitioning &&
              derived.equal_columns == node.relation.equal_columns;
  return same ? "" : "what is known of it does not follow from its inputs";
}

}  // namespace

std::string_view NameOf(const PlanOperation& operation) {
  return std::visit([](const auto& node) { return std::string_view(node.kName); }, operation);
}

PlanRef MakeNode(PlanOperation operation, std::vector<PlanRef> inputs, std::string owner) {
  auto node = std::make_shared<PlanNode>();
  std::vector<const Relation*> relations = RelationsOf(inputs);
  // What RelationOf relies on; broken here is a defect of the planner.
  std::string wrong = std::visit([&](const auto& each) { return Validate(each, relations); }, operation);
  CHECK(wrong.empty()) << NameOf(operation) << " of " << owner << ": " << wrong;
  node->relation = std::visit([&](const auto& each) { return RelationOf(each, relations); }, operation);
  std::string logic(NameOf(operation));
  std::visit([&](const auto& each) { AppendLogic(each, &logic); }, operation);
  for (const PlanRef& input : inputs) StrAppend(&logic, " <", input->fingerprint);
  // Properties choose among variants of an operator, whose states differ.
  if (node->relation.properties.append_only) logic += " append_only";
  node->fingerprint = FingerprintOf(logic);
  node->operation = std::move(operation);
  node->inputs = std::move(inputs);
  node->owner = std::move(owner);
  return node;
}

PlanRef WithInputs(const PlanRef& node, std::vector<PlanRef> inputs) {
  return inputs == node->inputs ? node : MakeNode(node->operation, std::move(inputs), node->owner);
}

std::vector<PlanRef> NodesOf(const PlanTree& tree) {
  std::unordered_set<const PlanNode*> seen;
  std::vector<PlanRef> nodes;
  for (const PlanView& view : tree.views) Visit(view.node, &seen, &nodes);
  for (const PlanSink& sink : tree.sinks) Visit(sink.node, &seen, &nodes);
  return nodes;
}

PlanTree RewriteTree(const PlanTree& tree, const std::function<PlanRef(const PlanRef&)>& rewrite) {
  std::unordered_map<const PlanNode*, PlanRef> done;
  for (const PlanRef& node : NodesOf(tree)) {
    std::vector<PlanRef> inputs;
    for (const PlanRef& input : node->inputs) inputs.push_back(done.at(input.get()));
    PlanRef rewritten = rewrite(WithInputs(node, std::move(inputs)));
    CHECK_EQ(rewritten->schema().size(), node->schema().size());
    done[node.get()] = std::move(rewritten);
  }
  PlanTree result = tree;
  for (PlanView& view : result.views) view.node = done.at(view.node.get());
  for (PlanSink& sink : result.sinks) sink.node = done.at(sink.node.get());
  return result;
}

PlanTree RewriteTreeFromTop(const PlanTree& tree, const std::function<PlanRef(const PlanRef&)>& rewrite) {
  FromTop from_top(rewrite);
  PlanTree result = tree;
  for (PlanView& view : result.views) view.node = from_top.Rewrite(view.node);
  for (PlanSink& sink : result.sinks) sink.node = from_top.Rewrite(sink.node);
  return result;
}

ReaderCounts::ReaderCounts(const PlanTree& tree) {
  for (const PlanRef& node : NodesOf(tree)) {
    for (const PlanRef& input : node->inputs) ++counts_[input.get()];
  }
  for (const PlanView& view : tree.views) ++counts_[view.node.get()];
  for (const PlanSink& sink : tree.sinks) ++counts_[sink.node.get()];
}

int ReaderCounts::Of(const PlanRef& node) const {
  auto it = counts_.find(node.get());
  return it == counts_.end() ? 0 : it->second;
}

std::string ValidateTree(const PlanTree& tree) {
  for (const PlanRef& node : NodesOf(tree)) {
    std::string wrong = ValidateNode(*node);
    if (!wrong.empty()) return StrCat(node->owner, "/", NameOf(node->operation), ": ", wrong);
  }
  for (const PlanView& view : tree.views) {
    if (view.columns.size() != view.node->schema().size())
      return StrCat("view ", view.name, ": names of other columns");
    for (uint32_t column : view.key) {
      if (column >= view.node->schema().size()) return StrCat("view ", view.name, ": no key column ", column);
    }
  }
  for (const PlanSink& sink : tree.sinks) {
    const std::string& name = sink.declaration.name();
    if (sink.columns.size() != sink.node->schema().size()) return StrCat("sink ", name, ": names of other columns");
    for (const ColumnList* columns : {&sink.key, &sink.partition_by}) {
      for (uint32_t column : *columns) {
        if (column >= sink.columns.size()) return StrCat("sink ", name, ": no key column ", column);
      }
    }
  }
  return "";
}

}  // namespace freshet
