#include "engine/views/change_ring.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"
#include "engine/columnar/text_form.h"
#include "engine/views/change_read.h"
#include "tests/support/manual_clock.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}};

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

class ChangeRingTest : public ::testing::Test {
 protected:
  // One epoch with these rows; epoch 1 is the load.
  void Epochs(ChangeRing& ring, uint64_t epoch, std::string_view rows) {
    ring.Begin(Epoch(epoch), epoch == 1);
    ring.Add(*ParseBatch(rows, ring.schema()));
    ring.Commit({.epoch = Epoch(epoch), .load_complete = true});
  }

  ManualClock clock_;
  ChangeRetention retention_{{}, &clock_};
};

struct Given {
  std::vector<std::pair<uint64_t, std::string>> pieces;  // epoch, rows in their order
  ChangePlace place;
};

absl::StatusOr<Given> Read(ChangeRing& ring, ChangeRead::Query query) {
  ChangeRead read(ring, query);
  while (true) {
    ASSIGN_OR_RETURN(bool complete, read.Step());
    if (complete) break;
  }
  Given given;
  given.place = read.place();
  for (const ChangeRead::Piece& piece : read.TakePieces()) {
    given.pieces.emplace_back(piece.epoch.value(), FormatBatch(*DecodeBatch(piece.batch, TypesOf(ring.schema()))));
  }
  return given;
}

using Pieces = std::vector<std::pair<uint64_t, std::string>>;

TEST_F(ChangeRingTest, GivesTheEpochsBehindTheOneThatIsKnown) {
  ChangeRing ring(kSchema, &retention_);
  Epochs(ring, 1, "+1 | 1 | a");
  Epochs(ring, 2, "+1 | 2 | b");
  Epochs(ring, 3, "");
  Epochs(ring, 7, "-1 | 1 | a\n+1 | 1 | c");
  EXPECT_EQ(ring.oldest(), Epoch(1)) << "the load itself is not kept";
  auto all = Read(ring, {.from = {Epoch(1)}, .up_to = Epoch(7)});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->pieces, (Pieces{{2, "+1 | 2 | b\n"}, {7, "-1 | 1 | a\n"}, {7, "+1 | 1 | c\n"}}));
  EXPECT_EQ(all->place, (ChangePlace{Epoch(7)}));
  auto some = Read(ring, {.from = {Epoch(2)}, .up_to = Epoch(5)});
  ASSERT_TRUE(some.ok());
  EXPECT_TRUE(some->pieces.empty()) << "epoch 7 is not asked for";
  EXPECT_EQ(some->place, (ChangePlace{Epoch(5)}));
  EXPECT_EQ(Read(ring, {.from = {Epoch(5)}, .up_to = Epoch(7)})->pieces.size(), 2u) << "what goes, then what comes";
  EXPECT_TRUE(absl::IsOutOfRange(Read(ring, {.from = {Epoch(0)}, .up_to = Epoch(7)}).status()));
}

TEST_F(ChangeRingTest, NothingIsVisibleBeforeTheLoadIsCompleteAndTheReplayOver) {
  ChangeRing ring(kSchema, &retention_);
  ring.Begin(Epoch(4), /*load=*/true);
  ring.Add(*ParseBatch("+1 | 1 | a", kSchema));
  ring.Commit({.epoch = Epoch(4)});
  EXPECT_EQ(retention_.bytes(), 0u);
  // Epochs 5 and 6 are run again: kept as they were the first time, but not shown before the last one.
  ring.Begin(Epoch(5), /*load=*/false);
  ring.Add(*ParseBatch("+1 | 2 | b", kSchema));
  ring.Commit({.epoch = Epoch(5)});
  EXPECT_FALSE(ring.visible());
  ring.Begin(Epoch(6), /*load=*/false);
  ring.Commit({.epoch = Epoch(6), .load_complete = true});
  EXPECT_TRUE(ring.visible());
  EXPECT_EQ(ring.oldest(), Epoch(4));
  EXPECT_EQ(Read(ring, {.from = {Epoch(4)}, .up_to = Epoch(6)})->pieces, (Pieces{{5, "+1 | 2 | b\n"}}));
}

