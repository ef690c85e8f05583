#include "server/supervisor/restart_policy.h"

#include "gtest/gtest.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr char kDied[] = "SHARD_DIED";
constexpr char kMemory[] = "MEMORY_LIMIT";

RestartPolicy::Options Options() {
  RestartPolicy::Options options;
  options.failures_max = 4;
  options.backoff_micros_max = 500'000;
  return options;
}

TEST(RestartPolicyTest, DoublesTheWaitUpToItsMaximumAndGivesUp) {
  RestartPolicy policy(Options());
  policy.OnStart(0);
  EXPECT_EQ(policy.OnFailure(1, 0, kDied, {}), 100'000);
  EXPECT_EQ(policy.OnFailure(2, 0, kDied, {}), 200'000);
  EXPECT_EQ(policy.OnFailure(3, 0, kDied, {}), 400'000);
  EXPECT_EQ(policy.OnFailure(4, 0, kDied, {}), 500'000);
  EXPECT_EQ(policy.OnFailure(5, 0, kDied, {}), std::nullopt);
}

TEST(RestartPolicyTest, ProgressExcuses) {
  RestartPolicy policy(Options());
  for (uint64_t progress = 1; progress < 100; ++progress) {
    EXPECT_EQ(policy.OnFailure(0, progress, kDied, {}), 100'000) << progress;
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(policy.OnFailure(0, 99, kDied, {}).has_value());
  EXPECT_FALSE(policy.OnFailure(0, 50, kDied, {}).has_value());  // short of the furthest: the same place again
}

TEST(RestartPolicyTest, AMinuteOfHealthExcuses) {
  RestartPolicy policy(Options());
  for (int i = 0; i < 20; ++i) {
    policy.OnStart(i * 100 * kSecond);
    EXPECT_EQ(policy.OnFailure(i * 100 * kSecond + 61 * kSecond, 0, i % 2 == 0 ? kMemory : kDied, {}), 100'000);
  }
}

TEST(RestartPolicyTest, ProgressDoesNotExcuseMemory) {
  RestartPolicy policy(Options());
  EXPECT_TRUE(policy.OnFailure(0, 10, kMemory, {}).has_value());
  EXPECT_TRUE(policy.OnFailure(0, 20, kMemory, {}).has_value());
  EXPECT_FALSE(policy.OnFailure(0, 30, kMemory, {}).has_value());
  policy.Reset();
  EXPECT_TRUE(policy.OnFailure(0, 30, kMemory, {}).has_value());
}

TEST(RestartPolicyTest, NothingExcusesTheSameEpoch) {
  RestartPolicy policy(Options());
  uint64_t tries = 0;  // each under a new number
  EXPECT_TRUE(policy.OnFailure(0, 10, kDied, {100 + tries++, 6}).has_value());
  EXPECT_EQ(policy.failures_of_epoch(), 1u);
  for (uint64_t time = 2; time <= 4; ++time) {  // a replay of more than a minute up to it, and sources that read on
    policy.OnStart(0);
    EXPECT_TRUE(policy.OnFailure(100 * kSecond, 10 * time, kDied, {100 + tries++, 6}).has_value());
    EXPECT_EQ(policy.failures_of_epoch(), time);
  }
  EXPECT_FALSE(policy.OnFailure(100 * kSecond, 100, kDied, {100 + tries++, 6}).has_value());
  policy.Reset();
  for (uint64_t epoch = 1; epoch < 20; ++epoch) {  // others are
    EXPECT_EQ(policy.OnFailure(0, 1000 + epoch, kDied, {epoch, epoch - 1}), 100'000);
    EXPECT_EQ(policy.failures_of_epoch(), 1u);
  }
  EXPECT_TRUE(policy.OnFailure(0, 0, "SOURCE_UNREACHABLE", {19, 18}).has_value());
  EXPECT_EQ(policy.failures_of_epoch(), 0u) << "no epoch did that";
}

TEST(RestartPolicyTest, WhatAnotherStartCannotMendIsNotTriedAgain) {
  RestartPolicy policy(Options());
  for (const char* code : {"NOT_FOUND", "INVALID_OPTION", "PATH_OUTSIDE_ROOT", "SOURCE_CHANGED"}) {
    EXPECT_EQ(policy.OnFailure(100 * kSecond, 1'000'000, code, {}), std::nullopt) << code;
    EXPECT_FALSE(IsOfMachine(code)) << code;
  }
  EXPECT_TRUE(policy.OnFailure(0, 0, kDied, {}).has_value());
  EXPECT_FALSE(IsFinal(kDied));
  EXPECT_FALSE(IsFinal(""));
}

TEST(RestartPolicyTest, AFullDiskIsWaitedForWithoutEnd) {
  RestartPolicy policy(Options());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(policy.OnFailure(0, 0, "DISK_FULL", {}).has_value()) << i;
  EXPECT_EQ(policy.OnFailure(0, 0, "DISK_FULL", {}), 500'000);
  EXPECT_TRUE(IsOfMachine("DISK_FULL"));
}

}  // namespace
}  // namespace freshet
