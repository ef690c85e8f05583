#include "engine/runtime/flow_control.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr ExchangeId kExchange(1);
constexpr ShardId kPeer(2), kOther(0);

TEST(FlowControl, StopsAtAFullWindowOfAnyPeer) {
  FlowControl flow(2, 3, 1000);
  flow.OnSent(kExchange, kPeer, 999);
  EXPECT_TRUE(flow.HasCredit(kExchange));
  flow.OnSent(kExchange, kPeer, 1);
  EXPECT_FALSE(flow.HasCredit(kExchange));
  EXPECT_TRUE(flow.HasCredit(ExchangeId(0)));
  flow.OnSent(kExchange, kOther, 1500);
  EXPECT_FALSE(flow.OnCredit(kExchange, kPeer, 500)) << "the other peer is still full";
  EXPECT_FALSE(flow.HasCredit(kExchange));
  EXPECT_FALSE(flow.OnCredit(kExchange, kOther, 500));
  EXPECT_TRUE(flow.OnCredit(kExchange, kOther, 1));
  EXPECT_TRUE(flow.HasCredit(kExchange));
  EXPECT_FALSE(flow.OnCredit(kExchange, kOther, 1)) << "it had credit before";
}

TEST(FlowControl, GivesCreditBackInEighthsOfAWindow) {
  FlowControl flow(2, 3, 800);
  EXPECT_EQ(flow.OnTaken(kExchange, kPeer, 99), std::nullopt);
  EXPECT_EQ(flow.OnTaken(kExchange, kOther, 50), std::nullopt);
  EXPECT_EQ(flow.OnTaken(kExchange, kPeer, 1), 100u);
  EXPECT_EQ(flow.OnTaken(kExchange, kPeer, 99), std::nullopt);
  EXPECT_EQ(flow.OnTaken(kExchange, kPeer, 500), 599u);
}

TEST(FlowControlDeathTest, MoreCreditThanWasSent) {
  FlowControl flow(2, 3, 800);
  flow.OnSent(kExchange, kPeer, 10);
  EXPECT_DEATH(flow.OnCredit(kExchange, kPeer, 11), "gave back more than it got");
}

}  // namespace
}  // namespace freshet
