// An epoch on one shard: CUT, take and run side by side (rows are taken only when nothing else can run, so what waits
// in the circuit stays small), TAKEN, markers stage by stage, DONE, COMMIT. Frames of an epoch whose cut is still on
// its way (another link was faster) are held back; credits bound them.
#include "engine/runtime/shard_loop.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// The same error, also with what it carries, and the table's name in front.
absl::Status OfTable(std::string_view table, const absl::Status& status) {
  absl::Status named(status.code(), absl::StrCat("table ", AbslView(table), ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { named.SetPayload(url, payload); });
  return named;
}

}  // namespace

// Delivers to the own shard through a queue, so that a frame never arrives inside the call that sent it.
class ShardLoop::LocalLink : public Link {
 public:
  explicit LocalLink(ShardLoop* loop) : loop_(loop) {}

  void Send(ShardId to, Frame frame) override {
    if (to == loop_->circuit_->shard()) {
      loop_->local_.push_back(std::move(frame));
    } else {
      loop_->link_->Send(to, std::move(frame));
    }
  }

 private:
  ShardLoop* const loop_;
};

ShardLoop::ShardLoop(Options options, std::unique_ptr<Circuit> circuit, std::vector<Committable*> committables,
                     Link* link, const Clock* clock, CheckpointTarget* checkpoints)
    : options_(std::move(options)),
      circuit_(std::move(circuit)),
      committables_(std::move(committables)),
      link_(link),
      clock_(clock),
      checkpoints_(checkpoints),
      local_link_(std::make_unique<LocalLink>(this)),
      rows_to_take_(circuit_->source_count()) {
  if (circuit_->shard_count() > 1) {
    exchange_ = std::make_unique<Exchange>(circuit_.get(), link_, options_.credit_window_bytes);
  }
}

ShardLoop::~ShardLoop() = default;

void ShardLoop::Conduct(Conductor::Options options, Journal* journal) {
  CHECK_EQ(circuit_->shard(), ShardId(0)) << "shard 0 conducts";
  options.shard_count = circuit_->shard_count();
  options.source_count = circuit_->source_count();
  conductor_ = std::make_unique<Conductor>(std::move(options), clock_, journal, local_link_.get());
}

absl::Status ShardLoop::Start(SourcePositions from, bool replay) {
  from_ = std::move(from);
  from_.resize(circuit_->source_count());
  if (!replay) OpenOrContinue(std::nullopt);
  if (conductor_ != nullptr) conductor_->Start();
  return failure_;
}

bool ShardLoop::OpenOrContinue(const std::optional<SourcePositions>& until) {
  for (uint32_t index = 0; index < circuit_->source_count(); ++index) {
    Source& source = circuit_->source(SourceId(index));
    std::optional<Positions> end;
    if (until) end = index < until->size() ? (*until)[index] : Positions();
    if (sources_open_) {
      source.Continue(end);
      continue;
    }
    absl::Status status = source.Open(from_[index], end);
    if (!status.ok()) {
      failure_ = OfTable(circuit_->source_name(SourceId(index)), status);
      return false;
    }
  }
  sources_open_ = true;
  source_ready_ = true;
  return true;
}

void ShardLoop::OnFrame(ShardId from, Frame frame) { Handle(from, std::move(frame)); }

void ShardLoop::HoldBack(ShardId from, Frame frame) { held_back_.emplace_back(from, std::move(frame)); }

