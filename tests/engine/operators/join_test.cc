// The joins by example.
#include <gtest/gtest.h>

#include "engine/operators/conditional_join.h"
#include "engine/operators/inner_join.h"
#include "engine/operators/left_join.h"
#include "engine/operators/semi_join.h"
#include "tests/engine/operators/operator_harness.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint}, kText{TypeKind::kText};

const Schema kFlights = {{"flight", kBigint}, {"carrier", kText}};
const Schema kAirlines = {{"carrier", kText}, {"name", kText}};
const Schema kPairs = {{"flight", kBigint}, {"carrier", kText}, {"carrier", kText}, {"name", kText}};

JoinOptions Options() {
  JoinOptions options;
  options.left = {TypesOf(kFlights), {ColumnIndex(1)}};
  options.right = {TypesOf(kAirlines), {ColumnIndex(0)}};
  options.node = "named";
  options.hash_seed = 11;
  return options;
}

class JoinTest : public testing::Test {
 protected:
  template <typename Join, typename... Arguments>
  void Start(Arguments... arguments) {
    join_.emplace(std::make_unique<Join>(arguments..., Options()));
  }
  void Left(std::string_view rows) { join_->Push(0, Batch(rows, kFlights)); }
  void Right(std::string_view rows) { join_->Push(1, Batch(rows, kAirlines)); }
  // What came since the last call, before the seal and by it.
  std::string Pushed(const Schema& schema = kPairs) { return join_->TakeOutput().Format(schema); }
  std::string Sealed(const Schema& schema = kPairs) {
    join_->Seal();
    return join_->TakeOutput().Format(schema);
  }
  std::string Pairs(std::string_view rows) { return Sorted(rows, kPairs); }
  std::string Flights(std::string_view rows) { return Sorted(rows, kFlights); }

  std::optional<OperatorHarness> join_;
};

TEST_F(JoinTest, InnerMeetsEveryPairOnceWhenTheLaterRowArrives) {
  Start<InnerJoin>();
  Left("+1 | 1 | AA\n+1 | 2 | UA\n+1 | 3 | AA");
  EXPECT_EQ(Pushed(), "");
  Right("+1 | AA | American");
  EXPECT_EQ(Pushed(), Pairs("+1 | 1 | AA | AA | American\n+1 | 3 | AA | AA | American"));
  Left("+2 | 4 | AA");
  EXPECT_EQ(Pushed(), Pairs("+2 | 4 | AA | AA | American"));
  EXPECT_EQ(Sealed(), "");
  Right("-1 | AA | American\n+1 | AA | American Airlines Inc.");
  EXPECT_EQ(Pushed(), Pairs("-1 | 1 | AA | AA | American\n-1 | 3 | AA | AA | American\n-2 | 4 | AA | AA | American\n"
                            "+1 | 1 | AA | AA | American Airlines Inc.\n+1 | 3 | AA | AA | American Airlines Inc.\n"
                            "+2 | 4 | AA | AA | American Airlines Inc."));
}

TEST_F(JoinTest, InnerTakesARetractionBeforeItsInsertion) {
  Start<InnerJoin>();
  Right("+1 | AA | American");
  Left("-1 | 1 | AA");
  Left("+1 | 1 | AA");
  EXPECT_EQ(Sealed(), "");
  Left("+1 | 1 | AA");
  EXPECT_EQ(Sealed(), Pairs("+1 | 1 | AA | AA | American"));
}

TEST_F(JoinTest, NullNeverMatchesAndAnErrorInTheKeyIsCounted) {
  CountingErrors errors;
  JoinOptions options = Options();
  options.errors = &errors;
  join_.emplace(std::make_unique<LeftJoin>(options));
  Right("+1 | NULL | nobody\n+1 | ERROR(BAD_VALUE) | nobody");
  Left("+1 | 1 | NULL\n+1 | 2 | ERROR(NUMERIC_OUT_OF_RANGE)");
  EXPECT_EQ(Pushed(), "");
  EXPECT_EQ(Sealed(), Pairs("+1 | 1 | NULL | NULL | NULL"));
  EXPECT_EQ(errors.Of(CellError::kBadValue), 1);
  EXPECT_EQ(errors.Of(CellError::kOverflow), 1);
}

