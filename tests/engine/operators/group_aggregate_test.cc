#include "engine/operators/group_aggregate.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>

#include "engine/functions/aggregate/aggregate_list.h"
#include "tests/engine/operators/operator_harness.h"
#include "tests/engine/operators/random_rows.h"

namespace freshet {
namespace {

constexpr DataType kText{TypeKind::kText}, kInteger{TypeKind::kInteger}, kBigint{TypeKind::kBigint},
    kNumeric{TypeKind::kNumeric}, kMoney{TypeKind::kNumeric, 10, 1}, kDouble{TypeKind::kDouble},
    kBoolean{TypeKind::kBoolean};

GroupAggregate::Aggregate Call(std::string_view name, const Schema& input, std::optional<uint32_t> argument,
                               std::optional<uint32_t> filter = std::nullopt, bool distinct = false) {
  GroupAggregate::Aggregate call;
  call.distinct = distinct;
  std::vector<TypeKind> types;
  if (argument) {
    call.arguments = {ColumnIndex(*argument)};
    types.push_back(input[*argument].type.kind);
  }
  if (filter) call.filter = ColumnIndex(*filter);
  call.function = FindAggregate(name, types);
  EXPECT_NE(call.function, nullptr) << name;
  return call;
}

const Schema kWords = {{"word", kText}, {"n", kInteger}};

GroupAggregate::Options CountOptions() {
  GroupAggregate::Options options;
  options.input_types = TypesOf(kWords);
  options.key = {ColumnIndex(0)};
  options.aggregates = {Call("count", kWords, std::nullopt), Call("sum", kWords, 1), Call("max", kWords, 1)};
  options.state = {"node", "groups"};
  return options;
}
const Schema kCounts = {{"word", kText}, {"count", kBigint}, {"sum", kBigint}, {"max", kInteger}};

TEST(GroupAggregateTest, EmitsOldAndNewRowsOfWhatChanged) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(CountOptions()));
  harness.Push(0, Batch("+1 | a | 3\n+1 | b | 7\n+2 | a | 1", kWords));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kCounts), Sorted("+1 | a | 3 | 5 | 3\n+1 | b | 1 | 7 | 7", kCounts));
  harness.Push(0, Batch("-1 | a | 3\n+1 | c | NULL", kWords));
  harness.Push(0, Batch("-1 | b | 7", kWords));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kCounts),
            Sorted("-1 | a | 3 | 5 | 3\n+1 | a | 2 | 2 | 1\n-1 | b | 1 | 7 | 7\n+1 | c | 1 | NULL | NULL", kCounts));
}

TEST(GroupAggregateTest, EmitsNothingWhereNothingChanged) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(CountOptions()));
  harness.Push(0, Batch("+1 | a | 3", kWords));
  harness.Seal(1);
  harness.TakeBatches();
  harness.Push(0, Batch("-1 | a | 3\n+1 | b | 1", kWords));
  harness.Push(0, Batch("+1 | a | 3\n-1 | b | 1", kWords));
  harness.Seal(2);
  EXPECT_TRUE(harness.TakeBatches().empty());
}

TEST(GroupAggregateTest, ChangedGroupsComeAsPairs) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(CountOptions()));
  harness.Push(0, Batch("+1 | a | 3\n+1 | b | 4", kWords));
  harness.Seal(1);
  harness.TakeBatches();
  harness.Push(0, Batch("+1 | a | 4\n+1 | b | 1", kWords));
  harness.Seal(2);
  std::vector<DeltaBatch> batches = harness.TakeBatches();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_TRUE(batches[0].paired());
  KeyColumns key = {ColumnIndex(0)};
  ASSERT_NE(batches[0].HashesFor(key), nullptr);
  for (uint32_t row = 0; row < 4; ++row) {
    EXPECT_EQ(batches[0].WeightAt(row), row % 2 == 0 ? -1 : 1);
    EXPECT_EQ(batches[0].HashesFor(key)[row], HashCell(batches[0].column(ColumnIndex(0)), row, 0));
  }
  EXPECT_EQ(DatumAt(batches[0].column(ColumnIndex(0)), 0), DatumAt(batches[0].column(ColumnIndex(0)), 1));
}

