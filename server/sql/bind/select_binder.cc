#include "server/sql/bind/select_binder.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

bool IsCondition(const Syntax& syntax) {
  return syntax.kind == SyntaxKind::kExists || syntax.kind == SyntaxKind::kAnySubquery ||
         syntax.kind == SyntaxKind::kAllSubquery;
}

bool IsSubqueryCondition(const Syntax& syntax) {
  return IsCondition(syntax) || (syntax.kind == SyntaxKind::kNot && IsSubqueryCondition(*syntax.arguments[0]));
}

}  // namespace

bool SelectBinder::Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion) {
  queries_.errors().push_back({code, std::move(message), std::move(suggestion), offset});
  return false;
}

bool SelectBinder::IsAggregated() const {
  if (!query_.group_by.empty() || query_.having != nullptr) return true;
  return std::any_of(query_.items.begin(), query_.items.end(),
                     [](const SelectItem& item) { return item.value != nullptr && HasAggregate(*item.value); });
}

// Splits WHERE into plain conditions and those that a subquery decides.
bool SelectBinder::BindWhere(const Syntax& where, std::vector<v1::Expression>* conditions,
                             std::vector<const Syntax*>* subqueries) {
  if (where.kind == SyntaxKind::kAnd) {
    bool complete = true;
    for (const SyntaxRef& each : where.arguments) complete = BindWhere(*each, conditions, subqueries) && complete;
    return complete;
  }
  if (HasSubquery(where)) {
    subqueries->push_back(&where);
    return true;
  }
  auto written = ExpressionWriter(scope_, OuterNames::kTaken, nullptr, queries_.errors()).Write(where);
  if (!written) return false;
  conditions->push_back(*std::move(written));
  return true;
}

bool SelectBinder::BindFromWhere() {
  FromBinder from(queries_, scope_.outer(), nullptr);
  bool complete = true;
  for (const FromRef& item : query_.from) complete = from.Add(*item) && complete;
  scope_ = from.scope();
  // Names that a broken relation would have had are not missed one by one.
  if (!complete) return false;
  std::vector<v1::Expression> conditions = std::move(from.conditions());
  std::vector<const Syntax*> subqueries;
  if (query_.where != nullptr) complete = BindWhere(*query_.where, &conditions, &subqueries);
  std::optional<Subject> joined = from.Join(&conditions);
  if (!joined) return false;
  subject_ = *std::move(joined);
  correlated_ = std::move(conditions);
  for (const Syntax* condition : subqueries) {
    bool negated = false;
    const Syntax* inner = condition;
    if (IsSubqueryCondition(*condition)) {
      for (; inner->kind == SyntaxKind::kNot; inner = inner->arguments[0].get()) negated = !negated;
      complete = queries_.subqueries().JoinCondition(queries_, *inner, negated, scope_, &subject_) && complete;
      continue;
    }
    auto written = ExpressionWriter(scope_, OuterNames::kRefused, this, queries_.errors()).Write(*condition);
    complete = complete && written.has_value();
    if (written) subject_.node = logical::Filter(std::move(subject_.node), {*std::move(written)});
  }
  return complete;
}

std::optional<v1::Expression> SelectBinder::WriteAggregate(const Syntax& call) {
  if (inside_call_ || !over_groups_) {
    Fail(ErrorCode::kMisplacedAggregate, call.offset, StrCat("the aggregate ", call.text, " cannot stand here"),
         inside_call_ ? "aggregate in a subquery first" : "conditions on groups stand in HAVING");
    return std::nullopt;
  }
  inside_call_ = true;
  auto written = ExpressionWriter(scope_, OuterNames::kRefused, this, queries_.errors()).WriteCall(call);
  inside_call_ = false;
  if (!written) return std::nullopt;
  return aggregation_.AddCall(*written);
}

std::optional<v1::Expression> SelectBinder::WriteSubquery(const Syntax& subquery) {
  if (subquery.kind != SyntaxKind::kScalarSubquery) {
    Fail(ErrorCode::kUnsupported, subquery.offset,
         StrCat(subquery.kind == SyntaxKind::kExists ? "EXISTS" : "IN, ANY or ALL of a query",
                " inside of an expression is not built in this release"),
         "let it stand in WHERE, by itself or between ANDs");
    return std::nullopt;
  }
  std::string column = queries_.names().Make("subquery");
  if (over_groups_ && !inside_call_) {
    pending_.push_back({&subquery, column});
    aggregation_.Pass(column);
    return logical::Column(column, subquery.offset + 1);
  }
  auto unchanged = [](v1::Expression*) { return true; };
  if (!queries_.subqueries().JoinValue(queries_, subquery, scope_, unchanged, column, &subject_)) return std::nullopt;
  return logical::Column(column, subquery.offset + 1);
}

bool SelectBinder::JoinPending(Subject* subject) {
  bool complete = true;
  auto adjust = [this](v1::Expression* expression) { return aggregation_.Rewrite(expression); };
  for (const Pending& pending : pending_) {
    complete = queries_.subqueries().JoinValue(queries_, *pending.subquery, scope_, adjust, pending.column, subject) &&
               complete;
  }
  pending_.clear();
  return complete;
}

std::optional<v1::Expression> SelectBinder::WriteValue(const Syntax& syntax) {
  over_groups_ = IsAggregated();
  auto written = ExpressionWriter(scope_, OuterNames::kTaken, this, queries_.errors()).Write(syntax);
  over_groups_ = false;
  return written;
}

