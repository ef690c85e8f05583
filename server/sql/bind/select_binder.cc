#include "server/sql/bind/select_binder.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "server/sql/bind/first_rows.h"
#include "server/sql/bind/grouping_sets.h"

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
  if (std::ranges::any_of(query_.order, [](const OrderItem& item) { return HasAggregate(*item.value); })) return true;
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
  if (domain_ != nullptr) from.AddDomain(*domain_);
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
  subject_.KeepAsBase();
  correlated_ = std::move(conditions);
  for (const Syntax* condition : subqueries) {
    bool negated = false;
    const Syntax* inner = condition;
    if (IsSubqueryCondition(*condition)) {
      for (; inner->kind == SyntaxKind::kNot; inner = inner->arguments[0].get()) negated = !negated;
      complete = queries_.subqueries().JoinCondition(queries_, *inner, negated, scope_, &subject_) && complete;
      continue;
    }
    auto written = ExpressionWriter(scope_, outer_names(), this, queries_.errors()).Write(*condition);
    complete = complete && written.has_value();
    if (written) subject_.node = logical::Filter(std::move(subject_.node), {*std::move(written)});
  }
  return complete;
}

std::optional<v1::Expression> SelectBinder::WriteAggregate(const Syntax& call) {
  if (inside_call_ || !over_groups_) {
    Fail(ErrorCode::kMisplacedAggregate, call.offset,
         StrCat("the aggregate ", call.kind == SyntaxKind::kGrouping ? "GROUPING" : call.text, " cannot stand here"),
         inside_call_ ? "aggregate in a subquery first" : "conditions on groups stand in HAVING");
    return std::nullopt;
  }
  if (call.kind == SyntaxKind::kGrouping) return WriteGrouping(call);
  inside_call_ = true;
  auto written = ExpressionWriter(scope_, outer_names(), this, queries_.errors()).WriteCall(call);
  inside_call_ = false;
  if (!written) return std::nullopt;
  return aggregation_.AddCall(*written);
}

std::optional<v1::Expression> SelectBinder::WriteGrouping(const Syntax& call) {
  std::vector<v1::Expression> keys;
  for (const SyntaxRef& argument : call.arguments) {
    auto written = ExpressionWriter(scope_, outer_names(), nullptr, queries_.errors()).Write(*argument);
    if (!written) return std::nullopt;
    keys.push_back(*std::move(written));
  }
  return aggregation_.AddGrouping(keys, call.offset + 1);
}

std::optional<v1::Expression> SelectBinder::WriteSubquery(const Syntax& subquery) {
  std::optional<v1::Expression> operand;
  if (!subquery.arguments.empty()) {
    operand = ExpressionWriter(scope_, outer_names(), this, queries_.errors()).Write(*subquery.arguments[0]);
    if (!operand) return std::nullopt;
  }
  std::string column = queries_.names().Make("subquery");
  if (over_groups_ && !inside_call_) {
    pending_.push_back({&subquery, std::move(operand), column});
    aggregation_.Pass(column);
    return logical::Column(column, subquery.offset + 1);
  }
  auto unchanged = [](v1::Expression*) { return true; };
  if (!queries_.subqueries().JoinValue(queries_, subquery, operand, scope_, unchanged, column, &subject_)) {
    return std::nullopt;
  }
  return logical::Column(column, subquery.offset + 1);
}

