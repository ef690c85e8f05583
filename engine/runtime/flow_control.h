// Counts the bytes on their way between shards, per exchange and peer, against a window. Senders stop at a full window,
// so what a receiver has to hold is bounded by windows, not by how fast the others are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/ids.h"

namespace freshet {

class FlowControl {
 public:
  static constexpr size_t kDefaultWindowBytes = 4 << 20;

  FlowControl(uint32_t exchange_count, uint16_t shard_count, size_t window_bytes);

  // Sender: whether every peer has room. A sender may overshoot by what one call of an operator emits.
  bool HasCredit(ExchangeId exchange) const { return full_peers_[exchange.value()] == 0; }
  void OnSent(ExchangeId exchange, ShardId to, size_t bytes);
  // Sender: a peer has taken bytes. True: the exchange had no credit and has it again.
  bool OnCredit(ExchangeId exchange, ShardId from, size_t bytes);

  // Receiver: rows of a peer were taken. Gives the credit to send back, if it is worth a frame.
  std::optional<size_t> OnTaken(ExchangeId exchange, ShardId from, size_t bytes);

 private:
  size_t IndexOf(ExchangeId exchange, ShardId peer) const {
    return static_cast<size_t>(exchange.value()) * shard_count_ + peer.value();
  }

  const size_t shard_count_;
  const size_t window_bytes_;
  std::vector<size_t> outstanding_;   // by exchange and peer: sent, not yet given back
  std::vector<size_t> taken_;         // by exchange and peer: taken, not yet told
  std::vector<uint32_t> full_peers_;  // by exchange
};

}  // namespace freshet
