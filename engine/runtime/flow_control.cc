#include "engine/runtime/flow_control.h"

#include "engine/base/check.h"

namespace freshet {

FlowControl::FlowControl(uint32_t exchange_count, uint16_t shard_count, size_t window_bytes)
    : shard_count_(shard_count),
      window_bytes_(window_bytes),
      outstanding_(static_cast<size_t>(exchange_count) * shard_count),
      taken_(static_cast<size_t>(exchange_count) * shard_count),
      full_peers_(exchange_count) {
  CHECK(window_bytes_ > 0);
}

void FlowControl::OnSent(ExchangeId exchange, ShardId to, size_t bytes) {
  size_t& outstanding = outstanding_[IndexOf(exchange, to)];
  bool was_full = outstanding >= window_bytes_;
  outstanding += bytes;
  if (!was_full && outstanding >= window_bytes_) ++full_peers_[exchange.value()];
}

bool FlowControl::OnCredit(ExchangeId exchange, ShardId from, size_t bytes) {
  size_t& outstanding = outstanding_[IndexOf(exchange, from)];
  CHECK_LE(bytes, outstanding) << "shard " << from << " gave back more than it got on exchange " << exchange;
  bool was_full = outstanding >= window_bytes_;
  outstanding -= bytes;
  return was_full && outstanding < window_bytes_ && --full_peers_[exchange.value()] == 0;
}

// An eighth of a window at a time: small epochs send no credit frames at all, and a sender that waits for credit gets
// it as the receiver works, since less than an eighth is ever kept back.
std::optional<size_t> FlowControl::OnTaken(ExchangeId exchange, ShardId from, size_t bytes) {
  size_t& taken = taken_[IndexOf(exchange, from)];
  taken += bytes;
  if (taken * 8 < window_bytes_) return std::nullopt;
  return std::exchange(taken, 0);
}

}  // namespace freshet
