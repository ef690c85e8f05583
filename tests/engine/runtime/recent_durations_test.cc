#include "engine/runtime/recent_durations.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(RecentDurations, TellsQuantiles) {
  RecentDurations durations;
  EXPECT_EQ(durations.Quantile(0.5), 0);
  for (int64_t micros = 100; micros > 0; --micros) durations.Add(micros);
  EXPECT_EQ(durations.Quantile(0), 1);
  EXPECT_EQ(durations.Quantile(0.5), 51);
  EXPECT_EQ(durations.Quantile(0.99), 100);
  EXPECT_EQ(durations.Quantile(1), 100);
}

TEST(RecentDurations, ForgetsWhatIsMoreThanAThousandAgo) {
  RecentDurations durations;
  durations.Add(1'000'000);
  for (int i = 0; i < 999; ++i) durations.Add(1);
  EXPECT_EQ(durations.Quantile(1), 1'000'000);
  durations.Add(2);
  EXPECT_EQ(durations.Quantile(1), 2);
  EXPECT_EQ(durations.count(), 1001u);
}

}  // namespace
}  // namespace freshet