TEST_F(ChangeRingTest, RowsThatCancelOutAreGoneAndEqualOnesAreOne) {
  ChangeRing ring(kSchema, &retention_);
  Epochs(ring, 1, "");
  ring.Begin(Epoch(2), false);
  for (const char* rows : {"+1 | 1 | a\n+1 | 2 | b\n+1 | 2 | b", "-1 | 1 | a\n-2 | 3 | c", "+1 | 3 | c\n+1 | 4 | d"}) {
    ring.Add(*ParseBatch(rows, kSchema));
  }
  ring.Commit({.epoch = Epoch(2), .load_complete = true});
  Epochs(ring, 3, "+1 | 9 | z\n-1 | 9 | z");
  auto given = Read(ring, {.from = {Epoch(1)}, .up_to = Epoch(3)});
  EXPECT_EQ(given->pieces, (Pieces{{2, "-1 | 3 | c\n"}, {2, "+2 | 2 | b\n+1 | 4 | d\n"}}));
  EXPECT_EQ(Read(ring, {.from = {Epoch(1)}, .up_to = Epoch(3)})->pieces, given->pieces) << "and the second time";
}

TEST_F(ChangeRingTest, AHugeEpochIsGivenInPieces) {
  ChangeRing ring(kSchema, &retention_);
  Epochs(ring, 1, "");
  ring.Begin(Epoch(2), false);
  Random random(1);
  ZSet whole;
  for (int i = 0; i < 10; ++i) {
    DeltaBatch batch = RandomBatch(random, kSchema, 3000, {.distinct = 1'000'000'000});
    ring.Add(batch);
    whole.Add(batch);
  }
  ring.Commit({.epoch = Epoch(2), .load_complete = true});
  Epochs(ring, 3, "+1 | 1 | last");
  ZSet folded;
  ChangePlace place{Epoch(1)};
  int reads = 0;
  for (; place != ChangePlace{Epoch(2)}; ++reads) {
    ASSERT_LT(reads, 100);
    ChangeRead read(ring, {.from = place, .up_to = Epoch(2), .bytes_max = 100'000});
    while (!*read.Step()) {
    }
    uint64_t bytes = 0;
    for (const ChangeRead::Piece& piece : read.TakePieces()) {
      EXPECT_EQ(piece.epoch, Epoch(2));
      folded.Add(*DecodeBatch(piece.batch, TypesOf(kSchema)));
      bytes += piece.batch.size();
    }
    EXPECT_LE(bytes, 200'000u);
    place = read.place();
  }
  EXPECT_GT(reads, 5);
  EXPECT_EQ(folded, whole);
  EXPECT_TRUE(absl::IsInvalidArgument(Read(ring, {.from = {Epoch(1), 1000}, .up_to = Epoch(3)}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Read(ring, {.from = {Epoch(3), 1}, .up_to = Epoch(3)}).status()));
}

TEST_F(ChangeRingTest, WhatFallsOutIsKnown) {
  ChangeRetention retention({.bytes_max = 10'000}, &clock_);
  ChangeRing one(kSchema, &retention), two(kSchema, &retention);
  Epochs(one, 1, "");
  Epochs(two, 1, "");
  Epochs(two, 2, "+1 | 1 | seldom");
  for (uint64_t epoch = 2; epoch < 200; ++epoch) {
    Epochs(one, epoch, "+1 | 1 | a");
    EXPECT_LE(retention.bytes(), 10'000u);
  }
  EXPECT_GT(one.oldest(), Epoch(50));
  EXPECT_EQ(two.oldest(), Epoch(2)) << "the oldest goes first, whosever it is";
  uint64_t left = 199 - one.oldest().value();
  EXPECT_EQ(Read(one, {.from = {one.oldest()}, .up_to = Epoch(199)})->pieces.size(), left);
  EXPECT_TRUE(absl::IsOutOfRange(Read(one, {.from = {Epoch(10)}, .up_to = Epoch(199)}).status()));

  // An epoch larger than everything leaves nothing.
  Epochs(one, 200, "+1 | 1 | " + std::string(20'000, 'x'));
  EXPECT_EQ(one.oldest(), Epoch(200));
  EXPECT_EQ(retention.bytes(), 0u);
  EXPECT_TRUE(Read(one, {.from = {Epoch(200)}, .up_to = Epoch(200)})->pieces.empty());
}

TEST_F(ChangeRingTest, AReadWhoseEpochsFallOutSaysSo) {
  ChangeRetention retention({.bytes_max = 1'000'000'000, .age_micros_max = 1000}, &clock_);
  ChangeRing ring(kSchema, &retention);
  Epochs(ring, 1, "");
  Epochs(ring, 2, "+1 | 1 | a\n-1 | 2 | b");
  ChangeRead read(ring, {.from = {Epoch(1)}, .up_to = Epoch(2)});
  EXPECT_FALSE(*read.Step());
  clock_.Advance(500);
  Epochs(ring, 3, "+1 | 1 | a");
  clock_.Advance(501);
  retention.DropOld();
  EXPECT_EQ(ring.oldest(), Epoch(2));
  EXPECT_TRUE(absl::IsOutOfRange(read.Step().status()));
  clock_.Advance(500);
  retention.DropOld();
  EXPECT_EQ(ring.oldest(), Epoch(3));
  EXPECT_EQ(retention.bytes(), 0u);
}

// The changes from any epoch that is kept to any later one are the difference of the contents, whatever the types, the
// epochs' sizes, the pieces of the reads and what has fallen out.
TEST_F(ChangeRingTest, FoldsToTheDifferenceOfAnyTwoContents) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Schema schema = SchemaOfAllTypes();
    ChangeRetention retention({.bytes_max = seed % 3 == 0 ? 50'000u : 1'000'000'000u}, &clock_);
    ChangeRing ring(schema, &retention);
    std::map<uint64_t, ZSet> contents;
    ZSet content;
    uint64_t epoch = 0;
    for (int i = 0; i < 40; ++i) {
      epoch += 1 + random() % 3;
      ring.Begin(Epoch(epoch), i < 3);
      for (uint64_t batches = random() % 4; batches > 0; --batches) {
        DeltaBatch batch = RandomBatch(random, schema, static_cast<uint32_t>(random() % 60), {.distinct = 3});
        // Retractions of what stands, and of what came a moment ago.
        DeltaBatch back = GatherBatch(batch, std::vector<uint32_t>(batch.size() / 2, 0));
        ring.Add(batch);
        ring.Add(back);
        content.Add(batch);
        content.Add(back);
      }
      ring.Commit({.epoch = Epoch(epoch), .load_complete = i >= 2});
      contents[epoch] = content;
    }
    for (auto from = contents.lower_bound(ring.oldest().value()); from != contents.end(); ++from) {
      for (auto to = from; to != contents.end(); ++to) {
        if (std::next(to) != contents.end() && random() % 8 != 0) continue;
        ZSet folded = from->second;
        ChangePlace place{Epoch(from->first)};
        uint64_t last_epoch = 0;
        while (place != ChangePlace{Epoch(to->first)}) {
          ChangeRead read(ring, {.from = place, .up_to = Epoch(to->first), .bytes_max = random() % 5000});
          while (!*read.Step()) {
          }
          for (const ChangeRead::Piece& piece : read.TakePieces()) {
            EXPECT_GE(piece.epoch.value(), last_epoch);
            last_epoch = piece.epoch.value();
            folded.Add(*DecodeBatch(piece.batch, TypesOf(schema)));
          }
          place = read.place();
        }
        ASSERT_EQ(folded, to->second) << from->first << " to " << to->first;
      }
    }
  }
}

}  // namespace
}  // namespace freshet
