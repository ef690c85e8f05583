// One shard process of a simulation: what server/shard/shard_process wires together, without threads and sockets. Its
// parts run step by step, in any order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/queued_sink.h"
#include "server/connectors/ingest/ingest_source.h"
#include "server/shard/journal/log_writer.h"
#include "server/shard/pipeline_shard.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/simulated_source.h"
#include "tests/support/fake_broker.h"

namespace freshet {

// What a simulation has outside of its processes.
struct SimulatedWorld {
  explicit SimulatedWorld(uint64_t seed) : random(seed), clock(seed + 1), disk(seed + 2) {}

  std::mt19937_64 random;
  SimulatedClock clock;
  SimulatedDisk disk;
  std::map<std::string, std::unique_ptr<FakeTopic>> topics;  // of sinks
  std::map<std::string, std::shared_ptr<Script>> scripts;    // of tables that are not filled over HTTP
  std::string machine_run = "1";
  bool doubles_replay = false;  // a planted bug (simulated_source.h)
};

class SimulatedShard {
 public:
  // `start` is what the server says; all outlive the shard. After `disk_steps` changes of the disk it dies.
  SimulatedShard(SimulatedWorld* world, v1::StartShard start, const v1::SourceExtents* extents, uint64_t disk_steps);
  ~SimulatedShard();

  // What waits on the control link, either way.
  std::deque<v1::ToShard> inbox;
  std::deque<v1::FromShard> outbox;

  // Whether the pipeline was built, so that links to it stand.
  bool made() const { return pipeline_ != nullptr; }
  bool started() const { return made() && pipeline_->started(); }
  // All links stand.
  void Start(Link* link);
  void OnFrame(ShardId from, Frame frame);

  // One step of a part of it. False: it has nothing to do now.
  bool StepLog();
  bool StepCompute();
  bool StepSource(size_t number);
  bool StepSink(size_t number);
  size_t source_count() const { return ingest_.size(); }
  size_t sink_count() const { return sinks_.size(); }
  void ReleaseScripts();

  // It has died, or has ended by itself: why.
  bool dead() const { return disk_.dead() || !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  void Kill() { disk_.Kill(); }

 private:
  void Make();
  void Handle(v1::ToShard message);
  absl::StatusOr<std::vector<std::unique_ptr<ConnectorSource>>> OpenSourcesHere(const v1::PhysicalPlan& plan,
                                                                                const v1::SourceExtents& extents,
                                                                                SourceContext context);
  absl::StatusOr<std::vector<std::unique_ptr<ConnectorSink>>> OpenSinksHere(const v1::PhysicalPlan& plan,
                                                                            const v1::SourceExtents& extents,
                                                                            SinkContext context);

  SimulatedWorld* const world_;
  const v1::StartShard start_;
  const v1::SourceExtents* const extents_;
  ProcessDisk disk_;
  std::unique_ptr<LogWriter> log_;  // shard 0
  bool log_open_ = false;
  std::unique_ptr<PipelineShard> pipeline_;
  std::vector<std::pair<ShardId, Frame>> early_frames_;
  std::vector<IngestSource*> ingest_;
  std::vector<SimulatedSource*> scripted_;
  std::vector<QueuedSink*> sinks_;
  bool woken_ = true;
  std::string failure_;
};

}  // namespace freshet