void ShardLoop::Handle(ShardId from, Frame frame) {
  if (auto* data = std::get_if<DataFrame>(&frame)) {
    if (data->epoch > status_.current) return HoldBack(from, std::move(frame));
    exchange_->OnData(from, std::move(*data));
  } else if (auto* marker = std::get_if<MarkerFrame>(&frame)) {
    if (marker->epoch > status_.current) return HoldBack(from, std::move(frame));
    exchange_->OnMarker(from, *marker);
  } else if (auto* credit = std::get_if<CreditFrame>(&frame)) {
    exchange_->OnCredit(from, *credit);
  } else if (auto* cut = std::get_if<CutFrame>(&frame)) {
    CHECK_EQ(from, ShardId(0)) << "a cut that is not from the conductor";
    OnCut(std::move(*cut));
  } else if (auto* commit = std::get_if<CommitFrame>(&frame)) {
    CHECK_EQ(from, ShardId(0)) << "a commit that is not from the conductor";
    OnCommit(*commit);
  } else {
    CHECK(conductor_ != nullptr) << "a frame for the conductor came to shard " << circuit_->shard();
    if (auto* waiting = std::get_if<WaitingFrame>(&frame)) conductor_->OnWaiting(from, *waiting);
    if (auto* taken = std::get_if<TakenFrame>(&frame)) conductor_->OnTaken(from, *taken);
    if (auto* done = std::get_if<DoneFrame>(&frame)) conductor_->OnDone(from, *done);
    if (auto* sinks = std::get_if<SinksFrame>(&frame)) conductor_->OnSinks(from, *sinks);
  }
}

void ShardLoop::OnCut(CutFrame frame) {
  CHECK(status_.phase == Phase::kIdle) << "cut " << frame.epoch << " came in the middle of epoch " << status_.current;
  CHECK_LT(status_.current, frame.epoch) << "epochs do not grow";
  cut_ = std::move(frame);
  if (options_.on_begun) options_.on_begun(cut_.epoch);
  status_.phase = Phase::kTaking;
  status_.current = cut_.epoch;
  status_.rows_in_epoch = 0;
  bytes_in_epoch_ = 0;
  run_micros_ = 0;
  if (cut_.sinks) {
    cut_.sinks->positions.resize(options_.sinks.size());
    for (size_t sink = 0; sink < options_.sinks.size(); ++sink) {
      options_.sinks[sink]->Start({cut_.sinks->history, cut_.sinks->positions[sink]});
    }
    for (Committable* committable : committables_) committable->StartHistory(cut_.sinks->history);
  }
  if ((cut_.until || !sources_open_) && !OpenOrContinue(cut_.until)) return;
  for (uint32_t source = 0; source < rows_to_take_.size(); ++source) {
    rows_to_take_[source] = circuit_->source(SourceId(source)).Waiting().rows;
  }
  for (uint32_t source = 0; source < cut_.ended.size(); ++source) {
    if (cut_.ended[source]) circuit_->EndSource(SourceId(source));
  }
  if (exchange_ != nullptr) exchange_->OpenEpoch(cut_.epoch);
  for (Committable* committable : committables_) committable->Begin(cut_.epoch, cut_.load);
  circuit_->OpenEpoch({cut_.epoch, cut_.clock_micros});
  for (auto& [from, held] : std::exchange(held_back_, {})) Handle(from, std::move(held));
}

void ShardLoop::OnCommit(const CommitFrame& frame) {
  CHECK(status_.phase == Phase::kDone && frame.epoch == status_.current)
      << "commit of epoch " << frame.epoch << " came in epoch " << status_.current;
  status_.phase = Phase::kIdle;
  status_.committed = frame.epoch;
  status_.load_complete = frame.load_complete;
  status_.finished = frame.finished;
  for (Committable* committable : committables_) {
    committable->Commit({frame.epoch, frame.load_complete, frame.finished, frame.replaying});
  }
  if (frame.finished) {
    told_drained_ = false;
    source_ready_ = true;
  }
}

bool ShardLoop::Step() {
  if (!failure_.ok() || !CheckHealth()) return false;
  const int64_t start = clock_->MonotonicMicros();
  bool worked = false;
  do {
    if (!local_.empty()) {
      Frame frame = std::move(local_.front());
      local_.pop_front();
      Handle(circuit_->shard(), std::move(frame));
    } else if (!WorkOnce() && !(conductor_ != nullptr && conductor_->Poll())) {
      return worked;
    }
    worked = true;
  } while (failure_.ok() && clock_->MonotonicMicros() - start < options_.slice_micros);
  return worked;
}

std::optional<int64_t> ShardLoop::NextWakeMicros() const {
  return conductor_ == nullptr ? std::nullopt : conductor_->NextWakeMicros();
}

