// Every join against a naive recomputation, over random histories with retractions, cuts, budgets and restarts.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "engine/operators/conditional_join.h"
#include "engine/operators/inner_join.h"
#include "engine/operators/left_join.h"
#include "engine/operators/semi_join.h"
#include "tests/engine/operators/operator_harness.h"
#include "tests/engine/operators/random_rows.h"

namespace freshet {
namespace {

enum class Kind { kInner, kLeft, kSemi, kAnti };

struct Shape {
  const char* name;
  Schema left;
  KeyColumns left_key;
  Schema right;
  KeyColumns right_key;
  // Columns of the left and the right that a further condition wants to be distinct.
  std::optional<std::pair<uint32_t, uint32_t>> distinct = std::nullopt;
};

std::vector<Shape> Shapes() {
  const DataType bigint{TypeKind::kBigint}, text{TypeKind::kText}, number{TypeKind::kDouble}, date{TypeKind::kDate},
      numeric{TypeKind::kNumeric};
  return {
      {"integer_key", {{"k", bigint}, {"v", text}}, {ColumnIndex(0)}, {{"x", number}, {"k", bigint}}, {ColumnIndex(1)}},
      {"text_key", {{"v", date}, {"k", text}}, {ColumnIndex(1)}, {{"k", text}}, {ColumnIndex(0)}},
      {"two_keys",
       {{"a", numeric}, {"v", text}, {"b", text}},
       {ColumnIndex(0), ColumnIndex(2)},
       {{"b", text}, {"a", numeric}, {"w", numeric}, {"z", {TypeKind::kBoolean}}},
       {ColumnIndex(1), ColumnIndex(0)}},
      {"no_key", {{"v", bigint}}, {}, {{"w", text}}, {}},
      {"condition",
       {{"k", bigint}, {"v", text}},
       {ColumnIndex(0)},
       {{"w", text}, {"k", bigint}},
       {ColumnIndex(1)},
       std::pair(1u, 0u)},
      {"condition_only", {{"v", bigint}}, {}, {{"w", bigint}}, {}, std::pair(0u, 0u)},
  };
}

JoinOptions OptionsOf(const Shape& shape, ErrorCounter* errors) {
  JoinOptions options;
  options.left = {TypesOf(shape.left), shape.left_key};
  options.right = {TypesOf(shape.right), shape.right_key};
  options.node = "join";
  options.hash_seed = 7;
  options.errors = errors;
  if (shape.distinct.has_value()) {
    const auto [left, right] = *shape.distinct;
    options.condition = Expression::Make(
        ExpressionKind::kIsDistinctFrom, {TypeKind::kBoolean},
        {Expression::Column(ColumnIndex(left), shape.left[left].type),
         Expression::Column(ColumnIndex(static_cast<uint32_t>(shape.left.size()) + right), shape.right[right].type)});
  }
  return options;
}

std::unique_ptr<Operator> MakeJoin(Kind kind, const JoinOptions& options) {
  if (options.condition.has_value()) {
    switch (kind) {
      case Kind::kInner:
        return std::make_unique<InnerJoin>(options);
      case Kind::kLeft:
        return std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kLeft, options);
      case Kind::kSemi:
        return std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kSemi, options);
      case Kind::kAnti:
        return std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kAnti, options);
    }
  }
  switch (kind) {
    case Kind::kInner:
      return std::make_unique<InnerJoin>(options);
    case Kind::kLeft:
      return std::make_unique<LeftJoin>(options);
    case Kind::kSemi:
      return std::make_unique<SemiJoin>(SemiJoin::Kind::kSemi, options);
    case Kind::kAnti:
      return std::make_unique<SemiJoin>(SemiJoin::Kind::kAnti, options);
  }
  __builtin_unreachable();
}

Row KeyOf(const Row& row, const KeyColumns& key) {
  Row values;
  for (ColumnIndex column : key) values.push_back(row[column.value()]);
  return values;
}

