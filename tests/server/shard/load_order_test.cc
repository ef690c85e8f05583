#include "server/shard/load_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// facts and dims, joined; sizes in bytes.
class LoadOrderTest : public testing::Test {
 protected:
  LoadOrderTest() {
    for (const char* name : {"facts/0", "dims/0"}) {
      v1::PhysicalSource& source = *plan_.add_sources();
      source.set_source(name);
      source.mutable_binding()->set_connector("files");
      (*source.mutable_binding()->mutable_options())["mode"] = "static";
      plan_.add_nodes()->mutable_source()->set_source(static_cast<uint32_t>(plan_.sources_size() - 1));
    }
    v1::PhysicalNode& filter = *plan_.add_nodes();
    filter.mutable_filter();
    filter.add_inputs(1);
    v1::PhysicalNode& join = *plan_.add_nodes();
    join.mutable_join()->set_kind(v1::INNER);
    join.add_inputs(0);
    join.add_inputs(2);
    SetBytes(1000, 10);
  }

  void SetBytes(int64_t facts, int64_t dims) {
    extents_.Clear();
    for (auto [name, bytes] : {std::pair("facts/0", facts), std::pair("dims/0", dims)}) {
      v1::SourceExtent& extent = *extents_.add_sources();
      extent.set_source(name);
      extent.add_partitions()->set_end(bytes / 2);
      extent.add_partitions()->set_end(bytes / 2);
    }
  }

  v1::PhysicalPlan plan_;
  v1::SourceExtents extents_;
};

TEST_F(LoadOrderTest, TheLargestOfAnInnerJoinIsTakenLast) {
  EXPECT_THAT(SourcesLoadedLast(plan_, extents_), ElementsAre(true, false));
  SetBytes(10, 1000);
  EXPECT_THAT(SourcesLoadedLast(plan_, extents_), ElementsAre(false, true));
}

TEST_F(LoadOrderTest, WithoutAnInnerJoinThereIsNoOrder) {
  plan_.mutable_nodes(3)->mutable_join()->set_kind(v1::LEFT);
  EXPECT_THAT(SourcesLoadedLast(plan_, extents_), IsEmpty());
}

TEST_F(LoadOrderTest, ASourceThatDoesNotEndIsNotWaitedFor) {
  (*plan_.mutable_sources(1)->mutable_binding()->mutable_options())["mode"] = "follow";
  EXPECT_THAT(SourcesLoadedLast(plan_, extents_), IsEmpty());
}

TEST_F(LoadOrderTest, ATableJoinedWithItselfIsCompleteOnlyTogether) {
  plan_.mutable_nodes(3)->set_inputs(1, 0);
  EXPECT_THAT(SourcesLoadedLast(plan_, extents_), IsEmpty());
}

}  // namespace
}  // namespace freshet
