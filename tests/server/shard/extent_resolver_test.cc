#include "server/shard/ingest/extent_resolver.h"

#include "gtest/gtest.h"

namespace freshet {
namespace {

void Add(v1::SourceExtent& extent, const std::string& name, int64_t start, int64_t end, int64_t load_end) {
  v1::PartitionExtent& partition = *extent.add_partitions();
  partition.set_partition(name);
  partition.set_start(start);
  partition.set_end(end);
  partition.set_load_end(load_end);
}

TEST(KeepKnownExtentTest, KeepsStartsRaisesLoadsAndAddsWhatWasFound) {
  v1::SourceExtents known;
  v1::SourceExtent& before = *known.add_sources();
  before.set_source("t/0");
  Add(before, "whole", 3, -1, 10);
  Add(before, "grown", 0, -1, 60);
  Add(before, "ended", 0, 50, 50);
  Add(before, "gone", 0, -1, 5);

  v1::SourceExtent now;
  now.set_source("t/0");
  Add(now, "whole", 9, -1, 30);
  Add(now, "grown", 0, 64, 64);  // its range has ended since
  Add(now, "grown@64", 64, -1, 140);
  Add(now, "ended", 0, 50, 50);

  v1::SourceExtent kept = KeepKnownExtent(now, known);
  ASSERT_EQ(kept.partitions_size(), 5);
  EXPECT_EQ(kept.partitions(0).start(), 3);
  EXPECT_EQ(kept.partitions(0).end(), -1);
  EXPECT_EQ(kept.partitions(0).load_end(), 30);
  EXPECT_EQ(kept.partitions(1).end(), 64);
  EXPECT_EQ(kept.partitions(1).load_end(), 64);
  EXPECT_EQ(kept.partitions(2).end(), 50);
  EXPECT_EQ(kept.partitions(3).partition(), "gone");
  EXPECT_EQ(kept.partitions(4).partition(), "grown@64");

  now.set_source("other/0");
  EXPECT_EQ(KeepKnownExtent(now, known).partitions(0).start(), 9);
}

}  // namespace
}  // namespace freshet
