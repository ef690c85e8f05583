#include "server/supervisor/restart_policy.h"

#include "gtest/gtest.h"

namespace freshet {
namespace {

constexpr int64_t kSecond = 1'000'000;

RestartPolicy::Options Options() {
  RestartPolicy::Options options;
  options.failures_max = 4;
  options.backoff_micros_max = 500'000;
  return options;
}

TEST(RestartPolicyTest, DoublesTheWaitUpToItsMaximumAndGivesUp) {
  RestartPolicy policy(Options());
  policy.OnStart(0);
  EXPECT_EQ(policy.OnFailure(1, 0, false), 100'000);
  EXPECT_EQ(policy.OnFailure(2, 0, false), 200'000);
  EXPECT_EQ(policy.OnFailure(3, 0, false), 400'000);
  EXPECT_EQ(policy.OnFailure(4, 0, false), 500'000);
  EXPECT_EQ(policy.OnFailure(5, 0, false), std::nullopt);
}

TEST(RestartPolicyTest, ProgressExcuses) {
  RestartPolicy policy(Options());
  for (uint64_t progress = 1; progress < 100; ++progress) {
    EXPECT_EQ(policy.OnFailure(0, progress, false), 100'000) << progress;
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(policy.OnFailure(0, 99, false).has_value());
  EXPECT_FALSE(policy.OnFailure(0, 50, false).has_value());  // short of the furthest: the same place again
}

TEST(RestartPolicyTest, AMinuteOfHealthExcuses) {
  RestartPolicy policy(Options());
  for (int i = 0; i < 20; ++i) {
    policy.OnStart(i * 100 * kSecond);
    EXPECT_EQ(policy.OnFailure(i * 100 * kSecond + 61 * kSecond, 0, i % 2 == 0), 100'000);
  }
}

TEST(RestartPolicyTest, ProgressDoesNotExcuseMemory) {
  RestartPolicy policy(Options());
  EXPECT_TRUE(policy.OnFailure(0, 10, true).has_value());
  EXPECT_TRUE(policy.OnFailure(0, 20, true).has_value());
  EXPECT_FALSE(policy.OnFailure(0, 30, true).has_value());
  policy.Reset();
  EXPECT_TRUE(policy.OnFailure(0, 30, true).has_value());
}

}  // namespace
}  // namespace freshet
