#include "server/sql/bind/aggregation.h"

#include "engine/base/str_cat.h"

namespace freshet {

void Aggregation::AddKey(const v1::Expression& key) {
  std::string base = key.has_column() ? key.column().name() : "key";
  auto [it, added] = key_columns_.try_emplace(logical::TextOf(key), "");
  if (!added) return;
  it->second = names_.Make(base);
  keys_.push_back({it->second, key});
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
  v1::Node node;
  node.set_position(position);
  v1::Aggregate& aggregate = *node.mutable_aggregate();
  *aggregate.mutable_input() = std::move(input);
  auto add = [](v1::NamedExpression* out, const NamedCall& named) {
    out->set_name(named.column);
    *out->mutable_expression() = named.call;
  };
  for (const NamedCall& key : keys_) add(aggregate.add_keys(), key);
  for (const NamedCall& call : calls_) add(aggregate.add_values(), call);
  if (keys_.empty() && calls_.empty()) add(aggregate.add_values(), {"count", logical::CountStar()});
  return node;
}

logical::Columns Aggregation::columns() const {
  logical::Columns columns;
  for (const NamedCall& key : keys_) columns.insert(key.column);
  for (const NamedCall& call : calls_) columns.insert(call.column);
  return columns;
}

}  // namespace freshet
