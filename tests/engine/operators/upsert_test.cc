#include "engine/operators/upsert.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/operators/operator_harness.h"
#include "tests/engine/operators/random_rows.h"

namespace freshet {
namespace {

constexpr int64_t kForever = int64_t{1} << 60;

const Schema kTable = {{"id", {TypeKind::kBigint}}, {"name", {TypeKind::kText}}, {"version", {TypeKind::kInteger}}};
const Schema kInput = {{"id", {TypeKind::kBigint}},
                       {"name", {TypeKind::kText}},
                       {"version", {TypeKind::kInteger}},
                       {"stamp_time", {TypeKind::kBigint}},
                       {"stamp_partition", {TypeKind::kText}},
                       {"stamp_offset", {TypeKind::kBigint}}};

UpsertOptions Options() {
  UpsertOptions options;
  options.table_types = TypesOf(kTable);
  options.key = {ColumnIndex(0)};
  options.tombstone_retention_micros = kForever;
  options.node = "upsert";
  options.hash_seed = 3;
  return options;
}

UpsertOptions VersionedOptions() {
  UpsertOptions options = Options();
  options.version = ColumnIndex(2);
  return options;
}

class UpsertTest : public testing::Test {
 protected:
  void Start(UpsertOptions options, size_t budget = Output::kDefaultRowBudget) {
    auto op = std::make_unique<Upsert>(std::move(options));
    upsert_ = op.get();
    harness_.emplace(std::move(op), budget);
  }
  // One epoch with one batch; the text of the output.
  std::string Epoch(std::string_view input) {
    harness_->Push(0, Batch(input, kInput));
    harness_->Seal();
    return harness_->TakeOutput().Format(kTable);
  }