bool ShardLoop::WorkOnce() {
  switch (status_.phase) {
    case Phase::kIdle:
      if (source_ready_) {
        TellSinks();
        TellWaiting();
      }
      return !local_.empty();
    case Phase::kTaking:
    case Phase::kRunning: {
      const int64_t start = clock_->MonotonicMicros();
      bool worked = circuit_->RunOne() || (status_.phase == Phase::kTaking && TakeOnce());
      if (!worked) return false;
      if (circuit_->sealed()) EndEpoch();
      run_micros_ += clock_->MonotonicMicros() - start;
      return true;
    }
    case Phase::kDone:
      return false;
  }
  return false;
}

// Takes one batch, or ends the taking. False: it must wait for rows or credit.
bool ShardLoop::TakeOnce() {
  source_ready_ = false;
  const uint32_t count = circuit_->source_count();
  if (in_unit_ && TakeFrom(*in_unit_)) return true;
  if (in_unit_) return false;
  if (!AtLimit()) {
    for (uint32_t tried = 0; tried < count; ++tried) {
      uint32_t source = next_source_;
      next_source_ = (next_source_ + 1) % count;
      if (TakeFrom(source)) return true;
    }
    if (!MayEndTaking()) return false;
  }
  EndTaking();
  return true;
}

bool ShardLoop::TakeFrom(uint32_t index) {
  const SourceId id(index);
  Source& source = circuit_->source(id);
  if (!circuit_->CanTake(id)) return false;
  if (!cut_.until) {
    if (cut_.load ? source.Progress().loaded || MustWait(index) : rows_to_take_[index] == 0) return false;
  }
  std::optional<DeltaBatch> batch = source.Take();
  in_unit_ = source.InUnit() ? std::optional(index) : std::nullopt;
  if (!batch) {
    rows_to_take_[index] = 0;
    return false;
  }
  rows_to_take_[index] -= std::min<uint64_t>(rows_to_take_[index], batch->size());
  status_.rows_in_epoch += batch->size();
  status_.rows_taken += batch->size();
  bytes_in_epoch_ += BatchBytes(*batch);
  circuit_->PushSource(id, *batch);
  return true;
}

// What all shards know of the others decides, so that a source is taken from on all of them or on none.
bool ShardLoop::MustWait(uint32_t index) const {
  if (options_.load_last.empty() || !options_.load_last[index]) return false;
  for (uint32_t other = 0; other < options_.load_last.size(); ++other) {
    if (!options_.load_last[other] && (cut_.ended.empty() || !cut_.ended[other])) return true;
  }
  return false;
}

// What is taken last is let through once it is told that the others have ended: that they have must be known here.
bool ShardLoop::LoadEndsHere() const {
  bool some_wait = false, loaded = true, finished = true;
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    if (MustWait(source)) {
      some_wait = true;
      continue;
    }
    const SourceProgress progress = Progress(SourceId(source));
    loaded &= progress.loaded;
    finished &= progress.finished;
  }
  return some_wait ? finished : loaded;
}

bool ShardLoop::AtLimit() const {
  if (cut_.until) return false;
  const TakeLimits& limits = cut_.load ? options_.load_limits : options_.limits;
  return status_.rows_in_epoch >= limits.max_rows || bytes_in_epoch_ >= limits.max_bytes;
}

// Asked when no source gives a batch now.
bool ShardLoop::MayEndTaking() const {
  if (cut_.until) return AllSources(&SourceProgress::at_until);
  if (cut_.load) return LoadEndsHere();
  // What is left waits for credit.
  return std::all_of(rows_to_take_.begin(), rows_to_take_.end(), [](uint64_t rows) { return rows == 0; });
}

void ShardLoop::EndTaking() {
  TakenFrame taken;
  taken.epoch = cut_.epoch;
  taken.rows = status_.rows_in_epoch;
  taken.loaded = AllSources(&SourceProgress::loaded);
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    taken.positions.push_back(circuit_->source(SourceId(source)).TakePositions());
  }
  SendToConductor(std::move(taken));
  if (options_.on_taken) options_.on_taken(cut_.epoch);
  circuit_->EndSources();
  status_.phase = Phase::kRunning;
}

