#include "server/errors/error_list.h"

#include <gtest/gtest.h>

#include <set>

namespace freshet {
namespace {

TEST(ErrorList, StandsInTheOrderOfTheEnum) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < ErrorList().size(); ++i) {
    const ErrorInfo& info = ErrorList()[i];
    EXPECT_EQ(static_cast<size_t>(info.code), i) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_NE(info.status, absl::StatusCode::kOk);
    EXPECT_GE(info.http_status, 400);
  }
  EXPECT_EQ(InfoOf(ErrorCode::kInvalidSetting).name, ErrorList().back().name);
}

TEST(ErrorList, AStatusKeepsItsCode) {
  absl::Status status = MakeError(ErrorCode::kHydrating, "3 of 5 files");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(status), ErrorCode::kHydrating);
  EXPECT_EQ(CodeOf(absl::NotFoundError("x")), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace freshet
