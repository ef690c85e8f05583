#include "engine/runtime/exchange.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {

Exchange::Exchange(Circuit* circuit, Link* link, size_t window_bytes)
    : circuit_(circuit),
      link_(link),
      shard_(circuit->shard()),
      shard_count_(circuit->shard_count()),
      flow_control_(circuit->exchange_count(), shard_count_, window_bytes),
      rows_sent_(static_cast<size_t>(circuit->exchange_count()) * shard_count_),
      rows_received_(rows_sent_.size()),
      used_in_stage_(circuit->stage_count()),
      rows_received_in_stage_(circuit->stage_count(), std::vector<uint64_t>(shard_count_)),
      markers_(circuit->stage_count()) {
  circuit_->Attach(this);
}

void Exchange::OpenEpoch(Epoch epoch) {
  epoch_ = epoch;
  std::fill(markers_.begin(), markers_.end(), 0);
}

void Exchange::Send(ExchangeId exchange, ShardId to, DeltaBatch batch) {
  const size_t bytes = BatchBytes(batch);
  std::vector<ExchangeId>& used = used_in_stage_[circuit_->exchange_starts_in(exchange).value()];
  if (std::find(used.begin(), used.end(), exchange) == used.end()) used.push_back(exchange);
  rows_sent_[IndexOf(exchange, to)] += batch.size();
  total_rows_sent_ += batch.size();
  total_bytes_sent_ += bytes;
  flow_control_.OnSent(exchange, to, bytes);
  link_->Send(to, DataFrame{exchange, epoch_, 0, std::move(batch), bytes});
}

void Exchange::Taken(ExchangeId exchange, ShardId from, size_t bytes) {
  if (auto credit = flow_control_.OnTaken(exchange, from, bytes)) link_->Send(from, CreditFrame{exchange, *credit});
}

void Exchange::EndStage(StageId stage) {
  std::vector<ExchangeId>& used = used_in_stage_[stage.value()];
  for (uint16_t peer = 0; peer < shard_count_; ++peer) {
    if (ShardId(peer) == shard_) continue;
    MarkerFrame marker;
    marker.epoch = epoch_;
    marker.stage = stage;
    for (ExchangeId exchange : used) {
      uint64_t& rows = rows_sent_[IndexOf(exchange, ShardId(peer))];
      if (rows > 0) marker.rows_sent.push_back({exchange, rows});
      rows = 0;
    }
    link_->Send(ShardId(peer), std::move(marker));
  }
  used.clear();
}

void Exchange::OnData(ShardId from, DataFrame frame) {
  CHECK_EQ(frame.epoch, epoch_) << "rows of another epoch from shard " << from;
  CHECK_LT(frame.exchange.value(), circuit_->exchange_count()) << "from shard " << from;
  CHECK(from != shard_ && from.value() < shard_count_) << "rows from shard " << from;
  rows_received_[IndexOf(frame.exchange, from)] += frame.batch.size();
  rows_received_in_stage_[circuit_->exchange_starts_in(frame.exchange).value()][from.value()] += frame.batch.size();
  circuit_->Receive(frame.exchange, from, std::move(frame.batch), frame.bytes);
}

void Exchange::OnMarker(ShardId from, const MarkerFrame& frame) {
  CHECK_EQ(frame.epoch, epoch_) << "marker of another epoch from shard " << from;
  CHECK_LT(frame.stage.value(), circuit_->stage_count()) << "marker from shard " << from;
  uint64_t listed = 0;
  for (const auto& [exchange, rows] : frame.rows_sent) {
    uint64_t& received = rows_received_[IndexOf(exchange, from)];
    CHECK_EQ(received, rows) << "exchange " << exchange << " lost or doubled rows of shard " << from << " in epoch "
                             << epoch_ << ": it sent " << rows << ", " << received << " came";
    received = 0;
    listed += rows;
  }
  uint64_t& received_in_stage = rows_received_in_stage_[frame.stage.value()][from.value()];
  CHECK_EQ(received_in_stage, listed) << "rows of shard " << from << " that its marker does not list, epoch " << epoch_;
  received_in_stage = 0;
  if (++markers_[frame.stage.value()] == shard_count_ - 1) circuit_->OnPeersSealed(frame.stage);
}

void Exchange::OnCredit(ShardId from, const CreditFrame& frame) {
  if (flow_control_.OnCredit(frame.exchange, from, frame.bytes)) circuit_->OnCredit();
}

}  // namespace freshet
