// One run of the whole pipeline from a seed: clients, readers and sinks at work while processes and the machine crash,
// disks fail and fill, brokers go away; then a rest, in which everything must come right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet {

enum class PlantedBug : uint8_t {
  kNone,
  kUnsyncedAcknowledgement,  // what is acknowledged was not synced
  kHastyMarker,              // the marker of a stage overtakes its last rows
  kDoubledReplay,            // a source gives the last replayed rows again
};

struct SimulationResult {
  std::vector<std::string> problems;  // empty: every promise was kept
  // What the run did, so that a test sees that it did something.
  uint64_t generations = 0;
  uint64_t machine_crashes = 0;
  uint64_t acknowledged = 0;
  uint64_t contents_seen = 0;  // views at an epoch
  uint64_t epochs = 0;
  uint64_t refetches = 0;
  uint64_t steps = 0;
};

SimulationResult Simulate(uint64_t seed, PlantedBug bug = PlantedBug::kNone);

}  // namespace freshet
