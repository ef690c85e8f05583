#include "server/shard/pipeline_shard.h"

#include <algorithm>

#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/shard/ingest/shard_source.h"
#include "server/shard/load_order.h"
#include "server/shard/shard_report.h"

namespace freshet {
namespace {

// Numbers left of the block when more are asked for: some minutes at the fastest rate of epochs.
constexpr uint64_t kEpochsLeftToAsk = 500'000;

uint64_t OrDefault(uint64_t value, uint64_t otherwise) { return value == 0 ? otherwise : value; }

TakeLimits LimitsOf(const v1::Options& options) {
  TakeLimits limits;
  limits.max_rows = OrDefault(options.epoch_max_rows(), limits.max_rows);
  limits.max_bytes = OrDefault(options.epoch_max_bytes(), limits.max_bytes);
  return limits;
}

TakeLimits LoadLimitsOf(const v1::Options& options) {
  TakeLimits limits = kLoadTakeLimits;
  limits.max_rows = OrDefault(options.load_epoch_max_rows(), limits.max_rows);
  limits.max_bytes = OrDefault(options.load_epoch_max_bytes(), limits.max_bytes);
  return limits;
}

ChangeRetention::Options RetentionOf(const v1::ShardLimits& limits) {
  ChangeRetention::Options options;
  options.bytes_max = limits.change_retention_bytes();
  options.age_micros_max = static_cast<int64_t>(limits.change_retention_ms()) * 1000;
  return options;
}

}  // namespace

PipelineShard::PipelineShard(Options options)
    : options_(std::move(options)),
      start_(*options_.start),
      retention_(RetentionOf(start_.limits()), options_.clock),
      mark_(EpochMarkPath(start_.socket_folder(), start_.shard())),
      end_epoch_(start_.end_epoch()) {}

PipelineShard::~PipelineShard() = default;

absl::StatusOr<std::unique_ptr<PipelineShard>> PipelineShard::Make(Options options) {
  std::unique_ptr<PipelineShard> shard(new PipelineShard(std::move(options)));
  const v1::StartShard& start = shard->start_;
  SourceContext context;
  context.pipeline = start.pipeline();
  context.files_root = start.files_root();
  context.shard = ShardId(static_cast<uint16_t>(start.shard()));
  context.shard_count = start.shard_count();
  context.wake = shard->options_.wake;
  context.clock = shard->options_.clock;
  context.queue_bytes = start.limits().source_ahead_bytes();
  context.dead_letters.count = start.limits().dead_letters();
  context.dead_letters.bytes = start.limits().dead_letter_bytes();
  if (start.shard() == 0) {
    shard->OpenDesk();
    context.ingest = shard->feed_.get();
  }
  ASSIGN_OR_RETURN(auto opened, shard->options_.open_sources(start.plan(), *shard->options_.extents, context));

  shard->load_last_ = SourcesLoadedLast(start.plan(), *shard->options_.extents);

  std::vector<std::unique_ptr<Source>> sources;
  for (std::unique_ptr<ConnectorSource>& source : opened) {
    shard->sources_.push_back(source.get());
    auto epoch = [raw = shard.get()] { return raw->loop_->status().current; };
    sources.push_back(std::make_unique<ShardSource>(std::move(source), std::move(epoch)));
  }
  SinkContext sink_context;
  sink_context.pipeline = start.pipeline();
  sink_context.pipeline_uid = start.pipeline_uid();
  sink_context.files_root = start.files_root();
  sink_context.shard = context.shard;
  sink_context.shard_count = context.shard_count;
  sink_context.wake = context.wake;
  sink_context.clock = context.clock;
  sink_context.disk = shard->options_.disk;
  ASSIGN_OR_RETURN(shard->sinks_, shard->options_.open_sinks(start.plan(), *shard->options_.extents, sink_context));
  BuildOptions build;
  for (const auto& sink : shard->sinks_) build.sinks.push_back(sink.get());
  ASSIGN_OR_RETURN(build.sink_partitions, SinkPartitionCounts(start.plan(), *shard->options_.extents));
  build.shard = context.shard;
  build.shard_count = static_cast<uint16_t>(start.shard_count());
  build.change_retention = &shard->retention_;
  ASSIGN_OR_RETURN(BuiltCircuit built, BuildOperators(start.plan(), std::move(sources), build));
  shard->errors_ = std::move(built.errors);
  shard->views_ = std::move(built.views);
  shard->rings_ = std::move(built.rings);
  shard->feeds_ = std::move(built.feeds);
  shard->circuit_ = std::move(built.circuit);

  ReadQueue::Options read_options;
  read_options.held.hold_micros = static_cast<int64_t>(start.limits().page_hold_ms()) * 1000;
  read_options.held.old_versions_bytes = start.limits().old_versions_bytes();
  ReadQueue::Content content;
  content.plan = &start.plan();
  for (const auto& view : shard->views_) content.views.push_back(view.get());
  content.sources = shard->sources_;
  content.committed = [raw = shard.get()] { return raw->committed_; };
  content.errors = [raw = shard.get()] { return raw->errors_->List(); };
  auto respond = [raw = shard.get()](const v1::ReadResponse& response) {
    v1::FromShard message;
    *message.mutable_read() = response;
    raw->options_.send(message);
  };
  shard->reads_ = std::make_unique<ReadQueue>(read_options, std::move(content), shard->options_.clock, respond);
  std::vector<ChangeRing*> rings;
  for (const auto& ring : shard->rings_) rings.push_back(ring.get());
  ChangeReads::Options change_options;
  change_options.generation = start.generation();
  if (start.shard() == 0) {
    change_options.history = [raw = shard.get()] {
      return raw->changes_ == nullptr ? 0 : raw->changes_->history() + 1;
    };
  }
  shard->change_reads_ = std::make_unique<ChangeReads>(std::move(change_options), std::move(rings), &shard->retention_,
                                                       shard->options_.clock, respond);
  return shard;
}

void PipelineShard::OpenDesk() {
  std::vector<IngestDesk::Table> tables;
  for (const v1::PhysicalSource& source : start_.plan().sources()) {
    if (source.binding().connector() == "http") tables.push_back({source.table(), source.table_uid()});
  }
  IngestDesk::Options options;
  options.pending_bytes_max = start_.limits().ingest_pending_bytes();
  options.keys_max = start_.limits().ingest_keys();
  // What an older log holds must be read first: its keys are not known before.
  if (options_.log->log()->found().revision != 0) options.log_end = options_.log->log()->durable().value();
  IngestDesk::Handlers handlers;
  handlers.answer = [this](const v1::IngestAnswer& answer) {
    v1::FromShard message;
    *message.mutable_ingest() = answer;
    options_.send(message);
  };
  handlers.write = [log = options_.log] { log->Write(); };
  desk_ = std::make_unique<IngestDesk>(options, options_.log->log(), options_.clock, std::move(tables), handlers);
  LogFeed::Handlers feed;
  feed.on_found = [desk = desk_.get()](const RequestRecord& record, LogSpan span) { desk->OnFound(record, span); };
  feed.on_read = [desk = desk_.get()](const std::string& table_uid, uint64_t position) {
    desk->OnRead(table_uid, position);
  };
  feed.on_decoded = [desk = desk_.get()](uint64_t position, IngestOutcome outcome) {
    desk->OnDecoded(position, std::move(outcome));
  };
  feed.on_taken = [this](const std::string& table_uid, uint64_t position) {
    desk_->OnTaken(table_uid, position, loop_->status().current);
  };
  feed_ = std::make_unique<LogFeed>(options_.log->log(), std::move(feed));
}

void PipelineShard::OnLogChanged() {
  if (desk_ == nullptr) return;
  const std::string problem = options_.log->status().problem;
  desk_->SetLogFailure(problem.empty() ? absl::OkStatus() : MakeError(ErrorCode::kDiskFull, problem));
  const LogPosition durable = options_.log->log()->durable();
  if (durable == durable_) return;
  durable_ = durable;
  feed_->TellDurable();
}

std::vector<std::vector<DataType>> PipelineShard::ExchangeTypes() const {
  std::vector<std::vector<DataType>> types(circuit_->exchange_count());
  for (uint32_t i = 0; i < types.size(); ++i) {
    for (const Field& field : circuit_->exchange_schema(ExchangeId(i))) types[i].push_back(field.type);
  }
  return types;
}

absl::Status PipelineShard::Start(Link* link) {
  committed_micros_ = options_.clock->MonotonicMicros();
  ShardLoop::Options options;
  options.limits = LimitsOf(start_.options());
  options.load_limits = LoadLimitsOf(start_.options());
  options.load_last = load_last_;
  options.on_begun = [this](Epoch epoch) { mark_.Set({epoch.value(), loop_->status().committed.value()}); };
  std::vector<Committable*> committables;
  for (const auto& view : views_) committables.push_back(view.get());
  for (const auto& ring : rings_) {
    if (ring != nullptr) committables.push_back(ring.get());
  }
  for (const auto& feed : feeds_) committables.push_back(feed.get());
  for (const auto& sink : sinks_) options.sinks.push_back(sink.get());
  loop_ = std::make_unique<ShardLoop>(options, std::move(circuit_), std::move(committables), link, options_.clock);
  if (start_.shard() == 0) {
    Conductor::Options conduct;
    conduct.shard_count = static_cast<uint16_t>(start_.shard_count());
    conduct.source_count = static_cast<uint32_t>(start_.plan().sources_size());
    conduct.first_epoch = Epoch(start_.first_epoch());
    conduct.load = true;
    conduct.cut_policy.limits = options.limits;
    if (start_.options().epoch_max_age_ms() != 0) {
      conduct.cut_policy.max_age_micros = int64_t{start_.options().epoch_max_age_ms()} * 1000;
    }
    journal_ = std::make_unique<LogJournal>(options_.log);
    replay_ = std::make_unique<LogReplay>(options_.log);
    changes_ = std::make_unique<SourceChanges>(&start_.plan(), options_.log, Epoch(start_.first_epoch()));
    conduct.replay = replay_.get();
    conduct.on_difference = [this](const ReplayDifference& difference) { changes_->Add(difference); };
    conduct.on_replayed = [this] { return changes_->OnReplayed(); };
    conduct.history = changes_->first_epoch();
    loop_->Conduct(std::move(conduct), journal_.get());
  }
  // Partitions without a position start where their stored extents say; the first cut tells whether it is a replay.
  return loop_->Start(SourcePositions(static_cast<size_t>(start_.plan().sources_size())), /*replay=*/true);
}

PipelineShard::Reached PipelineShard::reached() const {
  if (loop_ == nullptr) return {};
  ShardStatus status = loop_->status();
  return {status.committed, status.load_complete, status.finished && Drained()};
}

bool PipelineShard::Drained() const {
  bool own = std::all_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->Drained(); });
  return own && (loop_->conductor() == nullptr || loop_->conductor()->status().drained);
}

