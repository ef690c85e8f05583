#include "tests/support/naive_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "engine/base/check.h"

namespace freshet {
namespace {

Datum ValueOf(const PlanTerm& term, const Row& row) { return term.column ? row[*term.column] : term.literal; }

Datum Arithmetic(const std::string& op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = op == "+"   ? __builtin_add_overflow(a, b, &result)
                  : op == "-" ? __builtin_sub_overflow(a, b, &result)
                              : __builtin_mul_overflow(a, b, &result);
  return overflow ? Datum::Error(CellError::kOverflow) : Datum::Int(result);
}

Datum Evaluate(const PlanExpression& expression, const Row& row) {
  Datum a = ValueOf(expression.left, row);
  if (expression.op.empty()) return a;
  Datum b = ValueOf(expression.right, row);
  if (a.is_error()) return a;
  if (b.is_error()) return b;
  if (a.is_null() || b.is_null()) return Datum::Null();
  const std::string& op = expression.op;
  if (op == "=") return Datum::Bool(a == b);
  if (op == "<>") return Datum::Bool(a != b);
  if (op == "<") return Datum::Bool(a < b);
  if (op == "<=") return Datum::Bool(a <= b);
  if (op == ">") return Datum::Bool(a > b);
  if (op == ">=") return Datum::Bool(a >= b);
  CHECK(op == "+" || op == "-" || op == "*") << op;
  return Arithmetic(op, a.int_value(), b.int_value());
}

bool IsTrue(const PlanExpression& condition, const Row& row) {
  Datum value = Evaluate(condition, row);
  return value.is_value() && value.bool_value();
}

// No value: the key has an ERROR.
std::optional<Row> KeyOf(const Row& row, const std::vector<uint32_t>& columns) {
  Row key;
  for (uint32_t column : columns) {
    if (row[column].is_error()) return std::nullopt;
    key.push_back(row[column]);
  }
  return key;
}

bool Matches(const PlanNode& node, const Row& left, const Row& right) {
  for (size_t i = 0; i < node.left_key.size(); ++i) {
    const Datum& a = left[node.left_key[i]];
    const Datum& b = right[node.right_key[i]];
    if (!a.is_value() || !b.is_value() || a != b) return false;
  }
  if (!node.has_condition) return true;
  Row pair = left;
  pair.insert(pair.end(), right.begin(), right.end());
  return IsTrue(node.condition, pair);
}

ZSet Join(const PlanNode& node, const ZSet& left, const ZSet& right, size_t right_columns) {
  ZSet result;
  for (const auto& [row, weight] : left.rows()) {
    // A row with ERROR in its key takes no part.
    if (!KeyOf(row, node.left_key)) continue;
    bool has_partner = false;
    for (const auto& [other, other_weight] : right.rows()) {
      if (!Matches(node, row, other)) continue;
      has_partner = true;
      if (node.kind != PlanNode::Kind::kInnerJoin && node.kind != PlanNode::Kind::kLeftJoin) continue;
      Row pair = row;
      pair.insert(pair.end(), other.begin(), other.end());
      result.Add(pair, weight * other_weight);
    }
    if (node.kind == PlanNode::Kind::kSemiJoin && has_partner) result.Add(row, weight);
    if (node.kind == PlanNode::Kind::kAntiJoin && !has_partner) result.Add(row, weight);
    if (node.kind == PlanNode::Kind::kLeftJoin && !has_partner) {
      Row alone = row;
      alone.resize(row.size() + right_columns);
      result.Add(alone, weight);
    }
  }
  return result;
}

// sum / count as PostgreSQL divides numerics: at least 16 significant digits, counted in groups of four, half away from
// zero.
Datum Quotient(int64_t sum, int64_t count) {
  auto group_of = [](uint64_t value) {  // of its first four digits, and what they are
    int32_t group = 0;
    for (; value >= 10000; value /= 10000) ++group;
    return std::pair(group, value);
  };
  const uint64_t magnitude = static_cast<uint64_t>(sum < 0 ? -sum : sum);
  const auto [sum_group, sum_digits] = group_of(magnitude);
  const auto [count_group, count_digits] = group_of(static_cast<uint64_t>(count));
  const int32_t groups = sum_group - count_group - (sum_digits <= count_digits ? 1 : 0);
  const int32_t scale = std::max(0, 16 - 4 * groups);
  uint128 dividend = magnitude;
  for (int32_t i = 0; i < scale; ++i) dividend *= 10;
  const uint128 divisor = static_cast<uint128>(count);
  const int128 quotient = static_cast<int128>(dividend / divisor + (dividend % divisor * 2 >= divisor ? 1 : 0));
  return Datum::Decimal(Numeric::Make(sum < 0 ? -quotient : quotient, scale));
}

using Group = std::vector<std::pair<const Row*, int64_t>>;

// string_agg(x by y), arg_min(x by y), arg_max(x by y).
Datum AggregateRows(const PlanAggregate& aggregate, const Group& group) {
  const bool joins = aggregate.function == "string_agg";
  std::map<std::pair<Datum, Datum>, int64_t> rows;
  for (auto [row, weight] : group) {
    const Datum& value = (*row)[*aggregate.column];
    const Datum& by = (*row)[*aggregate.by];
    if (value.is_error() || by.is_error()) return Datum::Error(CellError::kErrorInAggregate);
    if (value.is_null() || (by.is_null() && !joins)) continue;
    rows[{by, value}] += weight;
  }
  if (rows.empty()) return Datum::Null();
  if (!joins) return aggregate.function == "arg_min" ? rows.begin()->first.second : rows.rbegin()->first.second;
  std::string joined;
  for (const auto& [row, weight] : rows) {
    for (int64_t i = 0; i < weight; ++i) joined += row.second.text_value() + ",";
  }
  joined.pop_back();
  return Datum::Text(joined);
}

Datum Aggregate(const PlanAggregate& aggregate, const Group& group, DataType result_type) {
  if (aggregate.by) return AggregateRows(aggregate, group);
  int64_t count = 0;
  int64_t sum = 0;
  Datum least, greatest;
  std::set<Datum> met;
  for (auto [row, weight] : group) {
    if (!aggregate.column) {
      count += weight;
      continue;
    }
    const Datum& value = (*row)[*aggregate.column];
    if (value.is_error()) return Datum::Error(CellError::kErrorInAggregate);
    if (value.is_null()) continue;
    if (aggregate.distinct) weight = met.insert(value).second ? 1 : 0;
    if (count == 0 || value < least) least = value;
    if (count == 0 || value > greatest) greatest = value;
    count += weight;
    if (aggregate.function == "sum" || aggregate.function == "avg") sum += weight * value.int_value();
  }
  if (aggregate.function == "count") return Datum::Int(count);
  if (count == 0) return Datum::Null();
  if (aggregate.function == "min") return least;
  if (aggregate.function == "max") return greatest;
  if (aggregate.function == "avg") return Quotient(sum, count);
  CHECK(aggregate.function == "sum") << aggregate.function;
  return result_type.kind == TypeKind::kNumeric ? Datum::Decimal(Numeric::Make(sum, 0)) : Datum::Int(sum);
}

ZSet AggregateAll(const PlanNode& node, const ZSet& input) {
  std::map<Row, Group> groups;
  if (node.left_key.empty()) groups[{}];
  for (const auto& [row, weight] : input.rows()) {
    if (std::optional<Row> key = KeyOf(row, node.left_key)) groups[*key].emplace_back(&row, weight);
  }
  ZSet result;
  for (const auto& [key, group] : groups) {
    Row row = key;
    for (const PlanAggregate& aggregate : node.aggregates) {
      row.push_back(Aggregate(aggregate, group, node.schema[row.size()].type));
    }
    result.Add(row, 1);
  }
  return result;
}

// Whether row `a` stands before `b`: by the order, then by all columns.
bool StandsBefore(const PlanNode& node, const Row& a, const Row& b) {
  for (const PlanOrder& order : node.order) {
    const Datum &x = a[order.column], &y = b[order.column];
    if (x == y) continue;
    if (x.is_value() != y.is_value()) return order.nulls_first ? !x.is_value() : x.is_value();
    return order.descending && x.is_value() ? y < x : x < y;
  }
  return a < b;
}

ZSet TopRows(const PlanNode& node, const ZSet& input) {
  std::map<Row, std::vector<std::pair<Row, int64_t>>> groups;
  for (const auto& [row, weight] : input.rows()) {
    if (std::optional<Row> key = KeyOf(row, node.left_key)) groups[*key].emplace_back(row, weight);
  }
  ZSet result;
  for (auto& [key, rows] : groups) {
    std::sort(rows.begin(), rows.end(),
              [&](const auto& a, const auto& b) { return StandsBefore(node, a.first, b.first); });
    int64_t place = 0;
    for (const auto& [row, weight] : rows) {
      for (int64_t copy = 0; copy < weight && place < node.skip + node.limit; ++copy, ++place) {
        if (place >= node.skip) result.Add(row, 1);
      }
    }
  }
  return result;
}

// Of all records of a key the one with the largest version, time, partition and offset says what the row is.
ZSet TableByKey(const PlanNode& node, const ZSet& records) {
  struct Newest {
    Row order;
    Row row;
    bool is_there;
  };
  std::map<Row, Newest> newest;
  const size_t columns = node.schema.size();
  for (const auto& [record, weight] : records.rows()) {
    std::optional<Row> key = KeyOf(record, node.left_key);
    if (!key || std::any_of(key->begin(), key->end(), [](const Datum& cell) { return cell.is_null(); })) continue;
    Row row(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(columns));
    Row order;
    if (node.version) {
      const Datum& version = row[*node.version];
      order = {Datum::Bool(version.is_value()), version.is_value() ? version : Datum::Int(0)};
    }
    order.insert(order.end(), record.begin() + static_cast<std::ptrdiff_t>(columns), record.end());
    auto [it, added] = newest.try_emplace(*key, Newest{order, row, weight > 0});
    if (!added && it->second.order < order) it->second = {order, row, weight > 0};
  }
  ZSet result;
  for (const auto& [key, record] : newest) {
    if (record.is_there) result.Add(record.row, 1);
  }
  return result;
}

ZSet Compute(const Plan& plan, const PlanNode& node, const std::vector<ZSet>& relations) {
  ZSet result;
  const ZSet& input = relations[node.inputs[0]];
  switch (node.kind) {
    case PlanNode::Kind::kSource:
      break;
    case PlanNode::Kind::kFilter:
      for (const auto& [row, weight] : input.rows()) {
        if (IsTrue(node.condition, row)) result.Add(row, weight);
      }
      break;
    case PlanNode::Kind::kProject:
      for (const auto& [row, weight] : input.rows()) {
        Row projected;
        for (const PlanExpression& expression : node.expressions) projected.push_back(Evaluate(expression, row));
        result.Add(projected, weight);
      }
      break;
    case PlanNode::Kind::kUnion:
      for (uint32_t from : node.inputs) result.Add(relations[from]);
      break;
    case PlanNode::Kind::kInnerJoin:
    case PlanNode::Kind::kLeftJoin:
    case PlanNode::Kind::kSemiJoin:
    case PlanNode::Kind::kAntiJoin:
      result = Join(node, input, relations[node.inputs[1]], plan.nodes[node.inputs[1]].schema.size());
      break;
    case PlanNode::Kind::kAggregate:
      result = AggregateAll(node, input);
      break;
    case PlanNode::Kind::kTopK:
      result = TopRows(node, input);
      break;
    case PlanNode::Kind::kUpsert:
      result = TableByKey(node, input);
      break;
    case PlanNode::Kind::kKeylessDeletes:
      for (const auto& [row, weight] : input.rows()) result.Add(row, std::max<int64_t>(0, weight));
      break;
    case PlanNode::Kind::kFlatMap:
      for (const auto& [row, weight] : input.rows()) {
        const Datum &from = row[node.series_from], &to = row[node.series_to];
        if (!from.is_value() || !to.is_value()) continue;
        for (int64_t value = from.int_value(); value <= to.int_value(); ++value) {
          Row longer = row;
          longer.push_back(Datum::Int(value));
          result.Add(longer, weight);
        }
      }
      break;
    case PlanNode::Kind::kDistinct:
      for (const auto& [row, weight] : input.rows()) {
        bool has_error = false;
        for (const Datum& cell : row) has_error |= cell.is_error();
        if (!has_error) result.Add(row, 1);
      }
      break;
  }
  return result;
}

}  // namespace

std::vector<ZSet> ComputeNaively(const Plan& plan, const std::vector<ZSet>& sources) {
  std::vector<ZSet> relations = sources;
  for (size_t i = sources.size(); i < plan.nodes.size(); ++i) {
    relations.push_back(Compute(plan, plan.nodes[i], relations));
  }
  return relations;
}

}  // namespace freshet
