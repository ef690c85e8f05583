#include "tools/cli/client/changes_client.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "tools/cli/client/http_problem.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::milliseconds(5000);

// Errors that a new connection mends, also after a restart of the server.
bool Passes(const absl::Status& status) {
  if (ExitCodeOf(status) == ExitCode::kUnreachable) return true;
  const ErrorCode code = CodeOf(status);
  return code == ErrorCode::kUnavailable || code == ErrorCode::kSlowConsumer || code == ErrorCode::kHydrating ||
         code == ErrorCode::kRecovering || code == ErrorCode::kTooManyRequests;
}

const JsonMember* Find(const std::vector<JsonMember>& members, std::string_view key) {
  auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& each) { return each.key == key; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

absl::Status ChangesClient::Follow(const Take& take) {
  auto wait = kFirstWait;
  // The first connection must be made: a wrong address is told at once.
  for (bool first = true;; first = false) {
    moved_ = false;
    absl::Status status = FollowOnce(take);
    if (stopped_ || (status.ok() && ended_)) return absl::OkStatus();
    if (!Passes(status) || (first && !moved_)) return status;
    if (in_snapshot_) {
      return absl::UnavailableError(
          "the connection was lost within the rows at the start; they cannot be gone on with");
    }
    if (moved_) wait = kFirstWait;
    std::this_thread::sleep_for(wait);
    wait = std::min(wait * 2, kLongestWait);
  }
}

absl::Status ChangesClient::FollowOnce(const Take& take) {
  rest_.clear();
  held_.clear();  // they come again
  ended_ = false;
  failure_ = absl::OkStatus();
  std::vector<std::pair<std::string, std::string>> headers;
  if (!token_.empty()) headers.emplace_back("Last-Event-ID", token_);
  absl::Status status = http_.Stream(
      StrCat(target_, QueryText(parameters_)),
      [&](std::string_view part) {
        rest_.append(part);
        size_t begin = 0;
        for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
          if (!TakeLine(std::string_view(rest_).substr(begin, end - begin), take)) return false;
        }
        rest_.erase(0, begin);
        return true;
      },
      headers);
  if (!status.ok()) return status;
  if (!failure_.ok()) return failure_;
  if (!ended_ && !stopped_) return UnreachableError("the server broke the stream off");
  return absl::OkStatus();
}

bool ChangesClient::TakeLine(std::string_view line, const Take& take) {
  std::vector<JsonMember> members = SplitObject(line);
  if (members.empty()) return true;
  moved_ = true;
  if (const JsonMember* error = Find(members, "error")) {
    failure_ = ProblemStatus(0, error->text);
    return false;
  }
  if (Find(members, "end") != nullptr) {
    ended_ = true;
    return false;
  }
  const bool partial = Find(members, "partial") != nullptr;
  in_snapshot_ = partial && Find(members, "snapshot") != nullptr;
  if (partial && !in_snapshot_) {
    held_.emplace_back(line);
    return true;
  }
  for (const std::string& held : std::exchange(held_, {})) {
    if (!take(held, SplitObject(held))) return stopped_ = true, false;
  }
  if (!take(line, members)) stopped_ = true;
  // Only now: what was handed on must not come again, nor be lost.
  if (const JsonMember* id = Find(members, "id")) token_ = CellText(id->text);
  return !stopped_;
}

}  // namespace freshet
