// An aggregate without GROUP BY gives one row. Where it does not read the query around it, that row is joined to every
// row. Where it does, by equalities, it is grouped by its side of them and joined on the other: rows that find no group
// see the aggregates over nothing (count 0, the others NULL). The value itself is computed behind the join. All other
// queries are computed for each combination of what they take from the query around them (bind/domain.h).
#include "server/sql/decorrelate/value_join.h"

#include <map>

#include "engine/base/str_cat.h"
#include "server/sql/decorrelate/subject_columns.h"

namespace freshet {
namespace {

uint32_t OffsetOf(const v1::Expression& expression, uint32_t otherwise) {
  return expression.position() == 0 ? otherwise : expression.position() - 1;
}

}  // namespace

bool ValueJoin::Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion) {
  queries_.errors().push_back({code, std::move(message), std::move(suggestion), offset});
  return false;
}

bool ValueJoin::Join(const Query& query, const std::string& column) {
  if (IsOneRow(query)) {
    const size_t errors = queries_.errors().size();
    SelectBinder select(queries_, query, &scope_);
    queries_.AddWith(query);
    const bool joined = JoinBound(query, select, column);
    queries_.DropWith(query);
    if (joined) return true;
    if (!ForgetUnsupported(errors, &queries_.errors())) return false;
  }
  return JoinThroughDomain(query, column);
}

// One SELECT that gives a row, whatever there is.
bool ValueJoin::IsOneRow(const Query& query) {
  if (query.operation != SetOperation::kNone || !query.values.empty() || !query.group_by.empty() || query.distinct ||
      query.KeepsFirstRows() || query.items.size() != 1 || query.items[0].value == nullptr) {
    return false;
  }
  return SelectBinder(queries_, query, nullptr).IsAggregated() || (query.from.empty() && query.where == nullptr);
}

// The rows of each combination of the domain; where they may be several, as one that has an ERROR then.
bool ValueJoin::JoinThroughDomain(const Query& query, const std::string& column) {
  const uint32_t position = query.offset + 1;
  std::optional<DependentQuery> dependent = queries_.BindDependent(query, scope_);
  if (!dependent) return false;
  if (dependent->query.columns.size() != 1) {
    return Fail(ErrorCode::kTypeMismatch, query.offset, "a subquery that stands for a value has one column",
                StrCat("it has ", dependent->query.columns.size()));
  }
  const std::string of_query = dependent->query.columns[0].internal;
  const bool aggregates = query.group_by.empty() && query.operation == SetOperation::kNone && query.values.empty() &&
                          SelectBinder(queries_, query, nullptr).IsAggregated();
  const bool one_row = aggregates || (query.limit && *query.limit <= 1);
  std::optional<AttachedQuery> attached =
      AttachDomain(*std::move(dependent), *subject_, adjust_, queries_.names(), queries_.errors());
  if (!attached) return false;
  if (one_row) {
    JoinToSubject(v1::LEFT, std::move(attached->node), std::move(attached->conditions), {of_query}, subject_);
    AddToSubject(column, logical::Column(of_query, position), subject_);
    return true;
  }
  const std::string value = queries_.names().Make("value"), rows = queries_.names().Make("rows");
  v1::Node groups;
  groups.set_position(position);
  v1::Aggregate* aggregate = groups.mutable_aggregate();
  *aggregate->mutable_input() = std::move(attached->node);
  for (const std::string& each : attached->domain_columns) {
    v1::NamedExpression* key = aggregate->add_keys();
    key->set_name(each);
    *key->mutable_expression() = logical::Column(each);
  }
  auto add = [&](const std::string& name, v1::Expression call) {
    v1::NamedExpression* out = aggregate->add_values();
    out->set_name(name);
    *out->mutable_expression() = std::move(call);
  };
  add(value, logical::Call("max", {logical::Column(of_query)}, position));
  add(rows, logical::CountStar());
  JoinToSubject(v1::LEFT, std::move(groups), std::move(attached->conditions), {value, rows}, subject_);
  v1::Expression is_one = logical::Call("at_most_one_row", {logical::Column(rows)}, position);
  AddToSubject(column,
               logical::Call("case", {std::move(is_one), logical::Column(value), logical::UntypedNull()}, position),
               subject_);
  return true;
}

