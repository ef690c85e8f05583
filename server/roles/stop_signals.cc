#include "server/roles/stop_signals.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "spdlog/spdlog.h"

namespace freshet {
namespace {

constexpr int kForcedExit = 1;

sigset_t StopSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

timespec TimeUntil(std::chrono::steady_clock::time_point moment) {
  const auto left =
      std::max(std::chrono::nanoseconds(0),
               std::chrono::duration_cast<std::chrono::nanoseconds>(moment - std::chrono::steady_clock::now()));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

void HoldStopSignals() {
  const sigset_t signals = StopSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  ::sigwait(&signals, &signal);
  return signal;
}

StopDeadline::StopDeadline(std::chrono::milliseconds timeout)
    : thread_([this, deadline = std::chrono::steady_clock::now() + timeout] { Run(deadline); }) {}

StopDeadline::~StopDeadline() {
  stopped_ = true;
  ::pthread_kill(thread_.native_handle(), SIGTERM);  // it waits for one
  thread_.join();
}

void StopDeadline::Run(std::chrono::steady_clock::time_point deadline) {
  const sigset_t signals = StopSignals();
  int signal = 0;
  do {
    const timespec left = TimeUntil(deadline);
    signal = ::sigtimedwait(&signals, nullptr, &left);
  } while (signal < 0 && errno == EINTR);
  if (stopped_) return;
  if (signal > 0) {
    spdlog::warn("stopped by force: another signal ({})", signal);
  } else {
    spdlog::warn("stopped by force: not everything had ended in time (setting stop.timeout)");
  }
  spdlog::default_logger()->flush();
  std::_Exit(kForcedExit);
}

}  // namespace freshet