TEST_F(JoinTest, LeftPadsRowsWithoutAPartnerAtSeal) {
  Start<LeftJoin>();
  Left("+1 | 1 | AA\n+1 | 2 | UA");
  EXPECT_EQ(Pushed(), "");
  Right("+1 | AA | American");
  EXPECT_EQ(Pushed(), Pairs("+1 | 1 | AA | AA | American"));
  EXPECT_EQ(Sealed(), Pairs("+1 | 2 | UA | NULL | NULL"));
  Right("+1 | UA | United");
  EXPECT_EQ(Sealed(), Pairs("+1 | 2 | UA | UA | United\n-1 | 2 | UA | NULL | NULL"));
  Right("-1 | UA | United");
  Left("+1 | 3 | UA");
  EXPECT_EQ(Sealed(), Pairs("-1 | 2 | UA | UA | United\n+1 | 2 | UA | NULL | NULL\n+1 | 3 | UA | NULL | NULL"));
  Left("-1 | 3 | UA");
  EXPECT_EQ(Sealed(), Pairs("-1 | 3 | UA | NULL | NULL"));
}

// A new row of a key that gets its first partner in the same epoch was never unmatched.
TEST_F(JoinTest, LeftShowsNothingThatCancelsItself) {
  Start<LeftJoin>();
  Left("+1 | 1 | AA");
  EXPECT_EQ(Sealed(), Pairs("+1 | 1 | AA | NULL | NULL"));
  Left("+1 | 2 | AA");
  Right("+1 | AA | American");
  join_->TakeOutput();
  join_->TakeBatches();
  EXPECT_EQ(Sealed(), Pairs("-1 | 1 | AA | NULL | NULL"));
  ASSERT_EQ(join_->TakeBatches().size(), 1u);
  // And both rows are there, matched.
  Right("-1 | AA | American");
  EXPECT_EQ(Sealed(), Pairs("-1 | 1 | AA | AA | American\n-1 | 2 | AA | AA | American\n"
                            "+1 | 1 | AA | NULL | NULL\n+1 | 2 | AA | NULL | NULL"));
}

TEST_F(JoinTest, SemiKeepsRowsWithAPartnerOnce) {
  Start<SemiJoin>(SemiJoin::Kind::kSemi);
  Left("+1 | 1 | AA\n+1 | 2 | UA\n+1 | 3 | NULL");
  Right("+2 | AA | American\n+1 | AA | Other\n+1 | NULL | nobody");
  EXPECT_EQ(Pushed(kFlights), "");
  EXPECT_EQ(Sealed(kFlights), Flights("+1 | 1 | AA"));
  Right("-2 | AA | American");
  EXPECT_EQ(Sealed(kFlights), "");
  Right("-1 | AA | Other\n+1 | UA | United");
  EXPECT_EQ(Sealed(kFlights), Flights("-1 | 1 | AA\n+1 | 2 | UA"));
}

TEST_F(JoinTest, AntiKeepsRowsWithoutAPartner) {
  Start<SemiJoin>(SemiJoin::Kind::kAnti);
  Left("+1 | 1 | AA\n+1 | 2 | UA\n+1 | 3 | NULL");
  Right("+1 | AA | American\n+1 | NULL | nobody");
  EXPECT_EQ(Sealed(kFlights), Flights("+1 | 2 | UA\n+1 | 3 | NULL"));
  Right("-1 | AA | American\n+1 | UA | United");
  EXPECT_EQ(Sealed(kFlights), Flights("+1 | 1 | AA\n-1 | 2 | UA"));
  Left("-1 | 3 | NULL");
  EXPECT_EQ(Sealed(kFlights), Flights("-1 | 3 | NULL"));
}

