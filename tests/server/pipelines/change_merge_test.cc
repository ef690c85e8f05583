#include "server/pipelines/change_merge.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/columnar/batch_codec.h"
#include "engine/columnar/text_form.h"

namespace freshet {
namespace {

const Schema kSchema = {{"n", {TypeKind::kBigint}}};

struct Piece {
  uint64_t epoch;
  std::string rows;
};

v1::ReadResponse Answer(const std::vector<Piece>& pieces, uint64_t covered, bool more) {
  v1::ReadResponse response;
  for (const Piece& piece : pieces) {
    v1::EpochChanges& changes = *response.add_changes();
    changes.set_epoch(piece.epoch);
    EncodeBatch(*ParseBatch(piece.rows, kSchema), changes.mutable_batch());
  }
  response.set_covered_epoch(covered);
  if (more) response.set_changes_cursor("more");
  return response;
}

std::string TakeAll(ChangeMerge& merge) {
  std::string text;
  while (auto part = merge.Take()) {
    text += std::to_string(part->epoch) + (part->partial ? " in part: " : ": ");
    for (const DeltaBatch& rows : part->rows) text += FormatBatch(rows);
  }
  return text;
}

std::vector<uint32_t> Behind(const ChangeMerge& merge) {
  std::vector<uint32_t> shards;
  for (const auto& question : merge.Behind()) shards.push_back(question.shard);
  return shards;
}

TEST(ChangeMerge, AnEpochIsWholeWhenAllShardsAnsweredForIt) {
  ChangeMerge merge(kSchema, 2, 1, 1000);
  ASSERT_TRUE(merge.Add(0, Answer({{2, "+1 | 20"}, {4, "+1 | 40"}}, 5, false)).ok());
  EXPECT_EQ(TakeAll(merge), "") << "the other shard may have changes of epoch 2";
  ASSERT_TRUE(merge.Add(1, Answer({{2, "+1 | 21"}, {3, "+1 | 31"}}, 3, true)).ok());
  EXPECT_EQ(TakeAll(merge), "2: +1 | 20\n+1 | 21\n3: +1 | 31\n");
  EXPECT_EQ(merge.covered(), 3u);
  EXPECT_EQ(Behind(merge), std::vector<uint32_t>{1});
  ASSERT_TRUE(merge.Add(1, Answer({}, 5, false)).ok());
  EXPECT_EQ(TakeAll(merge), "4: +1 | 40\n");
  EXPECT_EQ(merge.covered(), 5u);
  EXPECT_TRUE(Behind(merge).empty());
}

TEST(ChangeMerge, AHugeEpochGoesOnInPartsWhenNobodyHasAnOlderOne) {
  ChangeMerge merge(kSchema, 2, 1, 1000);
  ASSERT_TRUE(merge.Add(0, Answer({{5, "+1 | 50"}}, 1, true)).ok());
  EXPECT_EQ(TakeAll(merge), "");
  ASSERT_TRUE(merge.Add(1, Answer({{3, "+1 | 31"}}, 3, true)).ok());
  // Nothing of shard 0 lies before its part of epoch 5.
  EXPECT_EQ(TakeAll(merge), "3: +1 | 31\n");
  EXPECT_EQ(Behind(merge), std::vector<uint32_t>{1});
  ASSERT_TRUE(merge.Add(1, Answer({{5, "+1 | 51"}}, 4, true)).ok());
  EXPECT_EQ(TakeAll(merge), "5 in part: +1 | 50\n+1 | 51\n");
  EXPECT_TRUE(merge.in_part());
  EXPECT_EQ(merge.covered(), 4u);
  ASSERT_TRUE(merge.Add(0, Answer({{5, "+1 | 52"}}, 6, false)).ok());
  EXPECT_EQ(TakeAll(merge), "5 in part: +1 | 52\n");
  ASSERT_TRUE(merge.Add(1, Answer({{5, "+1 | 53"}}, 6, false)).ok());
  EXPECT_EQ(TakeAll(merge), "5: +1 | 53\n");
  EXPECT_FALSE(merge.in_part());
  EXPECT_EQ(merge.covered(), 6u);
}

TEST(ChangeMerge, RefusesWhatIsOutOfOrder) {
  ChangeMerge merge(kSchema, 1, 3, 1000);
  EXPECT_FALSE(merge.Add(0, Answer({{3, "+1 | 1"}}, 3, false)).ok());
  EXPECT_FALSE(merge.Add(0, Answer({{5, "+1 | 1"}, {4, "+1 | 1"}}, 5, false)).ok());
  v1::ReadResponse broken;
  broken.add_changes()->set_epoch(9);
  broken.mutable_changes(0)->set_batch("no batch");
  EXPECT_FALSE(merge.Add(0, broken).ok());
}

// However the shards cut their answers: every epoch comes once, whole, in order, with all of its rows.
TEST(ChangeMerge, GivesEachEpochOnceInOrder) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const uint32_t shard_count = 1 + random() % 4;
    const uint64_t last = 1 + random() % 12;
    std::map<uint64_t, ZSet> expected;
    std::vector<std::vector<Piece>> pieces(shard_count);
    int64_t value = 0;
    for (uint32_t shard = 0; shard < shard_count; ++shard) {
      for (uint64_t epoch = 1; epoch <= last; ++epoch) {
        for (uint64_t n = random() % 4; n > 0 && random() % 2 == 0; --n) {
          pieces[shard].push_back({epoch, "+1 | " + std::to_string(++value)});
          expected[epoch].Add(*ParseBatch(pieces[shard].back().rows, kSchema));
        }
      }
    }
    ChangeMerge merge(kSchema, shard_count, 0, 1 + random() % 100);
    std::vector<size_t> given(shard_count, 0);
    std::map<uint64_t, ZSet> folded;
    uint64_t whole = 0;
    auto answer = [&](uint32_t shard) {
      std::vector<Piece> some;
      size_t count = 1 + random() % 3;
      while (some.size() < count && given[shard] < pieces[shard].size()) some.push_back(pieces[shard][given[shard]++]);
      bool more = given[shard] < pieces[shard].size();
      uint64_t covered = last;
      if (more) covered = some.back().epoch - (pieces[shard][given[shard]].epoch == some.back().epoch ? 1 : 0);
      ASSERT_TRUE(merge.Add(shard, Answer(some, covered, more)).ok());
    };
    for (uint32_t shard = 0; shard < shard_count; ++shard) answer(shard);
    for (int round = 0; round < 1000; ++round) {
      while (auto part = merge.Take()) {
        EXPECT_GT(part->epoch, whole);
        for (const DeltaBatch& rows : part->rows) folded[part->epoch].Add(rows);
        if (!part->partial) {
          whole = part->epoch;
          EXPECT_EQ(folded[whole], expected[whole]) << whole;
        }
      }
      EXPECT_GE(merge.covered(), whole);
      auto behind = Behind(merge);
      if (behind.empty()) break;
      for (uint32_t shard : behind) answer(shard);
    }
    EXPECT_EQ(folded, expected);
    EXPECT_EQ(merge.covered(), last);
    EXPECT_FALSE(merge.in_part());
  }
}

}  // namespace
}  // namespace freshet
