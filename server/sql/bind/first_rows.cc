#include "server/sql/bind/first_rows.h"

#include <algorithm>

namespace freshet {
namespace {

struct Bounds {
  uint64_t limit = 1;
  uint64_t offset = 0;
};

v1::Node TopK(const Query& query, const OrderColumns& columns, std::vector<std::string> group, Bounds bounds,
              v1::Node input) {
  v1::Node node;
  node.set_position(query.offset + 1);
  v1::TopK& top = *node.mutable_top_k();
  *top.mutable_input() = std::move(input);
  for (std::string& column : group) top.add_group(std::move(column));
  for (size_t i = 0; i < columns.order.size(); ++i) {
    v1::OrderColumn* order = top.add_order();
    order->set_column(columns.order[i]);
    order->set_descending(query.order[i].descending);
    order->set_nulls(query.order[i].nulls);
  }
  top.set_limit(bounds.limit);
  top.set_offset(bounds.offset);
  return node;
}

// PostgreSQL's rule: what ORDER BY begins with are the expressions of DISTINCT ON, in any order.
bool BeginsWithDistinctOn(const OrderColumns& columns) {
  const size_t count = std::min(columns.order.size(), columns.distinct_on.size());
  return std::all_of(columns.order.begin(), columns.order.begin() + static_cast<std::ptrdiff_t>(count),
                     [&](const std::string& column) {
                       return std::ranges::find(columns.distinct_on, column) != columns.distinct_on.end();
                     });
}

}  // namespace

bool KeepFirstRows(const Query& query, const OrderColumns& columns, const std::vector<std::string>& partition,
                   v1::Node* node, std::vector<ExpressionError>& errors) {
  if (!columns.distinct_on.empty()) {
    if (!BeginsWithDistinctOn(columns)) {
      errors.push_back({ErrorCode::kSyntaxError, "ORDER BY begins with what DISTINCT ON names",
                        "put these expressions first", query.order_offset});
      return false;
    }
    std::vector<std::string> group = partition;
    group.insert(group.end(), columns.distinct_on.begin(), columns.distinct_on.end());
    *node = TopK(query, columns, std::move(group), {}, std::move(*node));
  }
  if (!query.limit) return true;
  if (*query.limit == 0) {
    *node = logical::Filter(std::move(*node), {logical::Boolean(false)});
  } else {
    *node = TopK(query, columns, partition, {*query.limit, query.offset_rows}, std::move(*node));
  }
  return true;
}

}  // namespace freshet
