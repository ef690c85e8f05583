// The order of work. Node ids are in topological order, so the largest id is the deepest. The run queue always gives
// the deepest node that has input or a Resume due: what a node emits is consumed before it runs again, and memory stays
// within one output budget per node. A node that leads into an exchange without credit is set aside until credit comes;
// exchanges go from a stage to deeper ones only and the last stage sends nothing, so some shard can always go on.
//
// Seals. Stage s may be sealed once its input is complete: the sources for s = 0, else the markers of stage s - 1 of
// all peers (links keep order, so those of earlier stages have come too). Then its touched nodes are sealed in
// topological order, each only when nothing of the stage is pending, so that all of its input is in. Nodes that got
// nothing are not looked at: an epoch costs what was touched, plus the stages.
#include "engine/circuit/circuit.h"

#include "engine/base/check.h"
#include "engine/base/key_hash.h"

namespace freshet {

Circuit::Circuit(Options options, std::vector<CircuitNode> nodes, std::vector<NodeId> sources,
                 std::vector<NodeId> exchanges, uint32_t stage_count)
    : options_(options),
      nodes_(std::move(nodes)),
      sources_(std::move(sources)),
      exchanges_(std::move(exchanges)),
      stage_count_(stage_count),
      pending_in_stage_(stage_count),
      touched_in_stage_(stage_count),
      flush_at_end_(stage_count),
      sealing_stage_(stage_count) {
  for (const CircuitNode& node : nodes_) {
    for (const CircuitEdge& edge : node.successors) ++nodes_[edge.to.value()].open_inputs;
  }
}

absl::Status Circuit::Load(StateReader& reader) {
  for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) {
    if (OwnerOf(VnodeId(vnode), options_.shard_count) != options_.shard) continue;
    for (CircuitNode& node : nodes_) {
      if (node.op != nullptr) RETURN_IF_ERROR(node.op->Load(reader, VnodeId(vnode)));
    }
  }
  return absl::OkStatus();
}

void Circuit::SaveDirty(StateWriter& writer) {
  CHECK(sealed()) << "saved in the middle of epoch " << context_.epoch;
  for (CircuitNode& node : nodes_) {
    if (node.op != nullptr) node.op->SaveDirty(writer);
  }
}

void Circuit::EndSource(SourceId id) {
  CHECK(sealed()) << "a source ended in the middle of epoch " << context_.epoch;
  CircuitNode& node = nodes_[sources_[id.value()].value()];
  if (!node.ended) End(node);
}

// A node without open inputs has emitted all it ever will: what it owed, it gave at the seal of its last input's epoch.
void Circuit::End(CircuitNode& node) {
  node.ended = true;
  for (const CircuitEdge& edge : node.successors) {
    CircuitNode& to = nodes_[edge.to.value()];
    if (to.op != nullptr) to.op->EndInput(edge.port);
    if (--to.open_inputs == 0) End(to);
  }
}

void Circuit::OpenEpoch(const SealContext& context) {
  CHECK(sealed()) << "epoch " << context.epoch << " opened before " << context_.epoch << " was sealed";
  CHECK_LT(context_.epoch, context.epoch);
  CHECK(options_.shard_count == 1 || channel_ != nullptr);
  context_ = context;
  sources_ended_ = false;
  peers_sealed_ = 0;
  sealing_stage_ = 0;
  if (first_epoch_) {
    first_epoch_ = false;
    for (CircuitNode& node : nodes_) {
      if (node.op != nullptr && node.op->SealsWithoutInput()) Touch(node);
    }
  }
}

void Circuit::PushSource(SourceId id, const DeltaBatch& batch) {
  CHECK(!sources_ended_ && !sealed()) << "source rows outside of an epoch";
  CircuitNode& node = nodes_[sources_[id.value()].value()];
  Deliver(node, batch);
}

void Circuit::EndSources() {
  CHECK(!sources_ended_ && !sealed());
  sources_ended_ = true;
}

void Circuit::Receive(ExchangeId exchange, ShardId from, DeltaBatch batch, size_t bytes) {
  CircuitNode& node = nodes_[exchanges_[exchange.value()].value()];
  CHECK(!sealed() && sealing_stage_ <= node.stage.value())
      << "rows of exchange " << exchange << " came after its stage was sealed";
  node.inputs.push_back({PortIndex(0), std::move(batch), from, bytes});
  MakePending(node);
}

void Circuit::OnPeersSealed(StageId stage) {
  CHECK_EQ(stage.value(), peers_sealed_);
  ++peers_sealed_;
}

void Circuit::OnCredit() {
  for (uint32_t index : set_aside_) runnable_.push(index);
  set_aside_.clear();
}

bool Circuit::RunOne() {
  while (!runnable_.empty()) {
    uint32_t index = runnable_.top();
    runnable_.pop();
    CircuitNode& node = nodes_[index];
    if (IsBlocked(node)) {
      set_aside_.push_back(index);
      continue;
    }
    if (node.kind == CircuitNode::Kind::kExchange) {
      RunExchange(node);
    } else {
      RunNode(node);
    }
    return true;
  }
  return SealNext();
}

bool Circuit::IsBlocked(const CircuitNode& node) const {
  for (ExchangeId exchange : node.leads_to) {
    if (!channel_->HasCredit(exchange)) return true;
    if (nodes_[exchanges_[exchange.value()].value()].own_bytes >= options_.own_window_bytes) return true;
  }
  return false;
}