TEST_F(JoinTest, InnerKeepsThePairsForWhichTheConditionIsTrue) {
  CountingErrors errors;
  JoinOptions options = Options();
  options.errors = &errors;
  // carrier is distinct from name
  options.condition =
      Expression::Make(ExpressionKind::kIsDistinctFrom, {TypeKind::kBoolean},
                       {Expression::Column(ColumnIndex(1), kText), Expression::Column(ColumnIndex(3), kText)});
  join_.emplace(std::make_unique<InnerJoin>(options));
  Right("+1 | AA | American\n+1 | AA | AA\n+1 | AA | ERROR(BAD_VALUE)");
  Left("+2 | 1 | AA");
  EXPECT_EQ(Pushed(), Pairs("+2 | 1 | AA | AA | American"));
  EXPECT_EQ(errors.Of(CellError::kBadValue), 2);
  Right("-1 | AA | ERROR(BAD_VALUE)");
  EXPECT_EQ(Pushed(), "");
  EXPECT_EQ(errors.Of(CellError::kBadValue), 0);
}

TEST_F(JoinTest, WithAConditionHavingAPartnerIsAMatterOfTheRow) {
  JoinOptions options = Options();
  // flight is distinct from 1
  options.condition =
      Expression::Make(ExpressionKind::kIsDistinctFrom, {TypeKind::kBoolean},
                       {Expression::Column(ColumnIndex(0), kBigint), Expression::Literal(Datum::Int(1), kBigint)});
  join_.emplace(std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kLeft, options));
  Left("+1 | 1 | AA\n+1 | 2 | AA\n+1 | 3 | NULL");
  Right("+1 | AA | American");
  EXPECT_EQ(Pushed(), Pairs("+1 | 2 | AA | AA | American"));
  EXPECT_EQ(Sealed(), Pairs("+1 | 1 | AA | NULL | NULL\n+1 | 3 | NULL | NULL | NULL"));
  Right("-1 | AA | American");
  EXPECT_EQ(Sealed(), Pairs("-1 | 2 | AA | AA | American\n+1 | 2 | AA | NULL | NULL"));
}

// Each side shows its key in its own form, though 1.0 = 1.00.
TEST(JoinFormTest, NumericKeysKeepTheirScale) {
  const DataType numeric{TypeKind::kNumeric};
  const Schema side = {{"k", numeric}}, pairs = {{"k", numeric}, {"k", numeric}};
  JoinOptions options;
  options.left = {{numeric}, {ColumnIndex(0)}};
  options.right = {{numeric}, {ColumnIndex(0)}};
  OperatorHarness join(std::make_unique<InnerJoin>(options));
  join.Push(0, Batch("+1 | 1.0", side));
  join.Push(1, Batch("+1 | 1.00", side));
  join.Push(0, Batch("+1 | 1.000", side));
  std::string text;
  for (const DeltaBatch& batch : join.TakeBatches()) text += FormatBatch(batch);
  EXPECT_EQ(text, "+1 | 1.0 | 1.00\n+1 | 1.000 | 1.00\n");
}

// One row meets 100,000: the probe stops at the budget, also within the row, and so does the seal.
TEST(JoinHubTest, StopsWithinOneRowsMatches) {
  constexpr uint32_t kRows = 100'000, kBudget = 5'000;
  const Schema side = {{"k", kBigint}, {"v", kBigint}};
  JoinOptions options;
  options.left = {TypesOf(side), {ColumnIndex(0)}};
  options.right = {TypesOf(side), {ColumnIndex(0)}};
  OperatorHarness join(std::make_unique<LeftJoin>(options), kBudget);
  for (uint32_t begin = 0; begin < kRows; begin += kBatchRows) {
    ColumnBuilder keys(kBigint), values(kBigint);
    for (uint32_t i = begin; i < std::min(kRows, begin + kBatchRows); ++i) {
      keys.Append<int64_t>(7);
      values.Append<int64_t>(i);
    }
    const uint32_t size = keys.size();
    join.Push(0, DeltaBatch(size, {keys.Finish(), values.Finish()}));
  }
  join.Seal(1);
  EXPECT_EQ(join.TakeOutput().rows().size(), kRows);
  const size_t resumes = join.resumes();
  join.Push(1, Batch("+1 | 7 | 1", side));
  EXPECT_EQ(join.TakeOutput().rows().size(), kRows);
  EXPECT_EQ(join.resumes() - resumes, kRows / kBudget - 1);
  join.Seal(2);
  const ZSet padded = join.TakeOutput();
  EXPECT_EQ(padded.rows().size(), kRows);
  EXPECT_EQ(padded.rows().begin()->second, -1);
  EXPECT_LE(join.largest_step(), kBudget);
}

