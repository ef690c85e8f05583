#include "server/transport/parse_message.h"

#include <gtest/gtest.h>

#include "freshet/v1/expression.pb.h"

namespace freshet {
namespace {

TEST(ParseMessageTest, ReadsExpressionsOf500Levels) {
  v1::BoundExpression expression, *inner = &expression;
  for (int i = 0; i < 500; ++i) inner = inner->add_arguments();
  inner->set_function("deep");
  v1::BoundExpression read;
  ASSERT_TRUE(ParseMessage(expression.SerializeAsString(), &read));
  EXPECT_EQ(read.SerializeAsString(), expression.SerializeAsString());
}

TEST(ParseMessageTest, RefusesWhatIsNoMessage) {
  v1::BoundExpression expression;
  expression.set_function("f");
  std::string bytes = expression.SerializeAsString();
  v1::BoundExpression read;
  EXPECT_FALSE(ParseMessage(bytes.substr(0, bytes.size() - 1), &read));
  EXPECT_FALSE(ParseMessage("\xFF\xFF", &read));
}

}  // namespace
}  // namespace freshet
