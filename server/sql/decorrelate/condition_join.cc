// A row is kept by a semi join if a partner fulfils the conditions, by an anti join if none does. So
//   EXISTS q          semi join on what q compares with the row
//   x op ANY q        semi join on that and x op value
//   NOT EXISTS q      anti join
//   x op ALL q        anti join on that and (x op value) IS NOT TRUE
//   NOT (x op ANY q)  anti join on that and (x op value) IS NOT FALSE; NOT IN without correlation counts instead
#include "server/sql/decorrelate/condition_join.h"

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// (x op value) IS DISTINCT FROM `constant`.
v1::Expression IsNot(v1::Expression comparison, bool constant) {
  uint32_t position = comparison.position();
  return logical::Call("is distinct from", {std::move(comparison), logical::Boolean(constant)}, position);
}

v1::Expression Not(v1::Expression operand) { return logical::Call("not", {std::move(operand)}); }

}  // namespace

std::optional<ConditionJoin::Inner> ConditionJoin::BindInner(const Syntax& subquery, bool needs_value) {
  const Query& query = *subquery.query;
  bool plain = query.operation == SetOperation::kNone && query.values.empty();
  SelectBinder select(queries_, query, &scope_);
  Inner inner;
  auto check_width = [&](size_t width) {
    if (!needs_value || width == 1) return true;
    queries_.errors().push_back(
        {ErrorCode::kTypeMismatch, StrCat("the subquery has ", width, " columns, not one"), "", query.offset});
    return false;
  };
  if (!plain || select.IsAggregated()) {
    std::optional<BoundQuery> bound = queries_.Bind(query);
    if (!bound || !check_width(bound->columns.size())) return std::nullopt;
    inner.node = std::move(bound->node);
    inner.value = logical::Column(bound->columns[0].internal, query.offset + 1);
    return inner;
  }
  queries_.AddWith(query);
  bool complete = select.BindFromWhere();
  if (complete && needs_value) {
    const SelectItem& item = query.items[0];
    // A star is a value where it stands for one column.
    std::optional<SelectItem> only = item;
    if (item.value == nullptr) {
      std::optional<BoundQuery> bound = queries_.Bind(query);
      complete = bound.has_value() && select.correlated().empty() && check_width(bound->columns.size());
      if (complete) {
        inner.node = std::move(bound->node);
        inner.value = logical::Column(bound->columns[0].internal, query.offset + 1);
        queries_.DropWith(query);
        return inner;
      }
    } else {
      complete = check_width(query.items.size());
      if (complete) inner.value = select.WriteValue(*item.value);
      complete = complete && inner.value.has_value();
    }
  }
  queries_.DropWith(query);
  if (!complete) return std::nullopt;
  inner.node = std::move(select.subject().node);
  inner.correlated = select.correlated();
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
    operand = ExpressionWriter(scope_, OuterNames::kRefused, nullptr, queries_.errors()).Write(*subquery.arguments[0]);
  }
  if (!inner || (compares && !operand)) return false;
  // What reads a query further out has no row to compare with here.
  for (const v1::Expression& condition : inner->correlated) {
    if (!logical::ReadsAny(condition, scope_.OuterColumns())) continue;
    queries_.errors().push_back({ErrorCode::kUnsupported,
                                 "a comparison with a query two levels out is not built in this release", "",
                                 condition.position() == 0 ? 0 : condition.position() - 1});
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
    comparison = Not(std::move(comparison));
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
  v1::Expression known = logical::And(
      {Not(logical::Call("is null", {operand})), logical::Equal(logical::Column(rows), logical::Column(values))});
  subject_->node =
      logical::Filter(std::move(subject_->node), {logical::Call("or", {std::move(empty), std::move(known)}, position)});
  subject_->columns.insert(rows);
  subject_->columns.insert(values);
  return true;
}

}  // namespace freshet
