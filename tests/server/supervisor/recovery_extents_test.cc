#include "server/supervisor/recovery_extents.h"

#include "gtest/gtest.h"
#include "server/supervisor/epoch_window.h"

namespace freshet {
namespace {

v1::SourceExtent Extent(const std::string& source) {
  v1::SourceExtent extent;
  extent.set_source(source);
  return extent;
}

void AddPartition(v1::SourceExtent& extent, const std::string& name, int64_t start, int64_t end, int64_t load_end) {
  v1::PartitionExtent& partition = *extent.add_partitions();
  partition.set_partition(name);
  partition.set_start(start);
  partition.set_end(end);
  partition.set_load_end(load_end);
}

TEST(CommittedPositionsTest, RaisesTheLoadToWhatWasCommitted) {
  v1::SourceExtents stored;
  v1::SourceExtent& source = *stored.add_sources();
  source = Extent("a/0");
  AddPartition(source, "follows", 5, -1, 10);
  AddPartition(source, "further", 5, -1, 100);
  AddPartition(source, "static", 0, 50, 0);

  CommittedPositions positions;
  google::protobuf::RepeatedPtrField<v1::SourceExtent> committed;
  v1::SourceExtent& at = *committed.Add();
  at = Extent("a/0");
  AddPartition(at, "follows", 30, 0, 0);
  AddPartition(at, "further", 30, 0, 0);
  AddPartition(at, "static", 50, 0, 0);
  AddPartition(at, "found", 7, 0, 0);
  positions.Merge(committed);
  at.mutable_partitions(0)->set_start(20);  // an older message changes nothing
  positions.Merge(committed);
  EXPECT_EQ(positions.Sum(), 30u + 30 + 50 + 7);

  v1::SourceExtents raised = positions.Raise(stored);
  ASSERT_EQ(raised.sources(0).partitions_size(), 3);
  EXPECT_EQ(raised.sources(0).partitions(0).load_end(), 30);
  EXPECT_EQ(raised.sources(0).partitions(0).start(), 5);
  EXPECT_EQ(raised.sources(0).partitions(1).load_end(), 100);
  EXPECT_EQ(raised.sources(0).partitions(2).end(), 50);
  EXPECT_EQ(raised.sources(0).partitions(2).load_end(), 0);

  // One was found while the group ran; once it is stored too, nothing is left to ask.
  EXPECT_TRUE(positions.HasFound(stored));
  AddPartition(*stored.mutable_sources(0), "found", 0, -1, 3);
  EXPECT_FALSE(positions.HasFound(stored));
  EXPECT_EQ(positions.Raise(stored).sources(0).partitions(3).load_end(), 7);
}

TEST(EpochWindowTest, GivesUpAnEpochATimeAfterALaterOne) {
  EpochWindow window(1000'000);
  window.OnCommit(1, 0);
  EXPECT_EQ(window.Oldest(50'000'000), 1u);  // nothing has taken its place
  window.OnCommit(2, 50'000'000);
  EXPECT_EQ(window.Oldest(50'900'000), 1u);
  EXPECT_EQ(window.Oldest(51'000'000), 2u);
  for (uint64_t epoch = 3; epoch < 1000; ++epoch) {
    window.OnCommit(epoch, 52'000'000 + static_cast<int64_t>(epoch) * 100);  // ten a millisecond
  }
  EXPECT_EQ(window.newest(), 999u);
  EXPECT_LE(window.Oldest(52'200'000), 3u);
  EXPECT_EQ(window.Oldest(54'000'000), 999u);
}

}  // namespace
}  // namespace freshet