bool SelectBinder::JoinPending(Subject* subject) {
  bool complete = true;
  auto adjust = [this](v1::Expression* expression) { return aggregation_.Rewrite(expression); };
  for (Pending& pending : pending_) {
    if (pending.operand) complete = aggregation_.Rewrite(&*pending.operand) && complete;
    complete = queries_.subqueries().JoinValue(queries_, *pending.subquery, pending.operand, scope_, adjust,
                                               pending.column, subject) &&
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
  auto written = ExpressionWriter(scope_, outer_names(), this, queries_.errors()).Write(*item.syntax);
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
  if (values.size() != items_.size() || !BindOrder(&values)) return std::nullopt;
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
  auto sets = GroupingSetsOf(query_.group_by, queries_.errors());
  if (!sets) return false;
  bool complete = true;
  for (const std::string& column : DomainColumns()) aggregation_.KeepKey(column);
  const bool any_empty = std::ranges::any_of(*sets, [](const GroupingSet& set) { return set.empty(); });
  is_one_group_ = sets->size() == 1 && any_empty;
  if (domain_ != nullptr && sets->size() > 1 && any_empty) {
    return Fail(ErrorCode::kUnsupported, query_.group_by[0].offset,
                "an empty grouping set in a query that reads the query around it is not built in this release");
  }
  std::map<const Syntax*, std::string> columns;  // a key stands in many sets, and is told of once
  for (const GroupingSet& set : *sets) {
    std::vector<std::string> keys;
    for (const SyntaxRef& key : set) {
      auto [column, is_new] = columns.try_emplace(key.get());
      if (is_new) {
        std::optional<v1::Expression> written = WriteKey(*key);
        complete = complete && written.has_value();
        if (written) column->second = aggregation_.AddKey(*written);
      }
      keys.push_back(column->second);
    }
    if (sets->size() > 1) aggregation_.AddSet(std::move(keys));
  }
  return complete;
}

std::optional<v1::Expression> SelectBinder::WriteKey(const Syntax& key) {
  bool failed = false;
  const Item* item = GroupedItem(key, &failed);
  if (failed) return std::nullopt;
  if (item != nullptr && item->syntax == nullptr) return logical::Column(item->column, key.offset + 1);
  const Syntax& syntax = item == nullptr ? key : *item->syntax;
  return ExpressionWriter(scope_, outer_names(), this, queries_.errors()).Write(syntax);
}

std::vector<std::string> SelectBinder::DomainColumns() const {
  if (domain_ == nullptr) return {};
  return {domain_->columns.begin(), domain_->columns.end()};
}

// Without keys there is a row over nothing too: here one for each combination of the domain, with the aggregates
// over nothing (0 of those that count, NULL of all others).
Subject SelectBinder::MakeGroups() {
  Subject groups;
  groups.node = aggregation_.MakeNode(std::move(subject_.node), query_.offset + 1);
  groups.columns = aggregation_.columns();
  if (domain_ != nullptr && is_one_group_) {
    v1::Node renamed, complete;
    renamed.set_position(query_.offset + 1);
    complete.set_position(query_.offset + 1);
    std::vector<v1::Expression> conditions;
    *renamed.mutable_project()->mutable_input() = std::move(groups.node);
    for (const std::string& column : domain_->columns) {
      const std::string name = queries_.names().Make(column);
      logical::AddColumn(renamed.mutable_project(), name, logical::Column(column));
      logical::AddColumn(complete.mutable_project(), column, logical::Column(column));
      conditions.push_back(logical::NullSafeEqual(logical::Column(column), logical::Column(name), query_.offset + 1));
    }
    for (const Aggregation::NamedCall& call : aggregation_.calls()) {
      logical::AddColumn(renamed.mutable_project(), call.column, logical::Column(call.column));
      logical::AddColumn(complete.mutable_project(), call.column, Aggregation::OverNothingToo(call));
    }
    *complete.mutable_project()->mutable_input() =
        logical::Join(v1::LEFT, domain_->Leaf(), std::move(renamed), std::move(conditions));
    groups.node = std::move(complete);
  }
  groups.KeepAsBase();
  return groups;
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
  rewrites_ = true;
  if (!complete || !BindOrder(&values)) return std::nullopt;
  Subject groups = MakeGroups();
  if (!JoinPending(&groups)) return std::nullopt;
  if (having) groups.node = logical::Filter(std::move(groups.node), logical::Conjuncts(*having));
  return Finish(std::move(groups.node), std::move(values));
}

// The value that a key of ORDER BY or DISTINCT ON means: an item by its number, its name or its expression, or one of
// its own, behind those of the items.
std::optional<size_t> SelectBinder::ValueOf(const Syntax& key, std::string_view clause,
                                            std::vector<v1::Expression>* values) {
  if (key.kind == SyntaxKind::kNumber) {
    size_t number = 0;
    if (absl::SimpleAtoi(key.text, &number) && number >= 1 && number <= items_.size()) return number - 1;
    Fail(ErrorCode::kSyntaxError, key.offset,
         StrCat(clause, " ", key.text, ": there is no such item of the SELECT list"), StrCat("it has ", items_.size()));
    return std::nullopt;
  }
  for (size_t i = 0; key.kind == SyntaxKind::kColumn && key.names.size() == 1 && i < items_.size(); ++i) {
    if (items_[i].name == key.names[0]) return i;
  }
  auto written = WriteItem({"", key.offset, std::make_shared<Syntax>(key), ""});
  if (!written || (rewrites_ && !aggregation_.Rewrite(&*written))) return std::nullopt;
  const std::string text = logical::TextOf(*written);
  for (size_t i = 0; i < values->size(); ++i) {
    if (logical::TextOf((*values)[i]) == text) return i;
  }
  values->push_back(*std::move(written));
  return values->size() - 1;
}

bool SelectBinder::BindOrder(std::vector<v1::Expression>* values) {
  bool complete = true;
  auto add = [&](const Syntax& key, std::string_view clause, std::vector<size_t>* places) {
    std::optional<size_t> place = ValueOf(key, clause, values);
    complete = complete && place.has_value();
    if (place) places->push_back(*place);
  };
  for (const SyntaxRef& key : query_.distinct_on) add(*key, "DISTINCT ON", &distinct_on_);
  for (const OrderItem& item : query_.order) add(*item.value, "ORDER BY", &order_);
  if (complete && query_.distinct && values->size() > items_.size()) {
    return Fail(ErrorCode::kSyntaxError, query_.order_offset,
                "ORDER BY of SELECT DISTINCT names what is not in the SELECT list", "add it to the list");
  }
  return complete;
}

std::optional<BoundQuery> SelectBinder::Finish(v1::Node input, std::vector<v1::Expression> values) {
  BoundQuery bound;
  bound.node.set_position(query_.offset + 1);
  *bound.node.mutable_project()->mutable_input() = std::move(input);
  std::vector<std::string> names;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_item = i < items_.size();
    if (!is_item && !query_.KeepsFirstRows()) break;
    names.push_back(queries_.names().Make(is_item ? items_[i].name : "order"));
    logical::AddColumn(bound.node.mutable_project(), names.back(), std::move(values[i]));
    if (is_item) bound.columns.push_back({items_[i].name, names.back()});
  }
  const std::vector<std::string> domain = DomainColumns();
  for (const std::string& column : domain) {
    logical::AddColumn(bound.node.mutable_project(), column, logical::Column(column));
  }
  if (query_.distinct) bound.node = logical::Distinct(std::move(bound.node));
  if (!query_.KeepsFirstRows()) return bound;
  OrderColumns columns;
  for (size_t place : order_) columns.order.push_back(names[place]);
  for (size_t place : distinct_on_) columns.distinct_on.push_back(names[place]);
  if (!KeepFirstRows(query_, columns, domain, &bound.node, queries_.errors())) return std::nullopt;
  if (names.size() == items_.size()) return bound;
  names.resize(items_.size());
  names.insert(names.end(), domain.begin(), domain.end());
  bound.node = logical::Choose(std::move(bound.node), names);
  return bound;
}

}  // namespace freshet
