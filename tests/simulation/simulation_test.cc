// Seeds of the simulation. FRESHET_SIMULATION_SEEDS=1000 runs more of them (FRESHET_CAMPAIGN=long: 5000),
// FRESHET_SIMULATION_FIRST=17 others; a problem names its seed, and the same seed gives the same run.
#include "tests/simulation/simulation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "spdlog/spdlog.h"
#include "tests/simulation/bank.h"

namespace freshet {
namespace {

constexpr uint64_t kPlantedSeedsMax = 1000;

uint64_t NumberOf(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

bool IsLongCampaign() {
  const char* campaign = std::getenv("FRESHET_CAMPAIGN");
  return campaign != nullptr && std::string(campaign) == "long";
}

TEST(SimulationTest, EveryPromiseIsKeptWhateverCrashes) {
  spdlog::set_level(spdlog::level::off);
  const uint64_t first = NumberOf("FRESHET_SIMULATION_FIRST", 1);
  const uint64_t seeds = NumberOf("FRESHET_SIMULATION_SEEDS", IsLongCampaign() ? 5000 : 200);
  SimulationResult sum;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    SimulationResult result = Simulate(seed);
    for (const std::string& problem : result.problems) ADD_FAILURE() << "seed " << seed << ": " << problem;
    sum.generations += result.generations;
    sum.machine_crashes += result.machine_crashes;
    sum.acknowledged += result.acknowledged;
    sum.contents_seen += result.contents_seen;
    sum.epochs += result.epochs;
    sum.refetches += result.refetches;
    sum.steps += result.steps;
  }
  std::cout << seeds << " seeds: " << sum.steps << " steps, " << sum.generations << " generations, "
            << sum.machine_crashes << " crashes of the machine, " << sum.acknowledged << " requests acknowledged, "
            << sum.epochs << " epochs, " << sum.contents_seen << " views seen at one of them, " << sum.refetches
            << " refetches" << std::endl;
  EXPECT_GT(sum.generations, 5 * seeds);
  EXPECT_GT(sum.acknowledged, 20 * seeds);
  EXPECT_GT(sum.contents_seen, 20 * seeds);
}

TEST(SimulationTest, TheSameSeedGivesTheSameRun) {
  spdlog::set_level(spdlog::level::off);
  SimulationResult once = Simulate(5), again = Simulate(5);
  EXPECT_EQ(once.steps, again.steps);
  EXPECT_EQ(once.acknowledged, again.acknowledged);
  EXPECT_EQ(once.contents_seen, again.contents_seen);
}

// In a process of its own: a bug may also be found by a check of the engine, which ends the process.
bool Finds(uint64_t seed, PlantedBug bug) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)!std::freopen("/dev/null", "w", stderr);
    const SimulationResult result = Simulate(seed, bug);
    if (!result.problems.empty()) std::cout << "  " << result.problems.front().substr(0, 200) << std::endl;
    ::_exit(result.problems.empty() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status != 0;
}

void ExpectFound(PlantedBug bug) {
  spdlog::set_level(spdlog::level::off);
  BankPlan();  // the parser has a thread, which a forked process does not
  for (uint64_t seed = 1; seed <= kPlantedSeedsMax; ++seed) {
    if (!Finds(seed, bug)) continue;
    std::cout << "found by seed " << seed << std::endl;
    return;
  }
  FAIL() << "not found within " << kPlantedSeedsMax << " seeds";
}

TEST(SimulationTest, AnAcknowledgementBeforeTheSyncIsFound) { ExpectFound(PlantedBug::kUnsyncedAcknowledgement); }
TEST(SimulationTest, AMarkerSentEarlyIsFound) { ExpectFound(PlantedBug::kHastyMarker); }
TEST(SimulationTest, ADoubledReplayIsFound) { ExpectFound(PlantedBug::kDoubledReplay); }

}  // namespace
}  // namespace freshet
