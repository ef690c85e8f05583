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
  Add(before, "cut@0", 0, 50, 50);
  Add(before, "cut@50", 50, -1, 100);

  v1::SourceExtent now;
  now.set_source("t/0");
  Add(now, "whole", 9, -1, 30);
  Add(now, "cut@0", 0, 70, 70);  // it has grown and is cut elsewhere
  Add(now, "cut@70", 70, -1, 140);
  Add(now, "new@0", 0, 20, 20);
  Add(now, "new@20", 20, -1, 40);

  v1::SourceExtent kept = KeepKnownExtent(now, known);
  ASSERT_EQ(kept.partitions_size(), 5);
  EXPECT_EQ(kept.partitions(0).start(), 3);
  EXPECT_EQ(kept.partitions(0).load_end(), 30);
  EXPECT_EQ(kept.partitions(1).end(), 50);
  EXPECT_EQ(kept.partitions(2).partition(), "cut@50");
  EXPECT_EQ(kept.partitions(2).load_end(), 140);
  EXPECT_EQ(kept.partitions(3).partition(), "new@0");
  EXPECT_EQ(kept.partitions(4).partition(), "new@20");

  now.set_source("other/0");
  EXPECT_EQ(KeepKnownExtent(now, known).partitions_size(), 5);
  EXPECT_EQ(KeepKnownExtent(now, known).partitions(0).start(), 9);
}

}  // namespace
}  // namespace freshet
