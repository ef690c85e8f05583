#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>
#include <unordered_set>

#include "engine/base/ids.h"

namespace freshet {
namespace {

TEST(StrongIdTest, OrdersCountsAndPrints) {
  EXPECT_EQ(Epoch().value(), 0u);
  EXPECT_LT(Epoch(1), Epoch(2));
  EXPECT_EQ(Epoch(1).Next(), Epoch(2));
  std::ostringstream out;
  out << Epoch(5) << " " << ShardId(7);
  EXPECT_EQ(out.str(), "5 7");
}

TEST(StrongIdTest, IsAKeyOfHashTables) {
  std::unordered_set<NodeId> nodes{NodeId(1), NodeId(2), NodeId(1)};
  EXPECT_EQ(nodes.size(), 2u);
}

TEST(StrongIdTest, KindsDoNotMix) {
  EXPECT_FALSE((std::is_convertible_v<uint64_t, Epoch>));
  EXPECT_FALSE((std::is_convertible_v<NodeId, ViewId>));
  EXPECT_FALSE((std::is_constructible_v<NodeId, ViewId>));
}

}  // namespace
}  // namespace freshet