void ShardLoop::EndEpoch() {
  if (cut_.checkpoint) {
    CHECK(checkpoints_ != nullptr) << "a checkpoint was asked for, but there is no place for it";
    circuit_->SaveDirty(checkpoints_->Begin(cut_.epoch));
    checkpoints_->End(cut_.epoch);
  }
  // From the next DONE on, the sources tell of rows after the journaled ones.
  if (cut_.replay_ends) OpenOrContinue(std::nullopt);
  DoneFrame done;
  done.epoch = cut_.epoch;
  done.waiting = Waiting();
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    done.event_times.push_back(circuit_->source(SourceId(source)).EventTimeMicros());
  }
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    done.ended.push_back(Progress(SourceId(source)).finished);
  }
  told_finished_ = AllSources(&SourceProgress::finished);
  done.run_micros = run_micros_;
  for (Sink* sink : options_.sinks) done.sinks.push_back(sink->TakePositions());
  done.sinks_full = told_sinks_full_ = SinksFull();
  told_rows_ = done.waiting.rows > 0;
  told_full_ = done.waiting.rows >= options_.limits.max_rows || done.waiting.bytes >= options_.limits.max_bytes;
  source_ready_ = true;
  status_.phase = Phase::kDone;
  SendToConductor(std::move(done));
}

bool ShardLoop::SinksFull() const {
  return std::any_of(options_.sinks.begin(), options_.sinks.end(), [](const Sink* sink) { return !sink->HasRoom(); });
}

void ShardLoop::TellSinks() {
  const bool full = SinksFull();
  const bool drained = status_.finished && std::all_of(options_.sinks.begin(), options_.sinks.end(),
                                                       [](const Sink* sink) { return sink->Drained(); });
  if (full == told_sinks_full_ && !(drained && !told_drained_)) return;
  told_sinks_full_ = full;
  told_drained_ = drained;
  SendToConductor(SinksFrame{full, drained});
}

// Only edges are told, so an idle shard is silent, and a busy one sends nothing per row.
void ShardLoop::TellWaiting() {
  source_ready_ = false;
  if (!sources_open_) return;
  const WaitingInput waiting = Waiting();
  const bool rows = waiting.rows > 0;
  const bool full = waiting.rows >= options_.limits.max_rows || waiting.bytes >= options_.limits.max_bytes;
  const bool finished = AllSources(&SourceProgress::finished);
  if ((rows && !told_rows_) || (full && !told_full_) || (finished && !told_finished_)) {
    SendToConductor(WaitingFrame{waiting});
  }
  told_rows_ = rows;
  told_full_ = full;
  told_finished_ = finished;
}

WaitingInput ShardLoop::Waiting() const {
  WaitingInput sum;
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    WaitingInput waiting = circuit_->source(SourceId(source)).Waiting();
    sum.rows += waiting.rows;
    sum.bytes += waiting.bytes;
  }
  return sum;
}

bool ShardLoop::AllSources(bool SourceProgress::* flag) const {
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    if (!(Progress(SourceId(source)).*flag)) return false;
  }
  return true;
}

bool ShardLoop::CheckHealth() {
  failure_ = ConductorFailure();
  if (!failure_.ok()) return false;
  if (!source_ready_) return true;
  for (const Sink* sink : options_.sinks) {
    failure_ = sink->Health();
    if (!failure_.ok()) return false;
  }
  if (!sources_open_) return true;
  for (uint32_t source = 0; source < circuit_->source_count(); ++source) {
    absl::Status health = circuit_->source(SourceId(source)).Health();
    if (health.ok()) continue;
    failure_ = OfTable(circuit_->source_name(SourceId(source)), health);
    return false;
  }
  return true;
}

void ShardLoop::SendToConductor(Frame frame) { local_link_->Send(ShardId(0), std::move(frame)); }

ShardStatus ShardLoop::status() const {
  ShardStatus status = status_;
  if (exchange_ != nullptr) {
    status.exchange_rows_sent = exchange_->rows_sent();
    status.exchange_bytes_sent = exchange_->bytes_sent();
  }
  return status;
}

}  // namespace freshet
