// SIGTERM and SIGINT of the daemon: the first stops it in order, a second one at once.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace freshet {

// Has the two wait for WaitForStopSignal, in this thread and those that it starts. Before any other thread.
void HoldStopSignals();
// Returns the signal that came.
int WaitForStopSignal();

// Ends the process by force, with a line that says so, if this object still lives when the time is over or when another
// signal comes. Nothing is lost by it that a kill would not lose: shards end with their server, and what was
// acknowledged is in their logs.
class StopDeadline {
 public:
  explicit StopDeadline(std::chrono::milliseconds timeout);
  ~StopDeadline();

 private:
  void Run(std::chrono::steady_clock::time_point deadline);

  std::atomic<bool> stopped_ = false;
  std::thread thread_;  // last: it uses the above
};

}  // namespace freshet