// Keys that come and go, half of them within an epoch, leave no memory behind.
TEST(JoinStateTest, KeepsNothingOfRowsThatAreGone) {
  const Schema side = {{"k", kBigint}};
  JoinOptions options;
  options.left = {{kBigint}, {ColumnIndex(0)}};
  options.right = {{kBigint}, {ColumnIndex(0)}};
  JoinOptions conditional = options;
  conditional.condition = Expression::Literal(Datum::Bool(true), {TypeKind::kBoolean});
  std::vector<std::unique_ptr<Operator>> joins;
  joins.push_back(std::make_unique<InnerJoin>(options));
  joins.push_back(std::make_unique<LeftJoin>(options));
  joins.push_back(std::make_unique<SemiJoin>(SemiJoin::Kind::kAnti, options));
  joins.push_back(std::make_unique<ConditionalJoin>(ConditionalJoin::Kind::kLeft, conditional));
  for (std::unique_ptr<Operator>& op : joins) {
    OperatorHarness join(std::move(op));
    size_t bytes_of_first_round = 0;
    for (int64_t round = 0; round < 10; ++round) {
      std::vector<std::pair<Row, int64_t>> rows;
      for (int64_t i = 0; i < 1000; ++i) rows.push_back({{Datum::Int(round * 1000 + i)}, 1});
      for (uint32_t port : {0, 1}) {
        join.Push(port, BatchOf(rows, side));
        if (round % 2 == 0) join.Seal();
      }
      for (auto& [row, weight] : rows) weight = -1;
      for (uint32_t port : {0, 1}) join.Push(port, BatchOf(rows, side));
      join.Seal();
      MapStateStore store;
      join.op().SaveDirty(store);
      if (round == 0) bytes_of_first_round = join.op().StateBytes();
    }
    EXPECT_TRUE(join.TakeOutput().empty());
    EXPECT_LE(join.op().StateBytes(), bytes_of_first_round * 3 / 2);
  }
}

// A checkpoint writes what changed, not the whole state.
TEST(JoinStateTest, SavesOnlyWhatChanged) {
  const Schema side = {{"k", kBigint}};
  JoinOptions options;
  options.left = {{kBigint}, {ColumnIndex(0)}};
  options.right = {{kBigint}, {ColumnIndex(0)}};
  options.node = "join";
  OperatorHarness join(std::make_unique<InnerJoin>(options));
  MapStateStore store;
  join.Push(0, Batch("+1 | 1\n+1 | 2\n+1 | 3", side));
  join.Seal();
  join.op().SaveDirty(store);
  EXPECT_EQ(store.puts, 3);
  join.Push(0, Batch("+1 | 2\n-1 | 3", side));
  join.Seal();
  join.op().SaveDirty(store);
  EXPECT_EQ(store.puts, 4);
  EXPECT_EQ(store.size(), 2u);
  join.op().SaveDirty(store);
  EXPECT_EQ(store.puts, 4);
  // What was loaded is not dirty.
  join.Restart(std::make_unique<InnerJoin>(options), store);
  join.op().SaveDirty(store);
  EXPECT_EQ(store.puts, 4);
  join.Push(1, Batch("+1 | 2", side));
  EXPECT_EQ(join.TakeOutput().rows().begin()->second, 2);
}

}  // namespace
}  // namespace freshet
