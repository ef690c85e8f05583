// Runs the nodes of one shard: which one next, what may be sealed, when a stage and an epoch are over. Single-threaded
// and without a clock; the shard loop (engine/runtime) drives it and connects it to the other shards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/circuit/circuit_node.h"
#include "engine/circuit/exchange_channel.h"

namespace freshet {

struct NodeStatus {
  NodeId node;
  std::string name;
  StageId stage;
  NodeStatistics statistics;
  size_t state_bytes = 0;
};

class Circuit {
 public:
  struct Options {
    ShardId shard;
    uint16_t shard_count = 1;
    // Bytes of an exchange's rows from the own shard to itself that may wait; the others have credits.
    size_t own_window_bytes = 4 << 20;
  };

  // Made by CircuitBuilder::Build.
  Circuit(Options options, std::vector<CircuitNode> nodes, std::vector<NodeId> sources, std::vector<NodeId> exchanges,
          uint32_t stage_count);

  ShardId shard() const { return options_.shard; }
  uint16_t shard_count() const { return options_.shard_count; }
  uint32_t stage_count() const { return stage_count_; }
  uint32_t source_count() const { return static_cast<uint32_t>(sources_.size()); }
  Source& source(SourceId id) { return *nodes_[sources_[id.value()].value()].source; }
  const Source& source(SourceId id) const { return *nodes_[sources_[id.value()].value()].source; }
  const std::string& source_name(SourceId id) const { return nodes_[sources_[id.value()].value()].name; }
  uint32_t exchange_count() const { return static_cast<uint32_t>(exchanges_.size()); }
  // Stage whose seal ends what an exchange sends.
  StageId exchange_starts_in(ExchangeId id) const { return nodes_[exchanges_[id.value()].value()].starts_in; }
  const Schema& exchange_schema(ExchangeId id) const { return nodes_[exchanges_[id.value()].value()].schema; }

  // Before the first epoch, with more than one shard. The channel outlives the circuit's last epoch.
  void Attach(ExchangeChannel* channel) { channel_ = channel; }

  // Loads the vnodes that this shard owns into the empty states of all operators.
  absl::Status Load(StateReader& reader);
  // Between epochs.
  void SaveDirty(StateWriter& writer);

  // Nothing of a source comes in the epochs from the next on. Again: nothing.
  void EndSource(SourceId id);
  // Starts an epoch; the one before is sealed.
  void OpenEpoch(const SealContext& context);
  // Whether rows of a source may be pushed: false while an exchange that they reach has no credit.
  bool CanTake(SourceId id) const { return !IsBlocked(nodes_[sources_[id.value()].value()]); }
  void PushSource(SourceId id, const DeltaBatch& batch);
  // No more source rows in this epoch.
  void EndSources();
  // Rows that a peer sent in this epoch. `bytes` come back in ExchangeChannel::Taken.
  void Receive(ExchangeId exchange, ShardId from, DeltaBatch batch, size_t bytes);
  // Every peer has sealed `stage` in this epoch, and what it sent has been received.
  void OnPeersSealed(StageId stage);
  // An exchange that had no credit has some again.
  void OnCredit();

  // Makes one call into an operator, or moves one batch. False: nothing can be done before rows, credit or a marker
  // come; `sealed` tells whether the epoch is over.
  bool RunOne();
  // Whether the open epoch is computed. True before the first one.
  bool sealed() const { return sealing_stage_ == stage_count_; }
  // Whether batches wait that could be run now; then the shard loop takes no more from sources.
  bool HasRunnable() const { return !runnable_.empty(); }

  std::vector<NodeStatus> Statuses() const;
  size_t StateBytes() const;

 private:
  using NodeHeap = std::priority_queue<uint32_t>;  // deepest first
  using SealHeap = std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<uint32_t>>;

  void End(CircuitNode& node);
  bool IsBlocked(const CircuitNode& node) const;
  void RunNode(CircuitNode& node);
  void RunExchange(CircuitNode& node);
  bool SealNext();
  void EndStage();
  void Settle(CircuitNode& node, Progress progress);
  void Deliver(CircuitNode& node, const DeltaBatch& batch);
  void SendBlocks(CircuitNode& exchange);
  void MakePending(CircuitNode& node);
  void Touch(CircuitNode& node);
  uint32_t IndexOf(const CircuitNode& node) const { return static_cast<uint32_t>(&node - nodes_.data()); }

  const Options options_;
  std::vector<CircuitNode> nodes_;
  const std::vector<NodeId> sources_;
  const std::vector<NodeId> exchanges_;
  const uint32_t stage_count_;
  ExchangeChannel* channel_ = nullptr;

  SealContext context_;
  NodeHeap runnable_;
  std::vector<uint32_t> set_aside_;         // pending, but an exchange they lead to has no credit
  std::vector<uint32_t> pending_in_stage_;  // nodes that have input or a Resume due
  std::vector<SealHeap> touched_in_stage_;
  std::vector<std::vector<uint32_t>> flush_at_end_;  // exchanges that start in the stage and got rows
  bool sources_ended_ = false;
  uint32_t peers_sealed_ = 0;  // stages that all peers have sealed
  uint32_t sealing_stage_;     // the first stage that is not over; stage_count_: the epoch is sealed
  bool first_epoch_ = true;
  std::vector<Scatter::Block> blocks_;  // scratch
};

}  // namespace freshet
