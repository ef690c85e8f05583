// A log that cannot be read for a while is opened once it can: nothing of an earlier try is held or counted twice.
#include "server/shard/journal/log_writer.h"

#include <gtest/gtest.h>

#include "spdlog/spdlog.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_disk.h"

namespace freshet {
namespace {

TEST(LogWriterTest, OpensOnceTheDiskCanBeReadAgain) {
  spdlog::set_level(spdlog::level::off);
  constexpr int kCuts = 20;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedClock clock(seed);
    SimulatedDisk disk(seed);
    for (uint64_t generation : {1, 2}) {
      ProcessDisk process(&disk, UINT64_MAX);
      LogWriter::Options options;
      options.log.disk = &process;
      options.log.folder = "/log";
      options.log.generation = Generation(generation);
      options.log.segment_bytes = 500;
      options.revision = 1;
      options.clock = &clock;
      std::optional<absl::Status> opened;
      LogWriter::Handlers handlers;
      handlers.on_opened = [&](absl::Status status) { opened = std::move(status); };
      handlers.on_durable = [] {};
      LogWriter writer(std::move(options), std::move(handlers));
      disk.failure_rate = generation == 1 ? 0 : 0.05;
      while (!opened) writer.Step();
      ASSERT_TRUE(opened->ok()) << *opened << ", seed " << seed;
      ASSERT_EQ(writer.journaled(), generation == 1 ? 0u : kCuts) << "seed " << seed;
      for (int epoch = 1; generation == 1 && epoch <= kCuts; ++epoch) {
        CutRecord cut;
        cut.epoch = Epoch(static_cast<uint64_t>(epoch));
        writer.log()->Append(cut);
        writer.Write();
        writer.Step();
      }
    }
  }
}

}  // namespace
}  // namespace freshet