TEST(GroupAggregateTest, RowsWithAnErrorInTheKeyAreCountedAndLeftOut) {
  CountingErrors errors;
  GroupAggregate::Options options = CountOptions();
  options.errors = &errors;
  OperatorHarness harness(std::make_unique<GroupAggregate>(options));
  harness.Push(0, Batch("+3 | ERROR(BAD_VALUE) | 3\n+1 | NULL | 1\n-1 | ERROR(BAD_VALUE) | 3", kWords));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kCounts), Sorted("+1 | NULL | 1 | 1 | 1", kCounts));
  EXPECT_EQ(errors.Of(CellError::kBadValue), 2);
}

// Of equal keys neither the first nor the last form is shown, but one that no order changes.
TEST(GroupAggregateTest, NumericKeysLoseTrailingZeros) {
  const Schema input = {{"n", kNumeric}};
  GroupAggregate::Options options;
  options.input_types = {kNumeric};
  options.key = {ColumnIndex(0)};
  options.aggregates = {Call("count", input, std::nullopt)};
  OperatorHarness harness(std::make_unique<GroupAggregate>(options));
  harness.Push(0, Batch("+1 | 1.0\n+1 | 1.00\n+1 | 100", input));
  harness.Seal(1);
  const Schema output = {{"n", kNumeric}, {"count", kBigint}};
  EXPECT_EQ(harness.TakeOutput().Format(output), Sorted("+1 | 1 | 2\n+1 | 100 | 1", output));
}

GroupAggregate::Options GlobalOptions() {
  GroupAggregate::Options options = CountOptions();
  options.key = {};
  return options;
}
const Schema kGlobal = {{"count", kBigint}, {"sum", kBigint}, {"max", kInteger}};

TEST(GlobalAggregateTest, HasARowOverNothing) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(GlobalOptions()));
  EXPECT_TRUE(harness.op().SealsWithoutInput());
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(kGlobal), Sorted("+1 | 0 | NULL | NULL", kGlobal));
  EXPECT_FALSE(harness.op().SealsWithoutInput());
  harness.Push(0, Batch("+1 | a | 3", kWords));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(kGlobal), Sorted("-1 | 0 | NULL | NULL\n+1 | 1 | 3 | 3", kGlobal));
  MapStateStore store;
  harness.Restart(std::make_unique<GroupAggregate>(GlobalOptions()), store);
  EXPECT_FALSE(harness.op().SealsWithoutInput());
  harness.Push(0, Batch("-1 | a | 3", kWords));
  harness.Seal(3);
  EXPECT_EQ(harness.TakeOutput().Format(kGlobal), Sorted("-1 | 1 | 3 | 3\n+1 | 0 | NULL | NULL", kGlobal));
}

TEST(GlobalAggregateTest, ItsRowOverNothingSurvivesARestart) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(GlobalOptions()));
  harness.Seal(1);
  harness.TakeOutput();
  MapStateStore store;
  harness.Restart(std::make_unique<GroupAggregate>(GlobalOptions()), store);
  EXPECT_FALSE(harness.op().SealsWithoutInput());
}

TEST(GlobalAggregateTest, OtherShardsEmitNothing) {
  GroupAggregate::Options options = GlobalOptions();
  options.owns_empty_key = false;
  OperatorHarness harness(std::make_unique<GroupAggregate>(options));
  EXPECT_FALSE(harness.op().SealsWithoutInput());
}

