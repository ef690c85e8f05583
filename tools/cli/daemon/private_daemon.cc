#include "tools/cli/daemon/private_daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartTimeout(20);
constexpr std::chrono::seconds kStopTimeout(5);

std::string DaemonPath() {
  std::error_code error;
  fs::path own = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    fs::path beside = own.parent_path() / "freshetd";
    if (access(beside.c_str(), X_OK) == 0) return beside.string();
  }
  return "freshetd";
}

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// Which version of a file there is; changes when it is replaced.
std::pair<uint64_t, int64_t> VersionOf(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return {0, 0};
  return {found.st_ino, found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string GrpcAddressIn(const std::string& text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) return "";
  const boost::json::value* grpc = value.get_object().if_contains("grpc");
  return grpc != nullptr && grpc->is_string() ? std::string(grpc->get_string()) : "";
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void Become(char* const* arguments, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
  sigset_t signals = EndSignals();
  sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  setpgid(0, 0);  // Ctrl-C goes to this program alone, which ends the daemon in order
  int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(arguments[0], arguments);
  const char message[] = "freshetd cannot be started: it is neither beside freshet nor in PATH\n";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
  _exit(127);
}

}  // namespace

struct PrivateDaemon::Process {
  std::mutex mutex;
  pid_t pid = 0;          // 0: it has ended
  std::string temporary;  // the folder to remove

  bool HasEnded() {
    std::lock_guard lock(mutex);
    if (pid > 0 && waitpid(pid, nullptr, WNOHANG) == pid) pid = 0;
    return pid == 0;
  }

  void End() {
    std::lock_guard lock(mutex);
    if (pid > 0) kill(pid, SIGTERM);
    Clock::time_point deadline = Clock::now() + kStopTimeout;
    while (pid > 0 && waitpid(pid, nullptr, WNOHANG) == 0) {
      if (Clock::now() > deadline) kill(pid, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    pid = 0;
    std::error_code ignored;
    if (!temporary.empty()) fs::remove_all(temporary, ignored);
  }
};

absl::StatusOr<std::unique_ptr<PrivateDaemon>> PrivateDaemon::Start(const std::string& data_dir,
                                                                    const std::vector<std::string>& settings) {
  std::unique_ptr<PrivateDaemon> daemon(new PrivateDaemon());
  daemon->settings_ = settings;
  std::string folder = (fs::temp_directory_path() / "freshet-run-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(AbslView(StrCat("cannot make a folder ", folder, ": ", std::strerror(errno))));
  }
  daemon->process_ = std::make_shared<Process>();
  daemon->process_->temporary = folder;
  daemon->log_path_ = folder + "/freshetd.log";
  daemon->data_dir_ = data_dir.empty() ? folder + "/data" : data_dir;
  if (absl::Status status = daemon->Launch(); !status.ok()) return status;
  daemon->AwaitServing();
  if (!daemon->grpc_address_.empty()) return daemon;
  const char* what = daemon->process_->HasEnded() ? "the private freshetd ended at its start:"
                                                  : "the private freshetd does not serve:";
  return absl::UnknownError(AbslView(StrCat(what, "\n", daemon->LogTail())));
}

PrivateDaemon::~PrivateDaemon() {
  if (process_ != nullptr) process_->End();
}

absl::Status PrivateDaemon::Launch() {
  sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::vector<std::string> words = {
      DaemonPath(), "--data-dir", data_dir_, "--http-address", "127.0.0.1:0", "--grpc-address", "127.0.0.1:0", "--set",
      StrCat("files.root=", fs::current_path().string()), "--set", "log.level=warn", "--set", "log.fsync=off",
      // What one restart does not heal (a missing file, too little memory) ends the run: nobody is there to heal it.
      "--set", "restarts.failures_max=1"};
  // What nobody keeps need not survive the machine.
  if (data_dir_.starts_with(process_->temporary)) words.insert(words.end(), {"--set", "catalog.fsync=off"});
  for (const std::string& setting : settings_) words.insert(words.end(), {"--set", setting});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int log = open(log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return absl::UnavailableError(AbslView(StrCat("cannot write ", log_path_)));
  endpoints_before_ = VersionOf(data_dir_ + "/endpoints.json");
  pid_t self = getpid();
  pid_t child = fork();
  if (child == 0) Become(arguments.data(), log, self);
  close(log);
  if (child < 0) return absl::UnavailableError(AbslView(StrCat("cannot start a process: ", std::strerror(errno))));
  process_->pid = child;
  std::thread([process = process_, signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    process->End();
    _exit(128 + signal);
  }).detach();
  return absl::OkStatus();
}

// An earlier run's file may lie there; the daemon replaces it once it serves.
void PrivateDaemon::AwaitServing() {
  const std::string endpoints = data_dir_ + "/endpoints.json";
  Clock::time_point deadline = Clock::now() + kStartTimeout;
  while (Clock::now() < deadline && !process_->HasEnded()) {
    if (VersionOf(endpoints) != endpoints_before_) grpc_address_ = GrpcAddressIn(ReadFile(endpoints));
    if (!grpc_address_.empty()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::string PrivateDaemon::LogTail() const {
  constexpr size_t kTailBytes = 2000;
  std::string log = ReadFile(log_path_);
  if (log.size() <= kTailBytes) return log;
  size_t begin = log.find('\n', log.size() - kTailBytes);
  return log.substr(begin == std::string::npos ? log.size() - kTailBytes : begin + 1);
}

}  // namespace freshet