std::optional<std::vector<ValueJoin::Pair>> ValueJoin::PairsOf(const SelectBinder& select) {
  logical::Columns outer = subject_->columns, further = scope_.OuterColumns();
  for (const ScopeName& name : scope_.names()) outer.insert(name.internal);
  for (const std::string& each : subject_->columns) further.erase(each);
  std::vector<Pair> pairs;
  for (const v1::Expression& condition : select.correlated()) {
    std::optional<Pair> pair;
    bool equality = condition.has_call() && condition.call().function() == "=";
    for (int first : {0, 1}) {
      if (!equality || pair) continue;
      const v1::Expression& inner = condition.call().arguments(first);
      const v1::Expression& other = condition.call().arguments(1 - first);
      bool of_inner = !logical::ReadsAny(inner, outer) && !logical::ReadsAny(inner, further);
      logical::Columns read = logical::ColumnsOf(other);
      bool of_outer = !read.empty();
      for (const std::string& each : read) of_outer = of_outer && outer.contains(each);
      if (of_inner && of_outer) pair = Pair{inner, other};
    }
    if (!pair) {
      Fail(ErrorCode::kUnsupported, OffsetOf(condition, 0), "a comparison that is no equality");
      return std::nullopt;
    }
    if (!adjust_(&pair->outer)) return std::nullopt;
    pairs.push_back(*std::move(pair));
  }
  return pairs;
}

bool ValueJoin::JoinBound(const Query& query, SelectBinder& select, const std::string& column) {
  if (!select.BindFromWhere()) return false;
  std::optional<v1::Expression> value = select.WriteValue(*query.items[0].value);
  std::optional<v1::Expression> having;
  if (query.having != nullptr) having = select.WriteValue(*query.having);
  std::optional<std::vector<Pair>> pairs = PairsOf(select);
  if (!value || (query.having != nullptr && !having) || !pairs) return false;
  if (!select.IsAggregated()) {  // a constant, or something of the query around it
    if (!adjust_(&*value)) return false;
    AddToSubject(column, *std::move(value), subject_);
    return true;
  }
  Aggregation& aggregation = select.aggregation();
  // Names of the query around it may stand beside aggregates.
  for (const std::string& each : subject_->columns) aggregation.Pass(each);
  for (v1::Expression* each : {&*value, having ? &*having : nullptr}) {
    if (each != nullptr && !aggregation.Rewrite(each)) return false;
  }
  std::vector<v1::Expression> conditions;
  for (const Pair& pair : *pairs) aggregation.AddKey(pair.inner);
  for (Pair& pair : *pairs) {
    v1::Expression key = pair.inner;
    if (!aggregation.Rewrite(&key)) return false;
    conditions.push_back(logical::Equal(std::move(pair.outer), std::move(key), pair.inner.position()));
  }
  Subject groups;
  groups.node = aggregation.MakeNode(std::move(select.subject().node), query.offset + 1);
  groups.columns = aggregation.columns();
  groups.KeepAsBase();
  if (!select.JoinPending(&groups)) return false;
  subject_->node = logical::Join(pairs->empty() ? v1::INNER : v1::LEFT, std::move(subject_->node),
                                 std::move(groups.node), std::move(conditions));
  subject_->columns.insert(groups.columns.begin(), groups.columns.end());
  if (having) value = logical::Call("case", {*std::move(having), *std::move(value), v1::Expression()}, 0);
  if (having) value->mutable_call()->mutable_arguments(2)->mutable_literal()->set_null(true);
  if (!pairs->empty()) {
    std::map<std::string, v1::Expression> over_nothing_too;
    for (const Aggregation::NamedCall& call : aggregation.calls()) {
      over_nothing_too[call.column] = Aggregation::OverNothingToo(call);
    }
    *value = logical::Replace(*value, [&](const v1::Expression& part) -> std::optional<v1::Expression> {
      auto found = part.has_column() ? over_nothing_too.find(part.column().name()) : over_nothing_too.end();
      if (found == over_nothing_too.end()) return std::nullopt;
      return found->second;
    });
  }
  AddToSubject(column, *std::move(value), subject_);
  return true;
}

}  // namespace freshet