TEST(GroupAggregateTest, ALargeSealIsResumed) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(CountOptions()), 4096);
  ZSet expected;
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<std::pair<Row, int64_t>> rows;
    for (int i = 0; i < 2000; ++i) {
      std::string word = "a word, number " + std::to_string(batch * 2000 + i);
      rows.push_back({{Datum::Text(word), Datum::Int(i)}, 1});
      expected.Add({Datum::Text(word), Datum::Int(1), Datum::Int(i), Datum::Int(i)}, 1);
    }
    harness.Push(0, BatchOf(rows, kWords));
  }
  harness.Seal(1);
  EXPECT_TRUE(harness.TakeOutput() == expected);
  EXPECT_GT(harness.resumes(), 5u);
  EXPECT_LE(harness.largest_step(), 4096u + 2048u);
}

// --- Random histories against a recomputation ---

struct Shape {
  std::string name;
  KeyColumns key;
};
const Schema kRows = {{"text", kText},     {"integer", kInteger}, {"bigint", kBigint},
                      {"numeric", kMoney}, {"double", kDouble},   {"boolean", kBoolean}};

struct CallSpec {
  std::string_view name;
  std::optional<uint32_t> argument;
  std::optional<uint32_t> filter;
  bool distinct = false;
};
const std::vector<CallSpec> kCalls = {
    {"count", {}, {}},    {"count", 0, {}},     {"sum", 1, {}},        {"sum", 2, {}},           {"sum", 3, {}},
    {"sum", 4, {}},       {"avg", 4, {}},       {"min", 0, {}},        {"max", 0, {}},           {"min", 1, {}},
    {"max", 2, {}},       {"max", 3, {}},       {"min", 4, {}},        {"max", 5, {}},           {"sum", 2, 5},
    {"count", {}, 5},     {"max", 0, 5},        {"bool_and", 5, {}},   {"bool_or", 5, {}},       {"bit_and", 1, {}},
    {"bit_or", 2, {}},    {"bit_xor", 2, {}},   {"bit_or", 1, 5},      {"count", 0, {}, true},   {"sum", 1, {}, true},
    {"sum", 3, {}, true}, {"avg", 4, {}, true}, {"count", 2, 5, true}, {"bit_xor", 1, {}, true},
};

// The values are few and dyadic, so that plain arithmetic is exact here.
Datum Recompute(const CallSpec& call, const std::vector<std::pair<Row, int64_t>>& rows) {
  std::map<Datum, int64_t> values;
  int64_t count = 0;
  for (const auto& [row, weight] : rows) {
    if (call.filter) {
      const Datum& filter = row[*call.filter];
      if (filter.is_error()) return Datum::Error(CellError::kErrorInAggregate);
      if (!filter.is_value() || !filter.bool_value()) continue;
    }
    if (call.argument) {
      const Datum& value = row[*call.argument];
      if (value.is_error()) return Datum::Error(CellError::kErrorInAggregate);
      if (value.is_null()) continue;
      values[value] += weight;
    }
    count += weight;
  }
  if (call.distinct) {
    for (auto& [value, weight] : values) weight = 1;
    count = static_cast<int64_t>(values.size());
  }
  if (call.name == "count") return Datum::Int(count);
  if (values.empty()) return Datum::Null();
  if (call.name == "min") return values.begin()->first;
  if (call.name == "max") return values.rbegin()->first;
  DataType type = kRows[*call.argument].type;
  if (type == kBoolean) return call.name == "bool_and" ? values.begin()->first : values.rbegin()->first;
  if (call.name.starts_with("bit_")) {
    int64_t bits = call.name == "bit_and" ? -1 : 0;
    for (const auto& [value, weight] : values) {
      if (call.name == "bit_and") bits &= value.int_value();
      if (call.name == "bit_or") bits |= value.int_value();
      if (call.name == "bit_xor" && weight % 2 != 0) bits ^= value.int_value();
    }
    return Datum::Int(bits);
  }
  int64_t whole = 0;
  double real = 0;
  for (const auto& [value, weight] : values) {
    if (type == kDouble) real += value.double_value() * static_cast<double>(weight);
    if (type == kMoney) whole += static_cast<int64_t>(value.numeric_value().unscaled()) * weight;
    if (type == kInteger || type == kBigint) whole += value.int_value() * weight;
  }
  if (type == kDouble) return Datum::Double(call.name == "avg" ? real / static_cast<double>(count) : real);
  if (type == kMoney) return Datum::Decimal(Numeric::Make(whole, 1));
  return type == kBigint ? Datum::Decimal(Numeric::Make(whole, 0)) : Datum::Int(whole);
}

