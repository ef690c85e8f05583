// EXISTS q             a left join with the combinations of the domain for which q has rows
// x = ANY q (x IN q)   a left join with q's values; where none is equal, q's numbers of rows and of values tell whether
// the
//                      comparison with one of them is NULL
// x op ANY q, op ALL   each x compared with each row of q, and counted how often that was TRUE, FALSE or NULL
#include "server/sql/decorrelate/truth_join.h"

#include "engine/base/str_cat.h"
#include "server/sql/decorrelate/subject_columns.h"

namespace freshet {
namespace {

v1::Expression Zero() { return logical::Integer(0, v1::BIGINT); }
v1::Expression Greater(v1::Expression left, v1::Expression right) {
  return logical::Call(">", {std::move(left), std::move(right)});
}
v1::Expression IsNull(v1::Expression operand) { return logical::Call("is null", {std::move(operand)}); }
v1::Expression UnknownTruth() { return logical::Null(v1::BOOLEAN); }

void AddValue(v1::Node* aggregate, const std::string& name, v1::Expression call) {
  v1::NamedExpression* value = aggregate->mutable_aggregate()->add_values();
  value->set_name(name);
  *value->mutable_expression() = std::move(call);
}

}  // namespace

std::optional<AttachedQuery> TruthJoin::Attach(const DependentQuery& query) {
  return AttachDomain(query, *subject_, adjust_, queries_.names(), queries_.errors());
}

// Left joins the distinct `columns` of rows; TRUE where there is a partner.
v1::Expression TruthJoin::JoinFlag(v1::Node rows, std::vector<std::string> columns,
                                   std::vector<v1::Expression> conditions, uint32_t position) {
  const std::string flag = queries_.names().Make("found");
  v1::Node flagged;
  flagged.set_position(position);
  *flagged.mutable_project()->mutable_input() = logical::Distinct(logical::Choose(std::move(rows), columns));
  flagged.mutable_project()->set_keep_input(true);
  logical::AddColumn(flagged.mutable_project(), flag, logical::Boolean(true));
  JoinToSubject(v1::LEFT, std::move(flagged), std::move(conditions), {flag}, subject_);
  return logical::Not(IsNull(logical::Column(flag)));
}

bool TruthJoin::JoinExists(const Syntax& subquery, const std::string& column) {
  const uint32_t position = subquery.offset + 1;
  std::optional<DependentQuery> query = queries_.BindDependent(*subquery.query, scope_);
  if (!query) return false;
  std::optional<AttachedQuery> attached = Attach(*query);
  if (!attached) return false;
  if (!attached->domain_columns.empty()) {
    AddToSubject(
        column,
        JoinFlag(std::move(attached->node), attached->domain_columns, std::move(attached->conditions), position),
        subject_);
    return true;
  }
  const std::string rows = queries_.names().Make("rows");
  v1::Node counted;
  counted.set_position(position);
  *counted.mutable_aggregate()->mutable_input() = std::move(attached->node);
  AddValue(&counted, rows, logical::CountStar());
  JoinToSubject(v1::INNER, std::move(counted), {}, {rows}, subject_);
  AddToSubject(column, Greater(logical::Column(rows), Zero()), subject_);
  return true;
}

bool TruthJoin::JoinComparison(const Syntax& subquery, const v1::Expression& operand, const std::string& column) {
  std::optional<DependentQuery> query = queries_.BindDependent(*subquery.query, scope_);
  if (!query) return false;
  if (query->query.columns.size() != 1) {
    queries_.errors().push_back({ErrorCode::kTypeMismatch,
                                 StrCat("the subquery has ", query->query.columns.size(), " columns, not one"), "",
                                 subquery.query->offset});
    return false;
  }
  std::optional<AttachedQuery> attached = Attach(*query);
  if (!attached) return false;
  const bool contains = subquery.kind == SyntaxKind::kAnySubquery && subquery.text == "=";
  v1::Expression truth = contains ? Contains(*query, *attached, operand, subquery.offset + 1)
                                  : Compare(subquery, *query, *attached, operand);
  AddToSubject(column, std::move(truth), subject_);
  return true;
}

v1::Expression TruthJoin::Contains(const DependentQuery& query, const AttachedQuery& attached,
                                   const v1::Expression& operand, uint32_t position) {
  const std::string& value = query.query.columns[0].internal;
  const std::string rows = queries_.names().Make("rows"), values = queries_.names().Make("values"),
                    unique = queries_.names().Make("value");
  // Under a name of its own, beside the one that is counted.
  v1::Node list;
  list.set_position(position);
  *list.mutable_project()->mutable_input() = attached.node;
  logical::AddColumn(list.mutable_project(), unique, logical::Column(value));
  std::vector<std::string> columns = {unique};
  std::vector<v1::Expression> conditions;
  std::vector<v1::Expression> counted_conditions;
  v1::Node counted;
  counted.set_position(position);
  *counted.mutable_aggregate()->mutable_input() = attached.node;
  for (size_t i = 0; i < attached.domain_columns.size(); ++i) {
    const v1::Expression& of_subject = attached.conditions[i].call().arguments(0).call().arguments(0);
    const v1::Expression of_domain = logical::Column(attached.domain_columns[i]);
    for (bool of_list : {true, false}) {
      const std::string name = queries_.names().Make(attached.domain_columns[i]);
      (of_list ? conditions : counted_conditions)
          .push_back(logical::NullSafeEqual(of_subject, logical::Column(name), position));
      if (of_list) {
        logical::AddColumn(list.mutable_project(), name, of_domain);
        columns.push_back(name);
        continue;
      }
      v1::NamedExpression* key = counted.mutable_aggregate()->add_keys();
      key->set_name(name);
      *key->mutable_expression() = of_domain;
    }
  }
  AddValue(&counted, rows, logical::CountStar());
  AddValue(&counted, values, logical::Call("count", {logical::Column(value)}));
  conditions.push_back(logical::Equal(operand, logical::Column(unique), position));
  v1::Expression found = JoinFlag(std::move(list), std::move(columns), std::move(conditions), position);
  JoinToSubject(attached.domain_columns.empty() ? v1::INNER : v1::LEFT, std::move(counted),
                std::move(counted_conditions), {rows, values}, subject_);
  const v1::Expression row_count = logical::Column(rows);
  v1::Expression has_null = Greater(row_count, logical::Column(values));
  v1::Expression unknown =
      logical::And({Greater(row_count, Zero()), logical::Call("or", {IsNull(operand), std::move(has_null)}, position)});
  return logical::Call(
      "case", {std::move(found), logical::Boolean(true), std::move(unknown), UnknownTruth(), logical::Boolean(false)},
      position);
}

v1::Expression TruthJoin::Compare(const Syntax& subquery, const DependentQuery& query, const AttachedQuery& attached,
                                  const v1::Expression& operand) {
  const uint32_t position = subquery.offset + 1;
  const bool all = subquery.kind == SyntaxKind::kAllSubquery;
  // Each combination of the operand and the domain, beside the query's rows for it.
  FreshNames& names = queries_.names();
  v1::Node operands;
  operands.set_position(position);
  v1::Node compared;
  compared.set_position(position);
  v1::Aggregate* aggregate = compared.mutable_aggregate();
  std::vector<v1::Expression> pairs, conditions;
  std::vector<v1::Expression> read;
  auto add_key = [&](const v1::Expression& of_subject, const std::string& base) {
    read.push_back(of_subject);
    const std::string name = names.Make(base);
    logical::AddColumn(operands.mutable_project(), name, of_subject);
    v1::NamedExpression* key = aggregate->add_keys();
    key->set_name(names.Make(base));
    *key->mutable_expression() = logical::Column(name);
    conditions.push_back(logical::NullSafeEqual(of_subject, logical::Column(key->name()), position));
    return name;
  };
  const std::string left = add_key(operand, "operand");
  for (size_t i = 0; i < attached.domain_columns.size(); ++i) {
    const std::string name =
        add_key(attached.conditions[i].call().arguments(0).call().arguments(0), attached.domain_columns[i]);
    pairs.push_back(
        logical::NullSafeEqual(logical::Column(name), logical::Column(attached.domain_columns[i]), position));
  }
  *operands.mutable_project()->mutable_input() = subject_->RowsFor(read);
  v1::Node joined = logical::Join(v1::INNER, logical::Distinct(std::move(operands)), attached.node, std::move(pairs));
  const std::string truth = names.Make("truth"), rows = names.Make("rows"), known = names.Make("known"),
                    deciding = names.Make("deciding");
  v1::Node truths;
  truths.set_position(position);
  *truths.mutable_project()->mutable_input() = std::move(joined);
  truths.mutable_project()->set_keep_input(true);
  logical::AddColumn(
      truths.mutable_project(), truth,
      logical::Call(subquery.text, {logical::Column(left), logical::Column(query.query.columns[0].internal)},
                    position));
  *aggregate->mutable_input() = std::move(truths);
  AddValue(&compared, rows, logical::CountStar());
  AddValue(&compared, known, logical::Call("count", {logical::Column(truth)}));
  v1::Expression count = logical::CountStar();
  *count.mutable_call()->mutable_filter() = all ? logical::Not(logical::Column(truth)) : logical::Column(truth);
  AddValue(&compared, deciding, std::move(count));
  JoinToSubject(v1::LEFT, std::move(compared), std::move(conditions), {rows, known, deciding}, subject_);
  return logical::Call("case",
                       {Greater(logical::Column(deciding), Zero()), logical::Boolean(!all),
                        Greater(logical::Column(rows), logical::Column(known)), UnknownTruth(), logical::Boolean(all)},
                       position);
}

}  // namespace freshet