void Circuit::RunNode(CircuitNode& node) {
  if (node.more) {
    Settle(node, node.op->Resume(node.out));
    return;
  }
  CircuitInput input = std::move(node.inputs.front());
  node.inputs.pop_front();
  node.statistics.rows_in += input.batch.size();
  ++node.statistics.batches_in;
  Settle(node, node.op->Push(input.port, input.batch, node.out));
}

void Circuit::RunExchange(CircuitNode& node) {
  CircuitInput input = std::move(node.inputs.front());
  node.inputs.pop_front();
  node.pending = false;
  --pending_in_stage_[node.stage.value()];
  if (input.from == options_.shard) {
    bool was_full = node.own_bytes >= options_.own_window_bytes;
    node.own_bytes -= input.bytes;
    if (was_full && node.own_bytes < options_.own_window_bytes) OnCredit();
  } else {
    channel_->Taken(node.exchange, input.from, input.bytes);
  }
  node.statistics.rows_in += input.batch.size();
  ++node.statistics.batches_in;
  Deliver(node, input.batch);
  if (!node.inputs.empty()) MakePending(node);
}

bool Circuit::SealNext() {
  if (sealed()) return false;
  const uint32_t stage = sealing_stage_;
  if (pending_in_stage_[stage] > 0) return false;
  if (!sources_ended_) return false;
  if (options_.shard_count > 1 && peers_sealed_ < stage) return false;

  SealHeap& touched = touched_in_stage_[stage];
  if (touched.empty()) {
    EndStage();
    return true;
  }
  CircuitNode& node = nodes_[touched.top()];
  if (IsBlocked(node)) return false;
  touched.pop();
  node.touched = false;
  node.sealed_in = context_.epoch;
  ++node.statistics.seals;
  // Counted as pending until Settle, as if it had come from the run queue.
  node.pending = true;
  ++pending_in_stage_[stage];
  Settle(node, node.op->Seal(context_, node.out));
  return true;
}

void Circuit::EndStage() {
  const uint32_t stage = sealing_stage_;
  for (uint32_t index : flush_at_end_[stage]) {
    CircuitNode& exchange = nodes_[index];
    exchange.flush_due = false;
    exchange.scatter->Flush(&blocks_);
    SendBlocks(exchange);
  }
  flush_at_end_[stage].clear();
  ++sealing_stage_;
  // Nothing starts in the last stage.
  if (channel_ != nullptr && sealing_stage_ < stage_count_) channel_->EndStage(StageId(stage));
}

// After a call into an operator: hands on what it emitted, and queues the node again if it has more to do.
void Circuit::Settle(CircuitNode& node, Progress progress) {
  node.more = progress == Progress::kMore;
  node.pending = false;
  --pending_in_stage_[node.stage.value()];
  if (node.out.rows() > 0) {
    std::vector<DeltaBatch> batches = node.out.TakeBatches();
    for (const DeltaBatch& batch : batches) Deliver(node, batch);
  }
  if (node.more || !node.inputs.empty()) MakePending(node);
}

void Circuit::Deliver(CircuitNode& node, const DeltaBatch& batch) {
  node.statistics.rows_out += batch.size();
  for (const CircuitEdge& edge : node.successors) {
    CircuitNode& to = nodes_[edge.to.value()];
    if (to.kind == CircuitNode::Kind::kExchange) {
      if (!to.flush_due) {
        to.flush_due = true;
        flush_at_end_[to.starts_in.value()].push_back(IndexOf(to));
      }
      to.scatter->Add(batch, &blocks_);
      SendBlocks(to);
      continue;
    }
    CHECK(to.sealed_in != context_.epoch) << to.name << " got rows after its seal in epoch " << context_.epoch;
    to.inputs.push_back({edge.port, batch, options_.shard, 0});
    MakePending(to);
    Touch(to);
  }
}

void Circuit::SendBlocks(CircuitNode& exchange) {
  for (Scatter::Block& block : blocks_) {
    if (block.to != options_.shard) {
      channel_->Send(exchange.exchange, block.to, std::move(block.batch));
      continue;
    }
    exchange.own_bytes += block.bytes;
    exchange.inputs.push_back({PortIndex(0), std::move(block.batch), options_.shard, block.bytes});
    MakePending(exchange);
  }
  blocks_.clear();
}

void Circuit::MakePending(CircuitNode& node) {
  if (node.pending) return;
  node.pending = true;
  ++pending_in_stage_[node.stage.value()];
  runnable_.push(IndexOf(node));
}

void Circuit::Touch(CircuitNode& node) {
  if (node.touched) return;
  node.touched = true;
  touched_in_stage_[node.stage.value()].push(IndexOf(node));
}

std::vector<NodeStatus> Circuit::Statuses() const {
  std::vector<NodeStatus> result;
  result.reserve(nodes_.size());
  for (const CircuitNode& node : nodes_) {
    result.push_back({NodeId(IndexOf(node)), node.name, node.stage, node.statistics,
                      node.op == nullptr ? 0 : node.op->StateBytes()});
    if (node.measured != nullptr) result.back().statistics.micros = node.measured->micros();
  }
  return result;
}

size_t Circuit::StateBytes() const {
  size_t bytes = 0;
  for (const CircuitNode& node : nodes_) {
    if (node.op != nullptr) bytes += node.op->StateBytes();
  }
  return bytes;
}

}  // namespace freshet