bool PipelineShard::Step() {
  if (loop_ == nullptr || !failure_.ok()) return false;
  if (begins_anew()) {
    AwaitHistory();
    return false;
  }
  bool worked = loop_->Step();
  if (!loop_->failure().ok()) failure_ = loop_->failure();
  const bool finished = loop_->status().finished && Drained();
  if (Epoch committed = loop_->status().committed; committed != committed_ || finished != told_finished_) {
    committed_ = committed;
    if (loop_->status().current == committed_) mark_.Set({});  // else the next one has begun in the same step
    told_finished_ = finished;
    AfterCommit();
  }
  worked |= reads_->Step();
  worked |= change_reads_->Step();
  return worked;
}

bool PipelineShard::begins_anew() const { return changes_ != nullptr && changes_->begins_anew_at().has_value(); }

// A replay that differs is not shown: sinks have written what does not come again.
void PipelineShard::AwaitHistory() {
  if (options_.log->log()->durable() < *changes_->begins_anew_at()) return;
  failure_ = MakeError(ErrorCode::kUnavailable, "a source gave other records than before: sinks begin anew");
}

void PipelineShard::AfterCommit() {
  reads_->OnCommitted();
  committed_micros_ = options_.clock->MonotonicMicros();
  if (start_.shard() != 0) return;
  v1::FromShard message;
  v1::Committed& committed = *message.mutable_committed();
  committed.set_epoch(committed_.value());
  committed.set_load_complete(loop_->status().load_complete);
  committed.set_finished(told_finished_);
  committed.set_rows(loop_->conductor()->status().rows);
  committed.set_history(changes_->history());
  for (v1::IngestPosition& position : desk_->OnCommitted(committed_)) *committed.add_ingest() = std::move(position);
  if (committed.load_complete()) desk_->SetLoaded();
  const bool ingest_moved = committed.ingest_size() > 0;
  options_.send(message);
  if (ingest_moved) desk_->AnswerVisible();

  if (committed_.value() + kEpochsLeftToAsk >= end_epoch_ && !asked_epochs_) {
    asked_epochs_ = true;
    v1::FromShard ask;
    ask.mutable_epochs()->set_after(end_epoch_);
    options_.send(ask);
  }
  // The next epoch would have a number that a later generation may be given too.
  if (committed_.value() + 1 >= end_epoch_) {
    failure_ = MakeError(ErrorCode::kUnavailable, "no more epoch numbers could be reserved in the catalog");
  }
}

