#include "server/pipelines/key_look_up.h"

#include <map>

#include "server/plan/key_equality.h"

namespace freshet {
namespace {

// By column.
using Constants = std::map<uint32_t, Datum>;

void CollectEqualities(const Expression& condition, Constants* constants) {
  if (condition.kind == ExpressionKind::kAnd) {
    for (const Expression& part : condition.arguments) CollectEqualities(part, constants);
    return;
  }
  if (condition.kind != ExpressionKind::kCall || condition.function->name != "=") return;
  const Expression *column = &condition.arguments[0], *constant = &condition.arguments[1];
  if (column->kind == ExpressionKind::kLiteral) std::swap(column, constant);
  if (column->kind != ExpressionKind::kColumn || constant->kind != ExpressionKind::kLiteral) return;
  if (constant->literal.is_null() || !AreKeyTypes(constant->type, column->type)) return;
  constants->try_emplace(column->column.value(), constant->literal);
}

}  // namespace

std::optional<KeyLookUp> FindKeyLookUp(const Expression& where, const v1::PhysicalPlan& plan, uint32_t relation) {
  Constants constants;
  CollectEqualities(where, &constants);
  std::optional<KeyLookUp> found;
  for (int i = 0; i < plan.views_size(); ++i) {
    const v1::PhysicalView& view = plan.views(i);
    const bool is_index = view.index_on() == plan.views(static_cast<int>(relation)).name();
    if (static_cast<uint32_t>(i) != relation && !is_index) continue;
    KeyLookUp look_up{static_cast<uint32_t>(i), {}};
    for (uint32_t column : view.key()) {
      const auto constant = constants.find(column);
      if (constant != constants.end()) look_up.cells.push_back(constant->second);
    }
    const bool whole = view.key_size() > 0 && look_up.cells.size() == static_cast<size_t>(view.key_size());
    if (whole && (!found || look_up.cells.size() > found->cells.size())) found = std::move(look_up);
  }
  return found;
}

}  // namespace freshet
