// ORDER BY with LIMIT and OFFSET, and DISTINCT ON: which of a query's rows are left by their place in an order.
#pragma once

#include <string>
#include <vector>

#include "server/sql/bind/logical.h"
#include "server/sql/parse/query.h"

namespace freshet {

// What ORDER BY and DISTINCT ON go by: columns of the node.
struct OrderColumns {
  std::vector<std::string> order;  // for each item of ORDER BY
  std::vector<std::string> distinct_on;
};

// The rows that are left; `partition` are further columns by each of whose values LIMIT counts anew. false: errors were
// added.
bool KeepFirstRows(const Query& query, const OrderColumns& columns, const std::vector<std::string>& partition,
                   v1::Node* node, std::vector<ExpressionError>& errors);

}  // namespace freshet
