#include "engine/runtime/conductor.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {

Conductor::Conductor(Options options, const Clock* clock, Journal* journal, Link* link)
    : options_(std::move(options)),
      clock_(clock),
      journal_(journal),
      link_(link),
      policy_(options_.cut_policy, options_.shard_count),
      next_epoch_(options_.first_epoch),
      loading_(options_.load),
      has_taken_(options_.shard_count),
      has_done_(options_.shard_count),
      sinks_full_(options_.shard_count),
      drained_(options_.shard_count),
      waiting_(options_.shard_count),
      event_times_(options_.shard_count, std::vector<std::optional<int64_t>>(options_.source_count)) {
  CHECK_LT(Epoch(), options_.first_epoch) << "epoch 0 stands before the first one";
}

void Conductor::Start() {
  started_ = true;
  FetchReplay();
}

// One ahead, so that the last one is known to be it.
void Conductor::FetchReplay() {
  next_replay_.reset();
  if (options_.replay == nullptr) return;
  auto next = options_.replay->Next();
  if (next.ok()) {
    next_replay_ = *std::move(next);
  } else {
    failure_ = next.status();
  }
}

// A load, a replay, the first epoch and that of a history do not wait for rows.
bool Conductor::MustCut() const {
  return replaying() || loading_ || checkpoint_wanted_ || status_.cut == Epoch() || status_.cut < options_.history;
}

bool Conductor::Poll() {
  if (!started_ || !failure_.ok() || held_) return false;
  switch (status_.phase) {
    case Phase::kWaiting:
      if (stopped_) return false;
      // What is replayed was cut before, and what of it is not written yet had room then.
      if (status_.sinks_full && !replaying()) return false;
      if (!MustCut() && !policy_.ShouldCut(clock_->MonotonicMicros())) return false;
      Cut();
      return true;
    case Phase::kCommitting:
      if (!replayed_ && journal_->DurableEpoch() < cut_.epoch) return false;
      Commit();
      return true;
    case Phase::kFinished:
      if (!checkpoint_wanted_ || stopped_) return false;
      Cut();
      return true;
    case Phase::kRunning:
      return false;
  }
  return false;
}

std::optional<int64_t> Conductor::NextWakeMicros() const {
  if (!started_ || held_ || stopped_ || status_.phase != Phase::kWaiting) return std::nullopt;
  if (status_.sinks_full && !replaying()) return std::nullopt;
  if (MustCut()) return clock_->MonotonicMicros();
  return policy_.NextWakeMicros();
}

void Conductor::Cut() {
  cut_ = CutFrame();
  cut_.checkpoint = std::exchange(checkpoint_wanted_, false);
  replayed_.reset();
  bool loaded = false;
  if (replaying()) {
    const CutRecord record = *std::exchange(next_replay_, std::nullopt);
    CHECK_LT(status_.cut, record.epoch) << "the journal's epochs do not grow";
    cut_.epoch = record.epoch;
    cut_.load = record.load;
    cut_.clock_micros = record.clock_micros;
    cut_.watermarks = record.watermarks;
    cut_.until = record.positions;
    replayed_ = record.positions;
    loaded = record.loaded;
    next_epoch_ = std::max(next_epoch_, record.epoch.Next());
    FetchReplay();
    cut_.replay_ends = !replaying();
    if (!record.load) loading_ = false;
  } else {
    cut_.epoch = next_epoch_;
    next_epoch_ = next_epoch_.Next();
    cut_.load = loading_;
    cut_.clock_micros = std::max(clock_->UnixMicros(), record_.clock_micros);  // a clock that is set back stands still
    cut_.watermarks.resize(options_.source_count);
    // The minimum over the shards that have partitions of the source.
    for (uint32_t source = 0; source < options_.source_count; ++source) {
      std::optional<int64_t>& watermark = cut_.watermarks[source];
      for (const auto& of_shard : event_times_) {
        if (of_shard[source]) watermark = std::min(watermark.value_or(*of_shard[source]), *of_shard[source]);
      }
    }
  }
  record_ = CutRecord{cut_.epoch,        SourcePositions(options_.source_count),
                      cut_.clock_micros, cut_.watermarks,
                      cut_.load,         replayed_ ? loaded : true,
                      SinkPositions()};
  if (!replayed_) record_.sinks = std::exchange(sinks_, {});
  if (std::find(ended_.begin(), ended_.end(), true) != ended_.end()) cut_.ended = ended_;
  if (status_.cut == Epoch()) {
    cut_.sinks.emplace();
    cut_.sinks->history = options_.history == Epoch() ? cut_.epoch : options_.history;
    cut_.sinks->positions = options_.sinks;
    if (options_.replay != nullptr) MergeSinkPositions(options_.replay->Sinks(), &cut_.sinks->positions);
  }
  taken_ = done_ = 0;
  std::fill(has_taken_.begin(), has_taken_.end(), false);
  std::fill(has_done_.begin(), has_done_.end(), false);
  ended_here_.assign(options_.source_count, true);
  run_micros_ = 0;
  rows_ = 0;
  cut_at_ = clock_->MonotonicMicros();
  policy_.OnCut(cut_at_);
  status_.cut = cut_.epoch;
  status_.phase = Phase::kRunning;
  SendAll(cut_);
}

