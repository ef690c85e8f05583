// An aggregate without GROUP BY gives one row. Where it does not read the query around it, that row is joined to every
// row. Where it does, by equalities, it is grouped by its side of them and joined on the other: rows that find no group
// see the aggregates over nothing (count 0, the others NULL). The value itself is computed behind the join.
#include "server/sql/decorrelate/value_join.h"

#include "engine/base/str_cat.h"

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

void ValueJoin::AddColumn(const std::string& column, v1::Expression value) {
  v1::Node node;
  node.set_position(value.position());
  v1::Project* project = node.mutable_project();
  *project->mutable_input() = std::move(subject_->node);
  project->set_keep_input(true);
  logical::AddColumn(project, column, std::move(value));
  subject_->node = std::move(node);
  subject_->columns.insert(column);
}

bool ValueJoin::Join(const Query& query, const std::string& column) {
  bool plain = query.operation == SetOperation::kNone && query.values.empty();
  if (plain && (query.items.size() != 1 || query.items[0].value == nullptr)) {
    return Fail(ErrorCode::kTypeMismatch, query.offset, "a subquery that stands for a value has one column",
                query.items.size() == 1 ? "name the column instead of `*`" : "");
  }
  bool one_row = plain && query.group_by.empty() && !query.distinct;
  SelectBinder select(queries_, query, &scope_);
  if (!one_row || !(select.IsAggregated() || (query.from.empty() && query.where == nullptr))) {
    return Fail(ErrorCode::kUnsupported, query.offset,
                "a subquery that might give several rows, as a value, is not built in this release",
                "aggregate it, without GROUP BY: SELECT max(...)");
  }
  queries_.AddWith(query);
  bool joined = JoinBound(query, select, column);
  queries_.DropWith(query);
  return joined;
}

std::optional<std::vector<ValueJoin::Pair>> ValueJoin::PairsOf(const SelectBinder& select) {
  const logical::Columns outer = [&] {
    logical::Columns columns;
    for (const ScopeName& name : scope_.names()) columns.insert(name.internal);
    return columns;
  }();
  const logical::Columns further = scope_.OuterColumns();
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
      Fail(ErrorCode::kUnsupported, OffsetOf(condition, 0),
           "a comparison with the query around it that is no equality, in a subquery that stands for a value, is not "
           "built in this release",
           "join and aggregate instead");
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
    AddColumn(column, *std::move(value));
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
  Subject groups{aggregation.MakeNode(std::move(select.subject().node), query.offset + 1), aggregation.columns()};
  if (!select.JoinPending(&groups)) return false;
  subject_->node = logical::Join(pairs->empty() ? v1::INNER : v1::LEFT, std::move(subject_->node),
                                 std::move(groups.node), std::move(conditions));
  subject_->columns.insert(groups.columns.begin(), groups.columns.end());
  if (having) value = logical::Call("case", {*std::move(having), *std::move(value), v1::Expression()}, 0);
  if (having) value->mutable_call()->mutable_arguments(2)->mutable_literal()->set_null(true);
  if (!pairs->empty()) {
    std::map<std::string, bool> counts;
    for (const Aggregation::NamedCall& call : aggregation.calls())
      counts[call.column] = call.call.call().function() == "count";
    *value = logical::Replace(*value, [&](const v1::Expression& part) -> std::optional<v1::Expression> {
      if (!part.has_column() || !counts[part.column().name()]) return std::nullopt;
      v1::Expression zero;
      zero.mutable_literal()->set_text("0");
      zero.mutable_literal()->mutable_type()->set_kind(v1::BIGINT);
      return logical::Call("coalesce", {part, zero}, part.position());
    });
  }
  AddColumn(column, *std::move(value));
  return true;
}

}  // namespace freshet