bool SelectBinder::ExpandStar(const SelectItem& item) {
  bool found = false;
  for (const ScopeName& name : scope_.names()) {
    if (item.star_relation.empty() ? name.qualified_only : name.relation != item.star_relation) continue;
    items_.push_back({name.name, item.offset, nullptr, name.internal});
    found = true;
  }
  if (found) return true;
  if (!item.star_relation.empty()) {
    auto error = scope_.Find({item.star_relation, "*"}, item.offset);
    queries_.errors().push_back(std::get<ExpressionError>(std::move(error)));
    return false;
  }
  return Fail(ErrorCode::kSyntaxError, item.offset, "`*` needs FROM");
}

bool SelectBinder::ExpandItems() {
  bool complete = true;
  for (const SelectItem& item : query_.items) {
    if (item.value == nullptr) {
      complete = ExpandStar(item) && complete;
      continue;
    }
    items_.push_back({item.alias.empty() ? ColumnNameOf(*item.value) : item.alias, item.offset, item.value, ""});
  }
  return complete;
}

std::optional<v1::Expression> SelectBinder::WriteItem(const Item& item) {
  if (item.syntax == nullptr) return logical::Column(item.column, item.offset + 1);
  over_groups_ = IsAggregated();
  auto written = ExpressionWriter(scope_, OuterNames::kRefused, this, queries_.errors()).Write(*item.syntax);
  over_groups_ = false;
  return written;
}

std::optional<BoundQuery> SelectBinder::Bind() {
  if (!BindFromWhere()) return std::nullopt;
  if (!ExpandItems()) return std::nullopt;
  return IsAggregated() ? BindAggregated() : BindPlain();
}

std::optional<BoundQuery> SelectBinder::BindPlain() {
  std::vector<v1::Expression> values;
  for (const Item& item : items_) {
    if (auto written = WriteItem(item)) values.push_back(*std::move(written));
  }
  if (values.size() != items_.size()) return std::nullopt;
  return Finish(std::move(subject_.node), std::move(values));
}

// The item of the SELECT list that a key of GROUP BY means: by number, or by an alias that is no column.
const SelectBinder::Item* SelectBinder::GroupedItem(const Syntax& syntax, bool* failed) {
  if (syntax.kind == SyntaxKind::kNumber) {
    size_t number = 0;
    if (absl::SimpleAtoi(syntax.text, &number) && number >= 1 && number <= items_.size()) return &items_[number - 1];
    *failed = !Fail(ErrorCode::kSyntaxError, syntax.offset,
                    StrCat("GROUP BY ", syntax.text, ": there is no such item of the SELECT list"),
                    StrCat("it has ", items_.size()));
    return nullptr;
  }
  if (syntax.kind != SyntaxKind::kColumn || syntax.names.size() != 1) return nullptr;
  if (std::holds_alternative<FoundName>(scope_.Find(syntax.names, syntax.offset))) return nullptr;
  for (const Item& item : items_) {
    if (item.name == syntax.names[0]) return &item;
  }
  return nullptr;
}

bool SelectBinder::BindGroupBy() {
  bool complete = true;
  for (const SyntaxRef& key : query_.group_by) {
    bool failed = false;
    const Item* item = GroupedItem(*key, &failed);
    if (failed) {
      complete = false;
      continue;
    }
    if (item != nullptr && item->syntax == nullptr) {
      aggregation_.AddKey(logical::Column(item->column, key->offset + 1));
      continue;
    }
    const Syntax& syntax = item == nullptr ? *key : *item->syntax;
    auto written = ExpressionWriter(scope_, OuterNames::kRefused, this, queries_.errors()).Write(syntax);
    complete = complete && written.has_value();
    if (written) aggregation_.AddKey(*written);
  }
  return complete;
}

std::optional<BoundQuery> SelectBinder::BindAggregated() {
  bool complete = BindGroupBy();
  std::vector<v1::Expression> values;
  for (const Item& item : items_) {
    auto written = WriteItem(item);
    complete = complete && written.has_value();
    if (!written) continue;
    // After a wrong key every column would seem to stand alone.
    if (complete) complete = aggregation_.Rewrite(&*written);
    values.push_back(*std::move(written));
  }
  std::optional<v1::Expression> having;
  if (query_.having != nullptr) {
    having = WriteItem({"", query_.having->offset, query_.having, ""});
    complete = complete && having.has_value();
    if (having && complete) complete = aggregation_.Rewrite(&*having);
  }
  if (!complete) return std::nullopt;
  Subject groups{aggregation_.MakeNode(std::move(subject_.node), query_.offset + 1), aggregation_.columns()};
  if (!JoinPending(&groups)) return std::nullopt;
  if (having) groups.node = logical::Filter(std::move(groups.node), logical::Conjuncts(*having));
  return Finish(std::move(groups.node), std::move(values));
}

std::optional<BoundQuery> SelectBinder::Finish(v1::Node input, std::vector<v1::Expression> values) {
  BoundQuery bound;
  bound.node.set_position(query_.offset + 1);
  *bound.node.mutable_project()->mutable_input() = std::move(input);
  for (size_t i = 0; i < items_.size(); ++i) {
    std::string internal = queries_.names().Make(items_[i].name);
    logical::AddColumn(bound.node.mutable_project(), internal, std::move(values[i]));
    bound.columns.push_back({items_[i].name, std::move(internal)});
  }
  if (query_.distinct) bound.node = logical::Distinct(std::move(bound.node));
  return bound;
}

}  // namespace freshet
