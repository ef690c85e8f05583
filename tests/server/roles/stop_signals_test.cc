#include "server/roles/stop_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

// In the process of a death test.
void Begin() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("stop_signals_test"));
  HoldStopSignals();
}

class StopSignalsDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(StopSignalsDeathTest, ASignalThatIsHeldIsWaitedFor) {
  auto wait = [](int signal) {
    Begin();
    ::kill(::getpid(), signal);
    std::_Exit(WaitForStopSignal() == signal ? 7 : 8);
  };
  EXPECT_EXIT(wait(SIGTERM), testing::ExitedWithCode(7), "");
  EXPECT_EXIT(wait(SIGINT), testing::ExitedWithCode(7), "");
}

TEST_F(StopSignalsDeathTest, AStopInTimeIsNotForced) {
  auto stop = [] {
    Begin();
    {
      const StopDeadline deadline(std::chrono::minutes(10));
    }
    std::_Exit(7);
  };
  EXPECT_EXIT(stop(), testing::ExitedWithCode(7), "");
}

TEST_F(StopSignalsDeathTest, TheEndOfTheTimeEndsTheProcess) {
  auto stop = [] {
    Begin();
    const StopDeadline deadline(milliseconds(20));
    std::this_thread::sleep_for(std::chrono::minutes(1));
  };
  EXPECT_EXIT(stop(), testing::ExitedWithCode(1), "stop.timeout");
}

TEST_F(StopSignalsDeathTest, ASecondSignalEndsTheProcess) {
  auto stop = [] {
    Begin();
    const StopDeadline deadline(std::chrono::minutes(10));
    ::kill(::getpid(), SIGINT);
    std::this_thread::sleep_for(std::chrono::minutes(1));
  };
  EXPECT_EXIT(stop(), testing::ExitedWithCode(1), "another signal \\(2\\)");
}

}  // namespace
}  // namespace freshet
