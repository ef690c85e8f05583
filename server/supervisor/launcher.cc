#include "server/supervisor/launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "boost/asio/posix/stream_descriptor.hpp"
#include "engine/base/check.h"
#include "fmt/format.h"

namespace freshet {
namespace {

// Between fork and exec only what is async-signal-safe may be called: other threads held locks.
[[noreturn]] void RunChild(const std::vector<char*>& arguments, pid_t parent, const std::optional<cpu_set_t>& cores) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died in between
  if (cores) ::sched_setaffinity(0, sizeof(*cores), &*cores);
  int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  ::syscall(SYS_close_range, 3u, ~0u, 0u);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

// The core of this number among those that this process may use; no value: the system does not tell them.
std::optional<cpu_set_t> CoreOf(uint32_t number) {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return std::nullopt;
  number %= static_cast<uint32_t>(CPU_COUNT(&allowed));
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  for (size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || number-- > 0) continue;
    CPU_SET(core, &chosen);
    break;
  }
  return chosen;
}

}  // namespace

std::string DescribeExit(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    int signal = WTERMSIG(wait_status);
    return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

Launcher::Launcher(boost::asio::io_context& io) : io_(io), thread_([this] { Run(); }) {}

Launcher::~Launcher() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Launcher::Post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    works_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void Launcher::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !works_.empty(); });
    if (works_.empty()) return;
    std::function<void()> work = std::move(works_.front());
    works_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

absl::StatusOr<int32_t> Launcher::Launch(const std::vector<std::string>& arguments, std::optional<uint32_t> core) {
  const std::optional<cpu_set_t> cores = core ? CoreOf(*core) : std::nullopt;
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid == 0) RunChild(pointers, parent, cores);
  if (pid < 0) return absl::UnavailableError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  return pid;
}

void Launcher::WatchExit(int32_t pid, std::function<void(int)> ended) {
  int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  CHECK(fd >= 0) << std::strerror(errno);  // our own child, not reaped: it exists
  auto descriptor = std::make_shared<boost::asio::posix::stream_descriptor>(io_, fd);
  descriptor->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [descriptor, pid, ended = std::move(ended)](const boost::system::error_code& error) {
                           if (error) return;  // the I/O context ends
                           int status = 0;
                           ::waitpid(pid, &status, 0);
                           ended(status);
                         });
}

}  // namespace freshet
