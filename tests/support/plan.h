// A query of a test: simple nodes over named sources. Written as lines (tests/cases/README.md) or made by chance
// (tests/properties); built into circuits (plan_circuit.h) and computed naively (naive_plan.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/datum.h"
#include "engine/columnar/types.h"

namespace freshet {

// column, literal, or `left op right` of two of them.
struct PlanTerm {
  std::optional<uint32_t> column;
  Datum literal;
  DataType type;
};
struct PlanExpression {
  PlanTerm left;
  std::string op;  // empty: only `left`
  PlanTerm right;
  std::string name;  // of the output column
  DataType type;
};

struct PlanAggregate {
  std::string function;            // count, sum, avg, min, max, string_agg, arg_min, arg_max
  std::optional<uint32_t> column;  // none: count(*)
  std::string name;
  bool distinct = false;
  bool ArgumentIsBy() const { return by && function != "string_agg"; }
  std::optional<uint32_t> by;  // of string_agg what it is ordered by, of arg_min and arg_max what is smallest, largest
};

struct PlanOrder {
  uint32_t column = 0;
  bool descending = false;
  bool nulls_first = false;
};

// At the end of a source of upserts: record time, partition, offset.
inline constexpr size_t kStampColumns = 3;

struct PlanNode {
  enum class Kind : uint8_t {
    kSource,
    kFilter,
    kProject,
    kUnion,
    kInnerJoin,
    kLeftJoin,
    kSemiJoin,
    kAntiJoin,
    kAggregate,
    kDistinct,
    kTopK,
    kFlatMap,
    // Over a source, whose rows are records: what a table with a primary key, or without one, makes of them.
    kUpsert,
    kKeylessDeletes,
  };

  Kind kind = Kind::kSource;
  std::string name;
  std::vector<uint32_t> inputs;  // earlier nodes
  Schema schema;
  PlanExpression condition;                   // kFilter; joins: with a comparison, over left then right columns
  bool has_condition = false;                 // joins
  std::vector<PlanExpression> expressions;    // kProject
  std::vector<uint32_t> left_key, right_key;  // joins; kAggregate, kTopK: left_key is the group key
  std::vector<PlanAggregate> aggregates;
  // kTopK
  std::vector<PlanOrder> order;
  int64_t skip = 0, limit = 0;
  // kFlatMap: all input columns, then the whole numbers from the first column's value to the second's.
  uint32_t series_from = 0, series_to = 0;
  // kUpsert: left_key is the primary key. The input has three columns more: record time, partition and offset.
  std::optional<uint32_t> version;
  std::optional<int64_t> tombstone_retention_micros;  // none: for ever
};

struct Plan {
  std::vector<PlanNode> nodes;  // sources first
  uint32_t output = 0;

  uint32_t source_count() const;
  // The node that makes a table of the source's records; nullptr: they are rows already.
  const PlanNode* TableOf(uint32_t source) const;
};

// Reads the lines of a plan. Error: what is wrong, with the line.
absl::StatusOr<Plan> ParsePlan(std::string_view text);
// Writes them, for the messages of failed tests.
std::string FormatPlan(const Plan& plan);
// Sets the schema of a node from its inputs; all else is set.
void DeriveSchema(const Plan& plan, PlanNode* node);

}  // namespace freshet