int64_t PipelineShard::NextWakeMicros() const {
  if (loop_ == nullptr) return INT64_MAX;
  return std::min(loop_->NextWakeMicros().value_or(INT64_MAX), reads_->NextWakeMicros());
}

v1::ShardReport PipelineShard::Report(const Traffic& exchange) const {
  ReportInput input;
  input.start = &start_;
  input.loop = loop_.get();
  for (const auto& view : views_) input.views.push_back(view.get());
  input.kept_change_bytes = retention_.bytes();
  input.sources = sources_;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    input.sinks.push_back(sinks_[i]->Status());
    input.sinks.back().set_error_rows(static_cast<uint64_t>(std::max<int64_t>(0, feeds_[i]->error_rows())));
  }
  input.exchange = exchange;
  input.log = options_.log;
  input.ingest = desk_.get();
  v1::ShardReport report = MakeShardReport(input);
  if (changes_ != nullptr) changes_->Tell(report);
  // A row that waits came after the last epoch took what there was, so it is at most so old.
  bool waits = std::any_of(sources_.begin(), sources_.end(),
                           [](const ConnectorSource* source) { return source->Waiting().rows > 0; });
  if (waits && started()) report.set_lag_ms((options_.clock->MonotonicMicros() - committed_micros_) / 1000);
  return report;
}

}  // namespace freshet
