// A row is kept by a semi join if a partner fulfils the conditions, by an anti join if none does. So
//   EXISTS q          semi join on what q compares with the row
//   x op ANY q        semi join on that and x op value
//   NOT EXISTS q      anti join
//   x op ALL q        anti join on that and (x op value) IS NOT TRUE
//   NOT (x op ANY q)  anti join on that and (x op value) IS NOT FALSE; NOT IN without correlation counts instead
#include "server/sql/decorrelate/condition_join.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/sql/decorrelate/subject_columns.h"

namespace freshet {
namespace {

// (x op value) IS DISTINCT FROM `constant`.
v1::Expression IsNot(v1::Expression comparison, bool constant) {
  uint32_t position = comparison.position();
  return logical::Call("is distinct from", {std::move(comparison), logical::Boolean(constant)}, position);
}

}  // namespace

std::optional<ConditionJoin::Inner> ConditionJoin::BindInner(const Syntax& subquery, bool needs_value) {
  const Query& query = *subquery.query;
  // Whether there is a row does not depend on which of them come first.
  const bool any_row = !needs_value && query.limit != 0 && query.offset_rows == 0;
  const bool plain =
      query.operation == SetOperation::kNone && query.values.empty() && (any_row || !query.KeepsFirstRows());
  const bool has_value = !needs_value || (query.items.size() == 1 && query.items[0].value != nullptr);
  if (plain && has_value && !SelectBinder(queries_, query, nullptr).IsAggregated()) {
    const size_t errors = queries_.errors().size();
    queries_.AddWith(query);
    std::optional<Inner> inner = BindPlain(query, needs_value);
    queries_.DropWith(query);
    if (inner || !ForgetUnsupported(errors, &queries_.errors())) return inner;
  }
  return BindThroughDomain(query, needs_value);
}

// FROM and WHERE alone; what WHERE compares with the query around it becomes the condition of the join.
std::optional<ConditionJoin::Inner> ConditionJoin::BindPlain(const Query& query, bool needs_value) {
  SelectBinder select(queries_, query, &scope_);
  if (!select.BindFromWhere()) return std::nullopt;
  Inner inner;
  if (needs_value) {
    inner.value = select.WriteValue(*query.items[0].value);
    if (!inner.value) return std::nullopt;
  }
  inner.node = std::move(select.subject().node);
  inner.correlated = select.correlated();
  logical::Columns further = scope_.OuterColumns();
  for (const std::string& each : subject_->columns) further.erase(each);
  std::vector<v1::Expression> all = inner.correlated;
  if (inner.value) all.push_back(*inner.value);
  for (const v1::Expression& condition : all) {
    if (!logical::ReadsAny(condition, further)) continue;
    queries_.errors().push_back(
        {ErrorCode::kUnsupported, "a comparison with a query two levels out", "", query.offset});
    return std::nullopt;
  }
  return inner;
}

std::optional<ConditionJoin::Inner> ConditionJoin::BindThroughDomain(const Query& query, bool needs_value) {
  std::optional<DependentQuery> dependent = queries_.BindDependent(query, scope_);
  if (!dependent) return std::nullopt;
  const size_t width = dependent->query.columns.size();
  if (needs_value && width != 1) {
    queries_.errors().push_back(
        {ErrorCode::kTypeMismatch, StrCat("the subquery has ", width, " columns, not one"), "", query.offset});
    return std::nullopt;
  }
  Inner inner;
  if (needs_value) inner.value = logical::Column(dependent->query.columns[0].internal, query.offset + 1);
  auto unchanged = [](v1::Expression*) { return true; };
  std::optional<AttachedQuery> attached =
      AttachDomain(*std::move(dependent), *subject_, unchanged, queries_.names(), queries_.errors());
  if (!attached) return std::nullopt;
  inner.node = std::move(attached->node);
  inner.correlated = std::move(attached->conditions);
  return inner;
}

void ConditionJoin::Keep(bool negated, v1::Node rows, std::vector<v1::Expression> conditions) {
  subject_->node =
      logical::Join(negated ? v1::ANTI : v1::SEMI, std::move(subject_->node), std::move(rows), std::move(conditions));
}

bool ConditionJoin::Join(const Syntax& subquery, bool negated) {
  bool compares = subquery.kind != SyntaxKind::kExists;
  std::optional<Inner> inner = BindInner(subquery, compares);
  std::optional<v1::Expression> operand;
  if (compares) {
    operand = ExpressionWriter(scope_, OuterNames::kTaken, nullptr, queries_.errors()).Write(*subquery.arguments[0]);
  }
  if (!inner || (compares && !operand)) return false;
  if (operand && !std::ranges::includes(subject_->columns, logical::ColumnsOf(*operand))) {
    queries_.errors().push_back(
        {ErrorCode::kUnsupported,
         "a column of the query around it, compared with a subquery in this place, is not built in "
         "this release",
         "", subquery.offset});
    return false;
  }
  if (!compares) {
    Keep(negated, std::move(inner->node), std::move(inner->correlated));
    return true;
  }
  bool all = subquery.kind == SyntaxKind::kAllSubquery;
  if (negated && !all && subquery.text == "=" && inner->correlated.empty()) {
    return JoinNotIn(subquery, *std::move(operand), *std::move(inner));
  }
  v1::Expression comparison =
      logical::Call(subquery.text, {*std::move(operand), *std::move(inner->value)}, subquery.offset + 1);
  bool anti = negated != all;
  if (anti) {
    comparison = IsNot(std::move(comparison), all);
  } else if (all) {
    // NOT (x op ALL q): some value for which it is false.
    comparison = logical::Not(std::move(comparison));
  }
  inner->correlated.push_back(std::move(comparison));
  Keep(anti, std::move(inner->node), std::move(inner->correlated));
  return true;
}

// x NOT IN q is true if q has no row, or if neither x nor any of its values is NULL and none is equal. The anti join
// goes by the equality; the numbers of rows and of values tell the rest.
bool ConditionJoin::JoinNotIn(const Syntax& subquery, v1::Expression operand, Inner inner) {
  const uint32_t position = subquery.offset + 1;
  std::string value = queries_.names().Make("value"), rows = queries_.names().Make("rows"),
              values = queries_.names().Make("values");
  v1::Node list;
  list.set_position(position);
  *list.mutable_project()->mutable_input() = std::move(inner.node);
  logical::AddColumn(list.mutable_project(), value, *std::move(inner.value));
  v1::Node counted;
  counted.set_position(position);
  v1::Aggregate* aggregate = counted.mutable_aggregate();
  *aggregate->mutable_input() = list;
  auto add = [&](const std::string& name, v1::Expression call) {
    v1::NamedExpression* out = aggregate->add_values();
    out->set_name(name);
    *out->mutable_expression() = std::move(call);
  };
  add(rows, logical::CountStar());
  add(values, logical::Call("count", {logical::Column(value)}));
  Keep(true, std::move(list), {logical::Equal(operand, logical::Column(value), position)});
  subject_->node = logical::Join(v1::INNER, std::move(subject_->node), std::move(counted), {});
  v1::Expression zero;
  zero.mutable_literal()->set_text("0");
  zero.mutable_literal()->mutable_type()->set_kind(v1::BIGINT);
  v1::Expression empty = logical::Equal(logical::Column(rows), zero);
  v1::Expression known = logical::And({logical::Not(logical::Call("is null", {operand})),
                                       logical::Equal(logical::Column(rows), logical::Column(values))});
  subject_->node =
      logical::Filter(std::move(subject_->node), {logical::Call("or", {std::move(empty), std::move(known)}, position)});
  subject_->columns.insert(rows);
  subject_->columns.insert(values);
  return true;
}

}  // namespace freshet
