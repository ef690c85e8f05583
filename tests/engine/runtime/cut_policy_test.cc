#include "engine/runtime/cut_policy.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr ShardId kFirst(0), kSecond(1);

CutPolicyOptions Options() {
  CutPolicyOptions options;
  options.limits = {1000, 1 << 20};
  options.max_age_micros = 50'000;
  options.min_epoch_micros = 200;
  return options;
}

TEST(CutPolicy, WaitsForRows) {
  CutPolicy policy(Options(), 2);
  EXPECT_FALSE(policy.ShouldCut(0));
  EXPECT_FALSE(policy.ShouldCut(1'000'000));
  EXPECT_EQ(policy.NextWakeMicros(), std::nullopt);
}

TEST(CutPolicy, CutsALoneRowAtOnce) {
  CutPolicy policy(Options(), 2);
  policy.OnWaiting(kSecond, {1, 10}, 5'000);
  EXPECT_TRUE(policy.ShouldCut(5'000));
  policy.OnCut(5'000);
  EXPECT_FALSE(policy.ShouldCut(9'000));
  policy.OnDone({{0, 0}, {0, 0}}, {10, 0}, 5'020);
  EXPECT_FALSE(policy.ShouldCut(9'000));
  policy.OnWaiting(kFirst, {1, 10}, 9'000);
  EXPECT_TRUE(policy.ShouldCut(9'000));
}

TEST(CutPolicy, ASlowJournalSpreadsTheCutsButALoneRowIsCutAtOnce) {
  CutPolicy policy(Options(), 1);
  int64_t now = 0;
  for (int i = 0; i < 50; ++i) {
    policy.OnCut(now);
    now += 4'000;
    policy.OnDone({{1, 10}}, {20, 3'980}, now);
    now = std::max(now, *policy.NextWakeMicros());
  }
  EXPECT_GT(policy.min_epoch_micros(), 7'000) << "not one sync after the other";
  EXPECT_LT(policy.min_epoch_micros(), 9'000) << "waiting for a disk is no work";
  policy.OnCut(now);
  policy.OnDone({{0, 0}}, {20, 3'980}, now + 4'000);
  policy.OnWaiting(kFirst, {1, 10}, now + 50'000);
  EXPECT_TRUE(policy.ShouldCut(now + 50'000));
}

TEST(CutPolicy, KeepsTheLeastDistance) {
  CutPolicy policy(Options(), 1);
  policy.OnWaiting(kFirst, {1, 10}, 1'000);
  policy.OnCut(1'000);
  policy.OnDone({{1, 10}}, {20, 0}, 1'020);
  EXPECT_FALSE(policy.ShouldCut(1'020));
  EXPECT_EQ(policy.NextWakeMicros(), 1'200);
  EXPECT_TRUE(policy.ShouldCut(1'200));
}

TEST(CutPolicy, ALimitGoesBeforeTheDistance) {
  CutPolicy policy(Options(), 1);
  policy.OnCut(1'000);
  policy.OnDone({{999, 10}}, {20, 0}, 1'020);
  EXPECT_FALSE(policy.ShouldCut(1'021));
  policy.OnWaiting(kFirst, {1000, 10}, 1'030);
  EXPECT_TRUE(policy.ShouldCut(1'030));

  policy.OnCut(1'030);
  policy.OnDone({{1, 1 << 20}}, {20, 0}, 1'040);
  EXPECT_TRUE(policy.ShouldCut(1'040));
}

TEST(CutPolicy, DistanceFollowsTheFixedCostUpToTheAge) {
  CutPolicy policy(Options(), 1);
  int64_t now = 0;
  // Epochs of 3 ms of which 1 ms is work: the fixed cost is 2 ms.
  for (int i = 0; i < 100; ++i) {
    policy.OnCut(now);
    policy.OnDone({{1, 10}}, {1'000, 0}, now + 3'000);
    now += 10'000;
  }
  EXPECT_GT(policy.min_epoch_micros(), 19'000);
  EXPECT_LE(policy.min_epoch_micros(), 20'000);
  // 20 ms: the distance would be 200 ms, but no row waits longer than the age.
  for (int i = 0; i < 100; ++i) {
    policy.OnCut(now);
    policy.OnDone({{1, 10}}, {1'000, 0}, now + 21'000);
    now += 100'000;
  }
  EXPECT_EQ(policy.min_epoch_micros(), 50'000);
  // Work is no fixed cost: the distance comes back.
  for (int i = 0; i < 200; ++i) {
    policy.OnCut(now);
    policy.OnDone({{1, 10}}, {21'000, 0}, now + 21'000);
    now += 100'000;
  }
  EXPECT_EQ(policy.min_epoch_micros(), 200);
}

TEST(CutPolicy, OneLongEpochDoesNotHoldBackTheNext) {
  CutPolicy policy(Options(), 1);
  policy.OnCut(0);
  policy.OnDone({{1, 10}}, {1'000, 0}, 5'000'000);  // a load whose source was slow
  EXPECT_LT(policy.min_epoch_micros(), 2'000);
  policy.OnCut(5'002'000);
  policy.OnDone({{1, 10}}, {1'000, 7'000'000}, 12'003'000);  // a disk that stood still
  EXPECT_LT(policy.min_epoch_micros(), 3'000);
}

TEST(CutPolicy, NoRowWaitsLongerThanTheAge) {
  CutPolicyOptions options = Options();
  options.min_epoch_micros = 1'000'000;
  CutPolicy policy(options, 1);
  policy.OnCut(0);
  policy.OnDone({{0, 0}}, {0, 0}, 10);
  policy.OnWaiting(kFirst, {1, 1}, 10'000);
  EXPECT_EQ(policy.NextWakeMicros(), 60'000);
  EXPECT_FALSE(policy.ShouldCut(59'999));
  EXPECT_TRUE(policy.ShouldCut(60'000));
}

TEST(CutPolicy, AnEmptyEpochMayBeWanted) {
  CutPolicy policy(Options(), 1);
  policy.OnWaiting(kFirst, {0, 0}, 1'000);
  EXPECT_TRUE(policy.ShouldCut(1'000));
}

}  // namespace
}  // namespace freshet
