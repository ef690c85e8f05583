// Launches shard processes, and tells when they end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"

namespace freshet {

// How a process ended, for messages: "killed by signal 9 (Killed)", "exit code 1".
std::string DescribeExit(int wait_status);

// Has a thread that lives as long as the server and does what must not hold up the I/O thread: it forks (the kernel
// sends the parent-death signal when the thread that forked ends, so no other thread may fork), and writes the catalog.
class Launcher {
 public:
  // Handlers run on the I/O thread of `io`.
  explicit Launcher(boost::asio::io_context& io);
  // Ends the thread, which kills every process that still runs.
  ~Launcher();

  // Runs `work` on the launcher's thread, in order.
  void Post(std::function<void()> work);

  // Starts a process with these arguments (the first is the executable). Its standard input is empty, its standard
  // output goes to standard error, it gets SIGKILL when this process is gone. `core`: it runs on the core of this
  // number (modulo how many there are) among those that this process may use, and on no other. On the launcher's
  // thread, from within a posted work.
  static absl::StatusOr<int32_t> Launch(const std::vector<std::string>& arguments, std::optional<uint32_t> core);

  // Calls once, with the status of waitpid, when the process has ended and is reaped. On the I/O thread.
  void WatchExit(int32_t pid, std::function<void(int wait_status)> ended);

 private:
  void Run();

  boost::asio::io_context& io_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::deque<std::function<void()>> works_;
  std::thread thread_;
};

}  // namespace freshet
