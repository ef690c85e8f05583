#include "engine/functions/function_reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace freshet {
namespace {

TEST(FunctionReferenceTest, ThePageIsCurrent) {
  std::ifstream file("config/functions.md");
  ASSERT_TRUE(file.is_open());
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), FunctionReference()) << "print it anew: freshetd --help-functions > config/functions.md";
}

}  // namespace
}  // namespace freshet
