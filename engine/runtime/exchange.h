// Connects a circuit's exchanges to the other shards: rows, markers and credits as frames over links.
#pragma once

#include <vector>

#include "engine/circuit/circuit.h"
#include "engine/circuit/exchange_channel.h"
#include "engine/runtime/flow_control.h"
#include "engine/runtime/link.h"

namespace freshet {

class Exchange : public ExchangeChannel {
 public:
  // Attaches itself to the circuit. Both outlive it.
  Exchange(Circuit* circuit, Link* link, size_t window_bytes);

  // From the circuit.
  void Send(ExchangeId exchange, ShardId to, DeltaBatch batch) override;
  bool HasCredit(ExchangeId exchange) const override { return flow_control_.HasCredit(exchange); }
  void Taken(ExchangeId exchange, ShardId from, size_t bytes) override;
  void EndStage(StageId stage) override;

  // Before the circuit opens the epoch.
  void OpenEpoch(Epoch epoch);
  // From the links; rows and markers only of the open epoch.
  void OnData(ShardId from, DataFrame frame);
  void OnMarker(ShardId from, const MarkerFrame& frame);
  void OnCredit(ShardId from, const CreditFrame& frame);

  uint64_t rows_sent() const { return total_rows_sent_; }
  uint64_t bytes_sent() const { return total_bytes_sent_; }

 private:
  size_t IndexOf(ExchangeId exchange, ShardId peer) const {
    return static_cast<size_t>(exchange.value()) * shard_count_ + peer.value();
  }

  Circuit* const circuit_;
  Link* const link_;
  const ShardId shard_;
  const uint16_t shard_count_;
  FlowControl flow_control_;

  Epoch epoch_;
  // By exchange and peer, of the open epoch and the stages that are not over.
  std::vector<uint64_t> rows_sent_;
  std::vector<uint64_t> rows_received_;
  std::vector<std::vector<ExchangeId>> used_in_stage_;         // exchanges with rows sent, by the stage they start in
  std::vector<std::vector<uint64_t>> rows_received_in_stage_;  // by stage and peer
  std::vector<uint16_t> markers_;                              // by stage
  uint64_t total_rows_sent_ = 0;
  uint64_t total_bytes_sent_ = 0;
};

}  // namespace freshet