void Conductor::OnWaiting(ShardId from, const WaitingFrame& frame) {
  // What is told while an epoch runs was sent before its cut came; DONE tells anew.
  if (status_.phase == Phase::kWaiting) policy_.OnWaiting(from, frame.waiting, clock_->MonotonicMicros());
}

void Conductor::OnTaken(ShardId from, const TakenFrame& frame) {
  CHECK_EQ(frame.epoch, cut_.epoch) << "TAKEN of another epoch from shard " << from;
  CHECK(status_.phase == Phase::kRunning && !has_taken_[from.value()]) << "TAKEN twice from shard " << from;
  has_taken_[from.value()] = true;
  CHECK_LE(frame.positions.size(), record_.positions.size()) << "from shard " << from;
  for (size_t source = 0; source < frame.positions.size(); ++source) {
    for (const auto& [partition, position] : frame.positions[source]) {
      bool is_new = record_.positions[source].emplace(partition, position).second;
      CHECK(is_new) << "two shards read partition " << partition;
    }
  }
  if (!replayed_) record_.loaded &= frame.loaded;
  rows_ += frame.rows;
  if (++taken_ < options_.shard_count) return;
  if (replayed_) {
    CompareReplay();
    held_ = !replaying() && options_.on_replayed != nullptr && !options_.on_replayed();
  } else {
    journal_->Append(record_);
  }
}

// A replayed epoch stands in the journal already; its input may have changed since.
void Conductor::CompareReplay() {
  if (options_.on_difference == nullptr) return;
  for (uint32_t source = 0; source < record_.positions.size(); ++source) {
    const Positions& now = record_.positions[source];
    if (source >= replayed_->size()) break;
    for (const auto& [partition, was] : (*replayed_)[source]) {
      auto is = now.find(partition);
      bool same = is != now.end() && is->second.offset == was.offset && is->second.records == was.records &&
                  is->second.checksum == was.checksum;
      if (!same) {
        options_.on_difference({cut_.epoch, SourceId(source), partition, is == now.end() ? Position() : is->second});
      }
    }
  }
}

void Conductor::OnDone(ShardId from, const DoneFrame& frame) {
  CHECK_EQ(frame.epoch, cut_.epoch) << "DONE of another epoch from shard " << from;
  CHECK(status_.phase == Phase::kRunning && has_taken_[from.value()] && !has_done_[from.value()])
      << "DONE out of turn from shard " << from;
  has_done_[from.value()] = true;
  waiting_[from.value()] = frame.waiting;
  for (uint32_t source = 0; source < options_.source_count; ++source) {
    if (source >= frame.ended.size() || !frame.ended[source]) ended_here_[source] = false;
  }
  run_micros_ = std::max(run_micros_, frame.run_micros);
  MergeSinkPositions(frame.sinks, &sinks_);
  NoteSinksFull(from, frame.sinks_full);
  for (size_t source = 0; source < std::min(frame.event_times.size(), event_times_[from.value()].size()); ++source) {
    if (frame.event_times[source]) event_times_[from.value()][source] = frame.event_times[source];
  }
  if (++done_ < options_.shard_count) return;
  ended_ = ended_here_;
  status_.phase = Phase::kCommitting;
  done_at_ = clock_->MonotonicMicros();
  run_durations_.Add(done_at_ - cut_at_);
}

// What is told while an epoch runs was sent before its cut came; DONE tells anew.
void Conductor::OnSinks(ShardId from, const SinksFrame& frame) {
  if (status_.phase == Phase::kWaiting) NoteSinksFull(from, frame.full);
  if (status_.phase != Phase::kFinished) return;
  drained_[from.value()] = frame.drained;
  status_.drained = std::find(drained_.begin(), drained_.end(), false) == drained_.end();
}

void Conductor::NoteSinksFull(ShardId from, bool full) {
  sinks_full_[from.value()] = full;
  status_.sinks_full = std::find(sinks_full_.begin(), sinks_full_.end(), true) != sinks_full_.end();
}

void Conductor::Commit() {
  const int64_t now = clock_->MonotonicMicros();
  if (loading_ && record_.loaded) loading_ = false;
  // A replay shows nothing before its last epoch: a reader has seen that one.
  status_.load_complete = !loading_ && !replaying();
  const bool ended = std::find(ended_.begin(), ended_.end(), false) == ended_.end();
  const bool finished = ended && !replaying() && status_.cut >= options_.history;
  status_.committed = cut_.epoch;
  ++status_.epochs;
  if (replayed_) ++status_.replayed;
  status_.rows += rows_;
  status_.last_epoch_micros = now - cut_at_;
  if (!replayed_) journal_durations_.Add(now - done_at_);
  policy_.OnDone(waiting_, {run_micros_, replayed_ ? 0 : now - done_at_}, now);
  status_.phase = finished ? Phase::kFinished : Phase::kWaiting;
  status_.drained = false;
  std::fill(drained_.begin(), drained_.end(), false);
  SendAll(CommitFrame{cut_.epoch, status_.load_complete, finished, replaying()});
}

void Conductor::SendAll(const Frame& frame) {
  for (uint16_t shard = 0; shard < options_.shard_count; ++shard) link_->Send(ShardId(shard), frame);
}

}  // namespace freshet