  Upsert* upsert_ = nullptr;
  std::optional<OperatorHarness> harness_;
};

TEST_F(UpsertTest, ReplacesAndDeletesByKey) {
  Start(Options());
  EXPECT_EQ(Epoch("+1 | 1 | one | 0 | 10 | p | 0\n+1 | 2 | two | 0 | 10 | p | 1"),
            Sorted("+1 | 1 | one | 0\n+1 | 2 | two | 0", kTable));
  EXPECT_EQ(Epoch("+1 | 1 | uno | 0 | 11 | p | 2"), Sorted("-1 | 1 | one | 0\n+1 | 1 | uno | 0", kTable));
  EXPECT_EQ(Epoch("-1 | 2 | NULL | NULL | 12 | p | 3"), Sorted("-1 | 2 | two | 0", kTable));
  EXPECT_EQ(Epoch("+1 | 2 | zwei | 0 | 13 | p | 4"), Sorted("+1 | 2 | zwei | 0", kTable));
}

TEST_F(UpsertTest, SaysNothingWhereNothingChanged) {
  Start(Options());
  Epoch("+1 | 1 | one | 0 | 10 | p | 0");
  EXPECT_EQ(Epoch("+1 | 1 | one | 0 | 11 | p | 1"), "");
  EXPECT_EQ(Epoch("+1 | 1 | other | 0 | 12 | p | 2\n+1 | 1 | one | 0 | 13 | p | 3"), "");
  EXPECT_EQ(Epoch("+1 | 2 | brief | 0 | 14 | p | 4\n-1 | 2 | NULL | 0 | 15 | p | 5"), "");
}

TEST_F(UpsertTest, TheLargestStampWinsNotTheLastToArrive) {
  Start(Options());
  EXPECT_EQ(Epoch("+1 | 1 | new | 0 | 20 | a | 5\n+1 | 1 | old | 0 | 10 | b | 9"), Sorted("+1 | 1 | new | 0", kTable));
  EXPECT_EQ(Epoch("+1 | 1 | older partition | 0 | 20 | A | 6"), "");
  EXPECT_EQ(Epoch("+1 | 1 | next offset | 0 | 20 | a | 6"),
            Sorted("-1 | 1 | new | 0\n+1 | 1 | next offset | 0", kTable));
}

TEST_F(UpsertTest, ADeletedKeyIsNotRevivedByAnOlderRow) {
  Start(Options());
  EXPECT_EQ(Epoch("-1 | 1 | NULL | NULL | 20 | p | 7"), "");
  EXPECT_EQ(upsert_->deletes_of_absent_keys(), 1);
  EXPECT_EQ(Epoch("+1 | 1 | late | 0 | 19 | p | 6"), "");
  EXPECT_EQ(Epoch("+1 | 1 | new | 0 | 21 | p | 8"), Sorted("+1 | 1 | new | 0", kTable));
}

TEST_F(UpsertTest, TheVersionGoesBeforeTheStamp) {
  Start(VersionedOptions());
  EXPECT_EQ(Epoch("+1 | 1 | v5 | 5 | 10 | p | 0"), Sorted("+1 | 1 | v5 | 5", kTable));
  EXPECT_EQ(Epoch("+1 | 1 | v4 | 4 | 20 | p | 1"), "");
  EXPECT_EQ(Epoch("+1 | 1 | v5 again | 5 | 30 | p | 2"), Sorted("-1 | 1 | v5 | 5\n+1 | 1 | v5 again | 5", kTable));
  EXPECT_EQ(Epoch("-1 | 1 | NULL | 4 | 40 | p | 3"), "");
  EXPECT_EQ(Epoch("-1 | 1 | NULL | 6 | 5 | p | 4"), Sorted("-1 | 1 | v5 again | 5", kTable));
  // No version is older than every version.
  EXPECT_EQ(Epoch("+1 | 1 | none | NULL | 99 | p | 5"), "");
}

// Stamps are unique; should a source break that, the order of arrival still decides nothing.
TEST_F(UpsertTest, RecordsOfOneStampAreOrderedByWhatTheySay) {
  const std::string a = "+1 | 1 | a | 0 | 10 | p | 0", b = "+1 | 1 | b | 0 | 10 | p | 0",
                    gone = "-1 | 2 | NULL | 0 | 10 | p | 0", there = "+1 | 2 | c | 0 | 10 | p | 0";
  for (const std::vector<std::string>& epochs :
       std::vector<std::vector<std::string>>{{a + "\n" + b + "\n" + gone + "\n" + there},
                                             {b + "\n" + a + "\n" + there + "\n" + gone},
                                             {a, b, gone, there},
                                             {b, a, there, gone}}) {
    Start(Options());
    ZSet rows;
    for (const std::string& epoch : epochs) {
      harness_->Push(0, Batch(epoch, kInput));
      harness_->Seal();
      rows.Add(harness_->TakeOutput());
    }
    EXPECT_EQ(rows.Format(kTable), Sorted("+1 | 1 | b | 0", kTable));
  }
}

TEST_F(UpsertTest, SkipsAndCountsRowsWithoutAKey) {
  CountingErrors errors;
  UpsertOptions options = Options();
  options.errors = &errors;
  Start(options);
  EXPECT_EQ(Epoch("+1 | NULL | x | 0 | 1 | p | 0\n+1 | ERROR(BAD_VALUE) | x | 0 | 1 | p | 1"), "");
  EXPECT_EQ(upsert_->rows_without_key(), 2);
  EXPECT_EQ(errors.Of(CellError::kBadValue), 1);
}

TEST_F(UpsertTest, EmitsPairsForReplacedRows) {
  Start(Options());
  Epoch("+1 | 1 | one | 0 | 10 | p | 0\n+1 | 2 | two | 0 | 10 | p | 1");
  harness_->TakeBatches();
  Epoch("+1 | 3 | three | 0 | 11 | p | 2\n+1 | 2 | zwei | 0 | 11 | p | 3\n+1 | 1 | eins | 0 | 11 | p | 4");
  bool saw_pairs = false;
  for (const DeltaBatch& batch : harness_->TakeBatches()) {
    if (!batch.paired()) continue;
    saw_pairs = true;
    ASSERT_EQ(batch.size(), 4u);
    for (uint32_t row = 0; row < batch.size(); row += 2) {
      EXPECT_EQ(batch.WeightAt(row), -1);
      EXPECT_EQ(batch.WeightAt(row + 1), 1);
      EXPECT_EQ(DatumAt(batch.column(ColumnIndex(0)), row), DatumAt(batch.column(ColumnIndex(0)), row + 1));
    }
  }
  EXPECT_TRUE(saw_pairs);
}

TEST_F(UpsertTest, ForgetsDeletedKeysAfterTheRetention) {
  UpsertOptions options = Options();
  options.tombstone_retention_micros = 100;
  Start(options);
  MapStateStore store;
  Epoch("+1 | 1 | one | 0 | 10 | p | 0\n+1 | 2 | two | 0 | 10 | p | 1");
  Epoch("-1 | 1 | NULL | 0 | 20 | p | 2\n-1 | 2 | NULL | 0 | 60 | p | 3");
  harness_->op().SaveDirty(store);
  EXPECT_EQ(store.size(), 2u);
  // 2 returns, so that only its first tombstone is old; 1 is forgotten.
  Epoch("+1 | 2 | zwei | 0 | 130 | p | 4");
  harness_->op().SaveDirty(store);
  EXPECT_EQ(store.size(), 1u);
  Epoch("-1 | 2 | NULL | 0 | 140 | p | 5");
  Epoch("+1 | 3 | three | 0 | 235 | p | 6");
  EXPECT_EQ(Epoch("+1 | 2 | late | 0 | 139 | p | 5"), "");
  Epoch("+1 | 3 | drei | 0 | 241 | p | 7");
  harness_->op().SaveDirty(store);
  EXPECT_EQ(store.size(), 1u);
}

TEST_F(UpsertTest, RemembersTombstonesOverARestart) {
  UpsertOptions options = Options();
  options.tombstone_retention_micros = 100;
  Start(options);
  MapStateStore store;
  Epoch("-1 | 1 | NULL | 0 | 20 | p | 2");
  harness_->Restart(std::make_unique<Upsert>(options), store);
  EXPECT_EQ(Epoch("+1 | 1 | late | 0 | 19 | p | 1"), "");
  Epoch("+1 | 2 | two | 0 | 121 | p | 3");
  harness_->op().SaveDirty(store);
  EXPECT_EQ(store.size(), 1u);
}

// The row that a table holds for a key: of the record with the largest version and stamp, if that is no delete.
struct Record {
  Row row;
  int64_t weight;
};
std::vector<Datum> OrderOf(const Row& row, bool versioned) {
  std::vector<Datum> order;
  if (versioned) {
    order.push_back(Datum::Bool(row[2].is_value()));
    order.push_back(row[2].is_value() ? row[2] : Datum::Int(0));
  }
  order.insert(order.end(), row.begin() + 3, row.end());
  return order;
}
ZSet Naive(const std::vector<Record>& records, bool versioned) {
  std::map<Datum, const Record*> newest;
  for (const Record& record : records) {
    if (!record.row[0].is_value()) continue;
    const Record*& best = newest[record.row[0]];
    if (best == nullptr || OrderOf(best->row, versioned) < OrderOf(record.row, versioned)) best = &record;
  }
  ZSet rows;
  for (const auto& [key, record] : newest) {
    if (record->weight > 0) rows.Add(Row(record->row.begin(), record->row.begin() + 3), 1);
  }
  return rows;
}

TEST(UpsertPropertiesTest, EqualsRecomputationInAnyOrderOfArrival) {
  for (int seed = 0; seed < 16; ++seed) {
    for (size_t budget : {1, 7, 65536}) {
      SCOPED_TRACE(std::to_string(seed) + " budget " + std::to_string(budget));
      std::mt19937_64 random(seed);
      const bool versioned = seed % 2 == 0;
      const UpsertOptions options = versioned ? VersionedOptions() : Options();
      OperatorHarness upsert(std::make_unique<Upsert>(options), budget);
      MapStateStore store;
      std::vector<Record> records;
      ZSet result;
      for (int epoch = 1; epoch <= 15; ++epoch) {
        std::vector<std::pair<Row, int64_t>> batch;
        const int count = random() % 20;
        for (int i = 0; i < count; ++i) {
          Row row = RandomRow(kInput, random, 5);
          row[3] = Datum::Int(random() % 50);
          row[4] = Datum::Text(random() % 2 == 0 ? "p" : "a long name of a partition");
          row[5] = Datum::Int(static_cast<int64_t>(records.size()));  // unique, but not ascending in time
          const int64_t weight = random() % 3 == 0 ? -1 : 1;
          if (weight < 0) row[1] = Datum::Null();
          records.push_back({row, weight});
          batch.emplace_back(std::move(row), weight);
          if (batch.size() >= 4 || i + 1 == count) {
            upsert.Push(0, BatchOf(batch, kInput));
            batch.clear();
          }
        }
        if (count > 0) upsert.Seal(epoch);
        result.Add(upsert.TakeOutput());
        ASSERT_EQ(result, Naive(records, versioned)) << "epoch " << epoch;
        if (random() % 4 == 0) upsert.Restart(std::make_unique<Upsert>(options), store);
      }
      EXPECT_LE(upsert.largest_step(), std::max<size_t>(budget, 2));  // a pair stays together
    }
  }
}

}  // namespace
}  // namespace freshet
