#include "tools/cli/output/error_text.h"

#include <gtest/gtest.h>

#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

v1::Problem UnknownColumn() {
  v1::Problem problem;
  problem.set_code("UNKNOWN_COLUMN");
  problem.set_message("no column has the name carier");
  problem.set_suggestion("did you mean carrier?");
  problem.set_file("flights.yaml");
  problem.set_line(12);
  problem.set_column(9);
  problem.set_excerpt("  keys: carier");
  return problem;
}

TEST(ErrorTextTest, PutsACaretUnderThePlace) {
  EXPECT_EQ(ProblemText(UnknownColumn()),
            "flights.yaml:12:9: error: no column has the name carier (UNKNOWN_COLUMN)\n"
            "    keys: carier\n"
            "          ^\n"
            "  did you mean carrier?\n");
}

TEST(ErrorTextTest, CountsCharactersNotBytes) {
  v1::Problem problem = UnknownColumn();
  problem.set_excerpt("\xC3\xA9\xC3\xA9: x");
  problem.set_column(5);
  EXPECT_NE(ProblemText(problem).find("\n      ^\n"), std::string::npos) << ProblemText(problem);
}

TEST(ErrorTextTest, CutsALongLineAroundThePlace) {
  v1::Problem problem = UnknownColumn();
  problem.set_excerpt(std::string(100'000, 'x'));
  problem.set_column(50'000);
  EXPECT_LT(ProblemText(problem).size(), 600u);
}

TEST(ErrorTextTest, AProblemWithoutLineNamesItsPath) {
  v1::Problem problem;
  problem.set_message("is not known");
  problem.set_path("views.late");
  EXPECT_EQ(ProblemText(problem), "views.late: error: is not known\n");
}

TEST(ErrorTextTest, ListsAllProblemsAndCountsErrors) {
  v1::Problems problems;
  *problems.add_problems() = UnknownColumn();
  *problems.add_problems() = UnknownColumn();
  absl::Status status = ServerError("INVALID_DEFINITION", "x", absl::StatusCode::kInvalidArgument, problems);
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kRefused);
  EXPECT_NE(ErrorText(status).find("the definition was refused: 2 errors\n"), std::string::npos);
}

TEST(ExitCodeTest, FollowsTheErrorsKind) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kDone);
  EXPECT_EQ(ExitCodeOf(ServerError("NOT_FOUND", "m", absl::StatusCode::kUnknown, {})), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(ServerError("HYDRATING", "m", absl::StatusCode::kUnknown, {})), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(ServerError("OF_TOMORROW", "m", absl::StatusCode::kInternal, {})), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(UnreachableError("m")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(WrongUseError("m")), ExitCode::kWrongUse);
}

}  // namespace
}  // namespace freshet
