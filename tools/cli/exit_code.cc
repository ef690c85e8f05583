#include "tools/cli/exit_code.h"

#include <string>

#include "absl/strings/cord.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr char kProblemsUrl[] = "freshet.v1.Problems";
constexpr char kExitUrl[] = "freshet.cli.Exit";

absl::Status WithExit(absl::Status status, ExitCode code) {
  // Debian's Cord takes views only: its constructor from strings is mangled in another way by GCC, which built it.
  const char byte = static_cast<char>(code);
  status.SetPayload(kExitUrl, absl::Cord(AbslView({&byte, 1})));
  return status;
}

}  // namespace

absl::Status ServerError(std::string_view code, std::string_view message, absl::StatusCode fallback,
                         const v1::Problems& problems) {
  const ErrorInfo* info = FindError(code);
  absl::Status status = info != nullptr ? MakeError(info->code, message) : absl::Status(fallback, AbslView(message));
  if (problems.problems_size() > 0) {
    status.SetPayload(kProblemsUrl, absl::Cord(AbslView(problems.SerializeAsString())));
    return WithExit(std::move(status), ExitCode::kRefused);
  }
  if (info != nullptr && info->code == ErrorCode::kInvalidDefinition) {
    return WithExit(std::move(status), ExitCode::kRefused);
  }
  return status;
}

absl::Status UnreachableError(std::string_view message) {
  return WithExit(absl::UnavailableError(AbslView(message)), ExitCode::kUnreachable);
}

absl::Status WrongUseError(std::string_view message) {
  return WithExit(absl::InvalidArgumentError(AbslView(message)), ExitCode::kWrongUse);
}

v1::Problems ProblemsIn(const absl::Status& status) {
  v1::Problems problems;
  if (auto payload = status.GetPayload(kProblemsUrl)) problems.ParseFromString(std::string(*payload));
  return problems;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kDone;
  if (auto payload = status.GetPayload(kExitUrl)) return static_cast<ExitCode>(std::string(*payload)[0]);
  if (absl::IsNotFound(status)) return ExitCode::kNotFound;
  return ExitCode::kFailed;
}

}  // namespace freshet