ZSet RecomputeAll(const ZSet& input, const KeyColumns& key) {
  std::map<Row, std::vector<std::pair<Row, int64_t>>> groups;
  if (key.empty()) groups[{}];
  for (const auto& [row, weight] : input.rows()) {
    Row group;
    bool error = false;
    for (ColumnIndex column : key) {
      group.push_back(row[column.value()]);
      error |= group.back().is_error();
    }
    if (!error) groups[group].push_back({row, weight});
  }
  ZSet output;
  for (const auto& [group, rows] : groups) {
    Row row = group;
    for (const CallSpec& call : kCalls) row.push_back(Recompute(call, rows));
    output.Add(row, 1);
  }
  return output;
}

class GroupAggregateProperties : public testing::TestWithParam<Shape> {};

TEST_P(GroupAggregateProperties, EqualsRecomputationAcrossRestarts) {
  auto make = [&] {
    GroupAggregate::Options options;
    options.input_types = TypesOf(kRows);
    options.key = GetParam().key;
    for (const CallSpec& call : kCalls)
      options.aggregates.push_back(Call(call.name, kRows, call.argument, call.filter, call.distinct));
    options.state = {"node", "groups"};
    options.hash_seed = 99;
    return std::make_unique<GroupAggregate>(std::move(options));
  };
  for (uint64_t seed = 0; seed < 6; ++seed) {
    std::mt19937_64 random(seed);
    RandomHistory history(kRows, seed % 2 == 0 ? 3 : 8);
    auto op = make();
    Schema output_schema;
    for (DataType type : op->OutputTypes()) output_schema.push_back({"c", type});
    OperatorHarness harness(std::move(op), seed % 3 == 0 ? 1 : Output::kDefaultRowBudget);
    MapStateStore store;
    ZSet output;
    for (uint64_t epoch = 1; epoch <= 25; ++epoch) {
      RandomHistory::Changes changes = history.NextEpoch(random, static_cast<int>(random() % 60));
      for (const DeltaBatch& batch : history.Cut(changes, random)) harness.Push(0, batch);
      harness.Seal(epoch);
      output.Add(harness.TakeOutput());
      ASSERT_EQ(output.Format(output_schema), RecomputeAll(history.rows(), GetParam().key).Format(output_schema));
      if (random() % 4 == 0) harness.op().SaveDirty(store);
      if (random() % 5 == 0) harness.Restart(make(), store);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, GroupAggregateProperties,
                         testing::Values(Shape{"Global", {}}, Shape{"Text", {ColumnIndex(0)}},
                                         Shape{"Integer", {ColumnIndex(1)}}, Shape{"Numeric", {ColumnIndex(3)}},
                                         Shape{"Double", {ColumnIndex(4)}},
                                         Shape{"Two", {ColumnIndex(1), ColumnIndex(5)}},
                                         Shape{"Three", {ColumnIndex(0), ColumnIndex(3), ColumnIndex(5)}}),
                         [](const auto& info) { return info.param.name; });

// A group of many values, one epoch at a time; a checkpoint after each.
class LargeGroup {
 public:
  void Apply(int64_t from, int64_t to, int64_t weight) {
    std::vector<std::pair<Row, int64_t>> rows;
    for (int64_t value = from; value < to; ++value) {
      rows.push_back({{Datum::Text("key"), Datum::Int(value * 7919 % 20011)}, weight});
    }
    harness_.Push(0, BatchOf(rows, kWords));
    harness_.Seal();
    output_.Add(harness_.TakeOutput());
    store_.puts = store_.put_bytes = 0;
    harness_.op().SaveDirty(store_);
  }
  void Restart() { harness_.Restart(std::make_unique<GroupAggregate>(CountOptions()), store_); }
  std::string Output() const { return output_.Format(kCounts); }
  MapStateStore& store() { return store_; }

 private:
  OperatorHarness harness_{std::make_unique<GroupAggregate>(CountOptions())};
  MapStateStore store_;
  ZSet output_;
};

TEST(GroupAggregateStateTest, OfALargeGroupOnlyPiecesThatChangedAreSaved) {
  LargeGroup group;
  group.Apply(0, 20'000, 1);
  EXPECT_GT(group.store().puts, 200);
  const size_t pieces = group.store().size();
  for (int64_t value = 0; value < 50; ++value) {
    group.Apply(value, value + 1, value % 2 == 0 ? -1 : 1);
    EXPECT_LE(group.store().puts, 3);
    EXPECT_LE(group.store().put_bytes, 3000);
  }
  EXPECT_NEAR(static_cast<double>(group.store().size()), static_cast<double>(pieces), 30);
}

TEST(GroupAggregateStateTest, ALargeGroupComesBackFromItsPieces) {
  LargeGroup group;
  group.Apply(0, 20'000, 1);
  group.Restart();
  group.Apply(0, 15'000, -1);  // everything is in pieces of other numbers now
  group.Restart();
  group.Apply(15'000, 19'990, -1);
  group.Restart();
  std::set<int64_t> left;
  int64_t sum = 0;
  for (int64_t value = 19'990; value < 20'000; ++value) left.insert(value * 7919 % 20011);
  for (int64_t value : left) sum += value;
  EXPECT_EQ(group.Output(),
            Sorted("+1 | key | 10 | " + std::to_string(sum) + " | " + std::to_string(*left.rbegin()), kCounts));
  // Grows again, shrinks to one value, and vanishes: nothing is left.
  group.Apply(0, 1000, 1);
  group.Restart();
  group.Apply(0, 1000, -1);
  group.Apply(19'991, 20'000, -1);
  group.Restart();
  EXPECT_EQ(group.store().size(), 1u);
  group.Apply(19'990, 19'991, -1);
  EXPECT_EQ(group.store().size(), 0u);
  EXPECT_EQ(group.Output(), "");
}

TEST(GroupAggregateStateTest, APieceThatIsMissingIsDataLoss) {
  LargeGroup group;
  group.Apply(0, 1000, 1);
  MapStateStore broken;
  bool left_out = false;
  for (uint32_t vnode = 0; vnode < kVnodeCount; ++vnode) {
    for (const StateId& id : {StateId{"node", "groups"}, StateId{"node", "groups/values 1"}}) {
      const VnodeId number(static_cast<uint16_t>(vnode));
      ASSERT_TRUE(group.store()
                      .Load(id, number,
                            [&](uint64_t hash, uint32_t part, std::string_view value) {
                              if (part == 256 * 3) {
                                left_out = true;
                              } else {
                                broken.Put(id, number, hash, part, value);
                              }
                              return absl::OkStatus();
                            })
                      .ok());
    }
  }
  ASSERT_TRUE(left_out);
  GroupAggregate op(CountOptions());
  absl::Status status;
  for (uint32_t vnode = 0; vnode < kVnodeCount && status.ok(); ++vnode) {
    status = op.Load(broken, VnodeId(static_cast<uint16_t>(vnode)));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

TEST(GroupAggregateStateTest, VanishedGroupsLeaveNothing) {
  OperatorHarness harness(std::make_unique<GroupAggregate>(CountOptions()));
  MapStateStore store;
  size_t bytes = harness.op().StateBytes();
  for (int round = 0; round < 3; ++round) {
    for (int64_t weight : {1, -1}) {
      std::vector<std::pair<Row, int64_t>> rows;
      for (int i = 0; i < 3000; ++i) {
        rows.push_back({{Datum::Text("a word, number " + std::to_string(i)), Datum::Int(i % 100)}, weight});
        rows.push_back({{Datum::Text("a word, number " + std::to_string(i)), Datum::Int(i % 70)}, weight});
      }
      harness.Push(0, BatchOf(rows, kWords));
      harness.Seal();
      harness.op().SaveDirty(store);
    }
    EXPECT_EQ(store.size(), 0u);
    if (round == 0) bytes = harness.op().StateBytes();
  }
  EXPECT_EQ(harness.op().StateBytes(), bytes);
  harness.TakeOutput();
}

// --- Aggregates over rows and pairs ---

const Schema kPoints = {{"g", kText}, {"x", {TypeKind::kDouble}}, {"y", {TypeKind::kDouble}}, {"name", kText}};

std::unique_ptr<GroupAggregate> OverPoints() {
  constexpr TypeKind kDouble = TypeKind::kDouble;
  auto find = [](std::string_view name, std::vector<TypeKind> types) { return FindAggregate(name, types); };
  const ColumnIndex x(1), y(2), name(3);
  GroupAggregate::Options options;
  options.input_types = TypesOf(kPoints);
  options.key = {ColumnIndex(0)};
  options.aggregates = {
      {find("string_agg", {TypeKind::kText}), {name}, {}, false, {{x, {.descending = true}}}, {Datum::Text("/")}},
      {find("arg_max", {TypeKind::kText, kDouble}), {name, x}, {}},
      {find("first", {TypeKind::kText}), {name}, {}, false, {{y, {.nulls_first = true}}}},
      {find("percentile_cont", {kDouble}), {x}, {}, false, {{x, {}}}, {Datum::Double(0.5)}},
      {find("mode", {kDouble}), {x}, {}, false, {{x, {}}}},
      {find("covar_pop", {kDouble, kDouble}), {y, x}, {}}};
  options.state = {"node", "groups"};
  return std::make_unique<GroupAggregate>(options);
}

TEST(GroupAggregateRowsTest, FollowRetractionsAndRestarts) {
  OperatorHarness harness(OverPoints());
  MapStateStore store;
  const Schema results = {{"g", kText},
                          {"names", kText},
                          {"most", kText},
                          {"first", kText},
                          {"median", kPoints[1].type},
                          {"mode", kPoints[1].type},
                          {"covariance", kPoints[1].type}};
  harness.Push(
      0, Batch("+1 | a | 1 | 2 | p\n+2 | a | 4 | NULL | q\n+1 | a | 2 | 6 | r\n+1 | a | NULL | 1 | NULL", kPoints));
  harness.Seal(1);
  EXPECT_EQ(harness.TakeOutput().Format(results), Sorted("+1 | a | q/q/r/p | q | q | 3 | 4 | 1", results));
  harness.op().SaveDirty(store);
  harness.Restart(OverPoints(), store);
  harness.Push(0, Batch("-2 | a | 4 | NULL | q\n+1 | a | 9 | ERROR(DIVISION_BY_ZERO) | s", kPoints));
  harness.Seal(2);
  EXPECT_EQ(harness.TakeOutput().Format(results),
            Sorted("-1 | a | q/q/r/p | q | q | 3 | 4 | 1\n+1 | a | s/r/p | s | ERROR(ERROR_IN_AGGREGATE) | 2 | 1 | "
                   "ERROR(ERROR_IN_AGGREGATE)",
                   results));
  harness.op().SaveDirty(store);
  harness.Restart(OverPoints(), store);
  harness.Push(0, Batch("-1 | a | 9 | ERROR(DIVISION_BY_ZERO) | s", kPoints));
  harness.Seal(3);
  EXPECT_EQ(harness.TakeOutput().Format(results),
            Sorted("-1 | a | s/r/p | s | ERROR(ERROR_IN_AGGREGATE) | 2 | 1 | ERROR(ERROR_IN_AGGREGATE)\n"
                   "+1 | a | r/p | r | NULL | 1.5 | 1 | 1",
                   results));
}

}  // namespace
}  // namespace freshet