// The definition of the joins, pair by pair. Adds the weight of pairs with an ERROR condition to `errors`.
ZSet Naive(Kind kind, const Shape& shape, const ZSet& left, const ZSet& right, int64_t* errors) {
  ZSet result;
  for (const auto& [left_row, left_weight] : left.rows()) {
    const Row key = KeyOf(left_row, shape.left_key);
    if (std::ranges::any_of(key, &Datum::is_error)) continue;
    const bool has_null = std::ranges::any_of(key, &Datum::is_null);
    bool matched = false;
    for (const auto& [right_row, right_weight] : right.rows()) {
      if (has_null || KeyOf(right_row, shape.right_key) != key) continue;
      if (shape.distinct.has_value()) {
        const Datum &a = left_row[shape.distinct->first], &b = right_row[shape.distinct->second];
        if (a.is_error() || b.is_error()) {
          *errors += left_weight * right_weight;
          continue;
        }
        if (a == b) continue;
      }
      matched = true;
      if (kind != Kind::kInner && kind != Kind::kLeft) continue;
      Row pair = left_row;
      pair.insert(pair.end(), right_row.begin(), right_row.end());
      result.Add(pair, left_weight * right_weight);
    }
    if (kind == Kind::kLeft && !matched) {
      Row padded = left_row;
      padded.resize(left_row.size() + shape.right.size());
      result.Add(padded, left_weight);
    }
    if ((kind == Kind::kSemi && matched) || (kind == Kind::kAnti && !matched)) result.Add(left_row, left_weight);
  }
  return result;
}

int64_t RowsWithErrorKeys(const ZSet& rows, const KeyColumns& key) {
  int64_t count = 0;
  for (const auto& [row, weight] : rows.rows()) {
    if (std::ranges::any_of(KeyOf(row, key), &Datum::is_error)) count += weight;
  }
  return count;
}

class JoinPropertiesTest : public testing::TestWithParam<std::tuple<Kind, int, size_t>> {};

TEST_P(JoinPropertiesTest, EqualsRecomputation) {
  const auto [kind, shape_index, budget] = GetParam();
  const Shape shape = Shapes()[shape_index];
  const int rounds = 8;
  for (int seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(std::string(shape.name) + " seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    CountingErrors errors;
    const JoinOptions options = OptionsOf(shape, &errors);
    OperatorHarness join(MakeJoin(kind, options), budget);
    MapStateStore store;
    RandomHistory left(shape.left, 2 + seed % 5), right(shape.right, 2 + seed % 4);
    ZSet result;
    for (int epoch = 1; epoch <= 20; ++epoch) {
      std::vector<std::pair<uint32_t, DeltaBatch>> pushes;
      for (DeltaBatch& batch : left.Cut(left.NextEpoch(random, random() % 12), random)) {
        pushes.emplace_back(0, std::move(batch));
      }
      for (DeltaBatch& batch : right.Cut(right.NextEpoch(random, random() % 8), random)) {
        pushes.emplace_back(1, std::move(batch));
      }
      std::shuffle(pushes.begin(), pushes.end(), random);
      for (const auto& [port, batch] : pushes) join.Push(port, batch);
      if (!pushes.empty()) join.Seal(epoch);
      result.Add(join.TakeOutput());
      int64_t errors_wanted =
          RowsWithErrorKeys(left.rows(), shape.left_key) + RowsWithErrorKeys(right.rows(), shape.right_key);
      ASSERT_EQ(result, Naive(kind, shape, left.rows(), right.rows(), &errors_wanted)) << "epoch " << epoch;
      ASSERT_EQ(errors.Of(CellError::kBadValue) + errors.Of(CellError::kOverflow), errors_wanted);
      ASSERT_LE(join.largest_step(), budget);
      if (random() % 4 == 0) {
        join.Restart(MakeJoin(kind, options), store);
      } else if (random() % 4 == 0) {
        join.op().SaveDirty(store);
      }
    }
    // Nothing is left behind once every row is gone.
    std::vector<std::pair<Row, int64_t>> rows;
    for (const auto& [row, weight] : left.rows().rows()) rows.emplace_back(row, -weight);
    if (!rows.empty()) join.Push(0, BatchOf(rows, shape.left));
    rows.clear();
    for (const auto& [row, weight] : right.rows().rows()) rows.emplace_back(row, -weight);
    if (!rows.empty()) join.Push(1, BatchOf(rows, shape.right));
    join.Seal(99);
    result.Add(join.TakeOutput());
    ASSERT_TRUE(result.empty());
    join.op().SaveDirty(store);
    ASSERT_EQ(store.size(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(All, JoinPropertiesTest,
                         testing::Combine(testing::Values(Kind::kInner, Kind::kLeft, Kind::kSemi, Kind::kAnti),
                                          testing::Range(0, 6), testing::Values<size_t>(1, 7, 64 * 1024)));

}  // namespace
}  // namespace freshet
