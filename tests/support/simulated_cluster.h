// All shards of a pipeline in one thread: which shard works next, which link delivers next and when time passes are
// drawn from a seed.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "engine/circuit/circuit_builder.h"
#include "engine/runtime/in_memory_network.h"
#include "engine/runtime/in_memory_state_store.h"
#include "engine/runtime/shard_loop.h"
#include "tests/support/manual_clock.h"

namespace freshet {

class SimulatedCluster {
 public:
  struct Options {
    uint16_t shard_count = 1;
    uint64_t seed = 1;
    uint64_t hash_seed = 7;
    // Rows between shards go through EncodeBatch and DecodeBatch.
    bool code_frames = false;
    size_t output_row_budget = Output::kDefaultRowBudget;
    size_t credit_window_bytes = FlowControl::kDefaultWindowBytes;
    TakeLimits limits;
    TakeLimits load_limits = kLoadTakeLimits;
    std::vector<bool> load_last;  // by source
    CutPolicyOptions cut_policy;
    // Where states come from at the start and where checkpoints go. Shared by all shards; may be nullptr.
    InMemoryStateStore* store = nullptr;
    bool load_state = false;
    // Where the group starts.
    Epoch first_epoch = Epoch(1);
    bool load = true;
    SourcePositions from;
    std::vector<CutRecord> replay;
    std::function<void(const ReplayDifference&)> on_difference;
    Epoch history;
  };

  // Adds the nodes of one shard; gives what is to be told of commits there.
  using BuildShard = std::function<std::vector<Committable*>(CircuitBuilder& builder, ShardId shard)>;
  // The sinks of a shard, after its nodes were built.
  using SinksOfShard = std::function<std::vector<Sink*>(ShardId shard)>;

  SimulatedCluster(Options options, const BuildShard& build, const SinksOfShard& sinks = {});

  // A shard whose circuit somebody else has built.
  struct BuiltShard {
    std::unique_ptr<Circuit> circuit;
    std::vector<Committable*> committables;
  };
  SimulatedCluster(Options options, const std::function<BuiltShard(ShardId shard)>& make_shard,
                   const SinksOfShard& sinks = {});

  void Start();
  // Rows were released on some source, or one ended or failed.
  void WakeAll();
  // A sink of a shard has got further.
  void WakeSinks(uint16_t shard) {
    shards_[shard]->OnSinkReady();
    resting_[shard] = false;
  }
  // Makes one random step. False: nothing is left to do but waiting for sources.
  bool StepOnce();
  // Until nothing is left to do. Fails a CHECK after too many steps: somebody works without end.
  void RunUntilIdle();

  ShardLoop& shard(uint16_t index) { return *shards_[index]; }
  Conductor& conductor() { return *shards_[0]->conductor(); }
  const InMemoryJournal& journal() const { return journal_; }
  ManualClock& clock() { return clock_; }
  const InMemoryNetwork& network() const { return network_; }
  uint64_t frames_delivered() const { return frames_delivered_; }
  // The most bytes of rows that were on their way on one link at a time.
  size_t max_bytes_in_flight() const { return max_bytes_in_flight_; }

 private:
  static BuiltShard Build(const Options& options, const BuildShard& build, ShardId shard);
  bool DeliverOne();
  void RoundTrip(ShardId to, Frame* frame);

  const Options options_;
  ManualClock clock_;
  InMemoryNetwork network_;
  InMemoryJournal journal_;
  std::unique_ptr<InMemoryReplay> replay_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<ShardLoop>> shards_;
  std::vector<bool> resting_;  // Step said that it can do nothing; until a frame comes or sources are released
  uint64_t frames_delivered_ = 0;
  size_t max_bytes_in_flight_ = 0;
};

}  // namespace freshet
