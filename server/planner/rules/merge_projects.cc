#include "server/planner/rules/merge_projects.h"

#include "server/plan/expression_logic.h"

namespace freshet {
namespace {

bool IsIdentity(const PlanProject& project, const PlanNode& input) {
  if (project.columns.size() != input.schema().size()) return false;
  for (uint32_t i = 0; i < project.columns.size(); ++i) {
    const Expression& column = project.columns[i];
    if (column.kind != ExpressionKind::kColumn || column.column.value() != i) return false;
  }
  return true;
}

bool IsFree(const Expression& expression) {
  return expression.kind == ExpressionKind::kColumn || expression.kind == ExpressionKind::kLiteral;
}

// Whether all that `above` reads of `below` is free to compute.
bool ReadsFreeColumns(const PlanProject& above, const PlanProject& below) {
  for (const Expression& column : above.columns) {
    for (uint32_t read : ColumnsOf(column)) {
      if (!IsFree(below.columns[read])) return false;
    }
  }
  return true;
}

PlanRef Merge(const PlanRef& node) {
  const auto* above = node->As<PlanProject>();
  if (above == nullptr) return node;
  if (IsIdentity(*above, *node->inputs[0])) return node->inputs[0];
  const auto* below = node->inputs[0]->As<PlanProject>();
  if (below == nullptr || !ReadsFreeColumns(*above, *below)) return node;
  PlanProject merged = *above;
  for (Expression& column : merged.columns) {
    column = ReplaceColumns(column, [&](ColumnIndex index, DataType) { return below->columns[index.value()]; });
  }
  // What it stands on now may be a project again.
  return Merge(MakeNode(std::move(merged), node->inputs[0]->inputs, node->owner));
}

}  // namespace

PlanTree MergeProjects(const PlanTree& tree) { return RewriteTree(tree, Merge); }

}  // namespace freshet
