#include "server/shard/shard_report.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

v1::ShardReport Report(const std::vector<std::string>& labels) {
  v1::ShardReport report;
  v1::Metric* sample = report.add_metrics();
  sample->set_name("freshet_epoch_seconds");
  for (const std::string& label : labels) (*sample->mutable_labels())[label] = "x" + label;
  return report;
}

// An idle shard that saw a change in each of its reports would never sleep.
TEST(ShardReport, EqualReportsHaveEqualBytes) {
  const std::string bytes = BytesOf(Report({"quantile", "phase", "source", "table", "view"}));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(BytesOf(Report({"view", "phase", "table", "quantile", "source"})), bytes);
  }
  v1::ShardReport again;
  ASSERT_TRUE(again.ParseFromString(bytes));
  EXPECT_EQ(again.metrics(0).labels().at("phase"), "xphase");
}

}  // namespace
}  // namespace freshet
