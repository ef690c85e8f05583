#include "server/sql/bind/aggregation.h"

#include <algorithm>
#include <functional>
#include <set>

#include "engine/base/str_cat.h"

namespace freshet {

std::string Aggregation::AddKey(const v1::Expression& key) {
  std::string base = key.has_column() ? key.column().name() : "key";
  auto [it, added] = key_columns_.try_emplace(logical::TextOf(key), "");
  if (!added) return it->second;
  it->second = names_.Make(base);
  keys_.push_back({it->second, key});
  return it->second;
}

void Aggregation::KeepKey(const std::string& column) {
  const v1::Expression key = logical::Column(column);
  key_columns_.try_emplace(logical::TextOf(key), column);
  keys_.push_back({column, key});
  kept_keys_.insert(column);
}

v1::Expression Aggregation::OverNothingToo(const NamedCall& call) {
  static const std::set<std::string, std::less<>> counting = {"count", "approx_count_distinct", "regr_count"};
  v1::Expression value = logical::Column(call.column);
  if (!counting.contains(call.call.call().function())) return value;
  return logical::Call("coalesce", {std::move(value), logical::Integer(0, v1::BIGINT)});
}

void Aggregation::AddSet(std::vector<std::string> keys) { sets_.push_back(std::move(keys)); }

std::optional<v1::Expression> Aggregation::AddGrouping(const std::vector<v1::Expression>& keys, uint32_t position) {
  NamedGrouping grouping;
  for (const v1::Expression& key : keys) {
    auto found = key_columns_.find(logical::TextOf(key));
    if (found == key_columns_.end()) {
      errors_.push_back({ErrorCode::kNotAggregated, "GROUPING takes expressions of GROUP BY", "",
                         key.position() == 0 ? position - 1 : key.position() - 1});
      return std::nullopt;
    }
    grouping.keys.push_back(found->second);
  }
  // Where all rows are grouped by all keys, none is ever missing.
  if (sets_.empty()) return logical::Integer(0, v1::INTEGER);
  grouping.column = names_.Make("grouping");
  passed_.insert(grouping.column);
  groupings_.push_back(grouping);
  return logical::Column(grouping.column, position);
}

v1::Expression Aggregation::AddCall(const v1::Expression& call) {
  auto [it, added] = call_columns_.try_emplace(logical::TextOf(call), "");
  if (added) {
    it->second = names_.Make(call.call().function());
    calls_.push_back({it->second, call});
    passed_.insert(it->second);
  }
  return logical::Column(it->second, call.position());
}

bool Aggregation::Rewrite(v1::Expression* expression) {
  bool complete = true;
  *expression = logical::Replace(*expression, [&](const v1::Expression& part) -> std::optional<v1::Expression> {
    if (auto key = key_columns_.find(logical::TextOf(part)); key != key_columns_.end() && !part.has_literal()) {
      return logical::Column(key->second, part.position());
    }
    if (!part.has_column() || passed_.contains(part.column().name())) return std::nullopt;
    std::string name = part.column().name();
    errors_.push_back({ErrorCode::kNotAggregated,
                       StrCat("the column ", name, " is neither in GROUP BY nor inside of an aggregate"),
                       StrCat("add it to GROUP BY, or aggregate it: max(", name, ")"),
                       part.position() == 0 ? 0 : part.position() - 1});
    complete = false;
    return part;
  });
  return complete;
}

v1::Node Aggregation::MakeNode(v1::Node input, uint32_t position) const {
  if (sets_.empty()) return GroupBy(std::move(input), position, keys_);
  std::vector<v1::Node> groups;
  for (const Set& set : sets_) groups.push_back(GroupBySet(input, position, set));
  return groups.size() == 1 ? std::move(groups[0]) : logical::Union(std::move(groups), position);
}

v1::Node Aggregation::GroupBy(v1::Node input, uint32_t position, const std::vector<NamedCall>& keys) const {
  v1::Node node;
  node.set_position(position);
  v1::Aggregate& aggregate = *node.mutable_aggregate();
  *aggregate.mutable_input() = std::move(input);
  auto add = [](v1::NamedExpression* out, const NamedCall& named) {
    out->set_name(named.column);
    *out->mutable_expression() = named.call;
  };
  for (const NamedCall& key : keys) add(aggregate.add_keys(), key);
  for (const NamedCall& call : calls_) add(aggregate.add_values(), call);
  if (keys.empty() && calls_.empty()) add(aggregate.add_values(), {"count", logical::CountStar()});
  return node;
}

v1::Node Aggregation::GroupBySet(v1::Node input, uint32_t position, const Set& set) const {
  auto has = [&](const std::string& column) {
    return kept_keys_.contains(column) || std::ranges::find(set, column) != set.end();
  };
  std::vector<NamedCall> keys;
  for (const NamedCall& key : keys_) {
    if (has(key.column)) keys.push_back(key);
  }
  v1::Node node;
  node.set_position(position);
  v1::Project* project = node.mutable_project();
  *project->mutable_input() = GroupBy(std::move(input), position, keys);
  for (const NamedCall& key : keys_) {
    logical::AddColumn(project, key.column, has(key.column) ? logical::Column(key.column) : logical::UntypedNull());
  }
  for (const NamedCall& call : calls_) logical::AddColumn(project, call.column, logical::Column(call.column));
  for (const NamedGrouping& grouping : groupings_) {
    int64_t bits = 0;
    for (const std::string& key : grouping.keys) bits = bits * 2 + (has(key) ? 0 : 1);
    logical::AddColumn(project, grouping.column, logical::Integer(bits, v1::INTEGER));
  }
  return node;
}

logical::Columns Aggregation::columns() const {
  logical::Columns columns;
  for (const NamedCall& key : keys_) columns.insert(key.column);
  for (const NamedCall& call : calls_) columns.insert(call.column);
  for (const NamedGrouping& grouping : groupings_) columns.insert(grouping.column);
  return columns;
}

}  // namespace freshet
