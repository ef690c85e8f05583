#include "engine/base/check.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {
namespace {

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  ASSIGN_OR_RETURN(int half, Half(value));
  ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

absl::Status Both(const absl::Status& first, const absl::Status& second) {
  RETURN_IF_ERROR(first);
  RETURN_IF_ERROR(second);
  return absl::OkStatus();
}

TEST(CheckTest, PassesWhatHoldsAndEvaluatesOnce) {
  int calls = 0;
  CHECK(++calls == 1) << "never built: " << ++calls;
  CHECK_EQ(calls, 1);
  CHECK_LT(calls, 2);
  CHECK_LE(calls, 1);
  EXPECT_EQ(calls, 1);
}

TEST(CheckTest, AbortsWithPlaceConditionAndMessage) {
  EXPECT_DEATH(CHECK(1 + 1 == 3) << "sum " << 2, "check_test.cc:[0-9]+: CHECK failed: 1 \\+ 1 == 3 sum 2");
  EXPECT_DEATH(CHECK_EQ(1, 2), "CHECK failed");
}

TEST(CheckTest, ReturnsErrorsOnward) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
  EXPECT_EQ(Quarter(7).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Both(absl::OkStatus(), absl::OkStatus()).ok());
  EXPECT_EQ(Both(absl::OkStatus(), absl::InternalError("second")).message(), "second");
  EXPECT_EQ(Both(absl::InternalError("first"), absl::OkStatus()).message(), "first");
}

}  // namespace
}  // namespace freshet
