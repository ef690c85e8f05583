#include "server/planner/rules/simplify_joins.h"

#include "server/plan/expression_logic.h"
#include "server/planner/rules/condition_parts.h"

namespace freshet {
namespace {

PlanRef FirstColumnsOf(const PlanRef& node, size_t count, const std::string& owner) {
  PlanProject project;
  for (uint32_t i = 0; i < count; ++i) {
    project.columns.push_back(Expression::Column(ColumnIndex(i), node->schema()[i].type));
    project.names.push_back(node->schema()[i].name);
  }
  return MakeNode(std::move(project), {node}, owner);
}

// The node with a left join as an inner one, if a condition over the node's columns drops the rows that the join pads:
// looks through projects that nobody else reads. nullptr: it has none.
class LeftJoinSearch {
 public:
  explicit LeftJoinSearch(const ReaderCounts& readers) : readers_(readers) {}

  PlanRef Replace(const PlanRef& node, const Expression& condition) const {
    if (readers_.Of(node) > 1) return nullptr;
    if (const auto* join = node->As<PlanJoin>()) {
      size_t width = node->inputs[0]->schema().size();
      if (join->kind != PlanJoinKind::kLeft) return nullptr;
      if (!RejectsNull(condition, [&](uint32_t column) { return column >= width; })) return nullptr;
      PlanJoin inner = *join;
      inner.kind = PlanJoinKind::kInner;
      return MakeNode(std::move(inner), node->inputs, node->owner);
    }
    const auto* project = node->As<PlanProject>();
    if (project == nullptr) return nullptr;
    PlanRef input = Replace(node->inputs[0], ReplaceColumns(condition, [&](ColumnIndex column, DataType) {
                              return project->columns[column.value()];
                            }));
    return input == nullptr ? nullptr : WithInputs(node, {std::move(input)});
  }

 private:
  const ReaderCounts& readers_;
};

PlanRef SimplifySemiJoin(const PlanRef& node) {
  const auto* join = node->As<PlanJoin>();
  if (join == nullptr || join->kind != PlanJoinKind::kSemi || join->residual) return node;
  if (!IsUniqueBy(node->inputs[1]->relation, join->right_key)) return node;
  PlanJoin inner = *join;
  inner.kind = PlanJoinKind::kInner;
  return FirstColumnsOf(MakeNode(std::move(inner), node->inputs, node->owner), node->schema().size(), node->owner);
}

}  // namespace

PlanTree SimplifyJoins(const PlanTree& tree) {
  PlanTree without_semi = RewriteTree(tree, SimplifySemiJoin);
  ReaderCounts readers(without_semi);
  LeftJoinSearch search(readers);
  // Readers are known of the nodes as they are: what stands below a filter is replaced before anything else is.
  return RewriteTreeFromTop(without_semi, [&](const PlanRef& node) {
    const auto* filter = node->As<PlanFilter>();
    if (filter == nullptr) return node;
    PlanRef input = search.Replace(node->inputs[0], filter->condition);
    return input == nullptr ? node : WithInputs(node, {std::move(input)});
  });
}

}  // namespace freshet
