#include "server/storage/failpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"

namespace freshet {

std::atomic<bool> failpoints_armed = false;

namespace {

struct Armed {
  uint64_t at = 0;  // 0: not armed
  std::atomic<uint64_t> hits = 0;
};

Armed armed[kFailpoints.size()];
std::string done_file_prefix;

Armed& ArmedOf(Failpoint failpoint) { return armed[static_cast<size_t>(failpoint)]; }

std::string_view NameOf(Failpoint failpoint) {
  for (const FailpointInfo& info : kFailpoints) {
    if (info.failpoint == failpoint) return info.name;
  }
  return "";
}

absl::Status ArmOne(std::string_view text) {
  size_t equals = text.find('=');
  std::string_view name = text.substr(0, equals);
  std::string_view action = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  uint64_t at = 1;
  if (size_t sign = action.find('@'); sign != std::string_view::npos) {
    std::string_view number = action.substr(sign + 1);
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), at);
    if (error != std::errc() || end != number.data() + number.size() || at == 0) action = "";
    action = action.substr(0, action.empty() ? 0 : sign);
  }
  if (action != "crash") {
    return absl::InvalidArgumentError(fmt::format("FRESHET_FAILPOINTS: '{}' is not name=crash or name=crash@n", text));
  }
  for (const FailpointInfo& info : kFailpoints) {
    if (info.name != name) continue;
    ArmedOf(info.failpoint).at = at;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(fmt::format("FRESHET_FAILPOINTS: there is no failpoint '{}'", name));
}

}  // namespace

absl::Status ArmFailpoints(std::string_view failpoints, std::string_view done_folder) {
  for (Armed& each : armed) {
    each.at = 0;
    each.hits = 0;
  }
  done_file_prefix = done_folder.empty() ? std::string() : fmt::format("{}/", done_folder);
  failpoints_armed = !failpoints.empty();
  if (failpoints.empty()) return absl::OkStatus();
  for (absl::string_view each : absl::StrSplit(AbslView(failpoints), ',')) RETURN_IF_ERROR(ArmOne(StdView(each)));
  return absl::OkStatus();
}

absl::Status ArmFailpointsOfEnvironment() {
  auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::string_view() : std::string_view(text);
  };
  return ArmFailpoints(value("FRESHET_FAILPOINTS"), value("FRESHET_FAILPOINTS_DONE"));
}

bool FailpointFires(Failpoint failpoint) {
  Armed& here = ArmedOf(failpoint);
  if (here.at == 0 || ++here.hits != here.at) return false;
  if (done_file_prefix.empty()) return true;
  std::string done = done_file_prefix + std::string(NameOf(failpoint));
  int fd = ::open(done.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  ::close(fd);
  return true;
}

void Crash(Failpoint failpoint) {
  std::string line = fmt::format("failpoint {}: the process ends here\n", NameOf(failpoint));
  [[maybe_unused]] ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

}  // namespace freshet
