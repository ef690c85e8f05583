#include "tests/simulation/simulated_shard.h"

#include <utility>

#include "engine/base/check.h"
#include "server/connectors/connector_list.h"
#include "server/connectors/kafka/kafka_sink_connector.h"
#include "server/connectors/sink_list.h"
#include "server/errors/error_list.h"

namespace freshet {

SimulatedShard::SimulatedShard(SimulatedWorld* world, v1::StartShard start, const v1::SourceExtents* extents,
                               uint64_t disk_steps)
    : world_(world), start_(std::move(start)), extents_(extents), disk_(&world->disk, disk_steps) {
  if (start_.shard() != 0) return;
  LogWriter::Options options;
  options.log.disk = &disk_;
  options.log.folder = start_.log_folder();
  options.log.generation = Generation(start_.generation());
  options.log.fsync = start_.limits().log_fsync();
  options.log.segment_bytes = start_.limits().log_segment_bytes();
  options.log.machine_run = world_->machine_run;
  options.revision = start_.input_revision();
  options.clock = &world_->clock;
  LogWriter::Handlers handlers;
  handlers.on_opened = [this](absl::Status status) {
    log_open_ = status.ok();
    if (!status.ok()) failure_ = std::string(status.message());
  };
  handlers.on_durable = [this] { woken_ = true; };
  log_ = std::make_unique<LogWriter>(std::move(options), std::move(handlers));
}

// What is still under way does nothing to the disk any more, and what it sends is not taken.
SimulatedShard::~SimulatedShard() { Kill(); }

void SimulatedShard::Make() {
  PipelineShard::Options options;
  options.start = &start_;
  options.extents = extents_;
  options.log = log_.get();
  options.clock = &world_->clock;
  options.disk = &disk_;
  options.open_sources = [this](const auto& plan, const auto& extents, const SourceContext& context) {
    return OpenSourcesHere(plan, extents, context);
  };
  options.open_sinks = [this](const auto& plan, const auto& extents, const SinkContext& context) {
    return OpenSinksHere(plan, extents, context);
  };
  options.wake = [this] { woken_ = true; };
  options.send = [this](const v1::FromShard& message) {
    if (!dead()) outbox.push_back(message);
  };
  auto pipeline = PipelineShard::Make(std::move(options));
  if (!pipeline.ok()) {
    failure_ = std::string(pipeline.status().message());
    return;
  }
  pipeline_ = *std::move(pipeline);
}

absl::StatusOr<std::vector<std::unique_ptr<ConnectorSource>>> SimulatedShard::OpenSourcesHere(
    const v1::PhysicalPlan& plan, const v1::SourceExtents& extents, SourceContext context) {
  context.threads = false;
  std::vector<std::unique_ptr<ConnectorSource>> sources;
  for (int i = 0; i < plan.sources_size(); ++i) {
    const v1::PhysicalSource& source = plan.sources(i);
    if (source.binding().connector() == "http") {
      auto opened = FindConnector("http")->Open(source, extents.sources(i), context);
      if (!opened.ok()) return opened.status();
      ingest_.push_back(static_cast<IngestSource*>(opened->get()));
      sources.push_back(*std::move(opened));
      continue;
    }
    auto script = world_->scripts.at(source.table());
    ScriptedSource::Options options;
    options.is_static = false;
    uint32_t number = 0;
    for (const auto& [partition, rows] : script->partitions) {
      if (number++ % context.shard_count == context.shard.value()) options.partitions.push_back(partition);
    }
    auto opened = std::make_unique<SimulatedSource>(std::make_unique<ScriptedSource>(script, options), source.source(),
                                                    world_->doubles_replay);
    scripted_.push_back(opened.get());
    sources.push_back(std::move(opened));
  }
  return sources;
}

absl::StatusOr<std::vector<std::unique_ptr<ConnectorSink>>> SimulatedShard::OpenSinksHere(
    const v1::PhysicalPlan& plan, const v1::SourceExtents& extents, SinkContext context) {
  context.threads = false;
  std::vector<std::unique_ptr<ConnectorSink>> sinks;
  for (int i = 0; i < plan.sinks_size(); ++i) {
    const v1::PhysicalSink& sink = plan.sinks(i);
    const std::string& name = sink.declaration().connector();
    const SinkConnector* connector = FindSinkConnector(name);
    std::optional<KafkaSinkConnector> kafka;
    if (name == "kafka") {
      FakeTopic* topic = world_->topics.at(sink.declaration().options().at("topic")).get();
      connector = &kafka.emplace([this, topic](const auto&) -> absl::StatusOr<std::unique_ptr<SinkBroker>> {
        if (dead()) return absl::UnavailableError("the process has died");
        return std::make_unique<FakeBroker>(topic, world_->random());
      });
    }
    auto opened = connector->Open(sink, extents.sinks(i), context);
    if (!opened.ok()) return opened.status();
    sinks_.push_back(static_cast<QueuedSink*>(opened->get()));
    sinks.push_back(*std::move(opened));
  }
  return sinks;
}

void SimulatedShard::Start(Link* link) {
  absl::Status started = pipeline_->Start(link);
  if (!started.ok()) failure_ = std::string(started.message());
  for (auto& [from, frame] : early_frames_) pipeline_->OnFrame(from, std::move(frame));
  early_frames_.clear();
}

void SimulatedShard::OnFrame(ShardId from, Frame frame) {
  if (started()) {
    pipeline_->OnFrame(from, std::move(frame));
  } else {
    early_frames_.emplace_back(from, std::move(frame));
  }
}

void SimulatedShard::Handle(v1::ToShard message) {
  switch (message.message_case()) {
    case v1::ToShard::kRead:
      pipeline_->AddRead(message.read());
      break;
    case v1::ToShard::kIngest:
      pipeline_->AddIngest(std::move(*message.mutable_ingest()));
      break;
    case v1::ToShard::kKeep:
      pipeline_->KeepEpochs(message.keep());
      break;
    case v1::ToShard::kEpochs:
      pipeline_->ExtendEpochs(message.epochs().end_epoch());
      break;
    default:
      CHECK(false) << "no such message in a simulation";
  }
}

bool SimulatedShard::StepLog() {
  if (log_ == nullptr || dead()) return false;
  const LogPosition before = log_open_ ? log_->log()->durable() : LogPosition();
  const bool was_open = log_open_;
  std::optional<std::chrono::milliseconds> pause = log_->Step();
  return pause || log_open_ != was_open || (log_open_ && log_->log()->durable() != before);
}

bool SimulatedShard::StepCompute() {
  if (dead()) return false;
  if (!made()) {
    if (log_ != nullptr && !log_open_) return false;
    Make();
    return true;
  }
  if (!started()) return false;
  bool worked = false;
  if (std::exchange(woken_, false) || !inbox.empty()) {
    pipeline_->OnSourceReady();
    pipeline_->OnLogChanged();
  }
  if (!inbox.empty()) {
    Handle(std::move(inbox.front()));
    inbox.pop_front();
    worked = true;
  }
  worked |= pipeline_->Step();
  if (!pipeline_->failure().ok()) failure_ = std::string(pipeline_->failure().message());
  return worked;
}

bool SimulatedShard::StepSource(size_t number) { return !dead() && started() && ingest_[number]->Step(); }

bool SimulatedShard::StepSink(size_t number) {
  return !dead() && started() && sinks_[number]->Step(/*wait_ms=*/0) == 0;
}

void SimulatedShard::ReleaseScripts() {
  for (SimulatedSource* source : scripted_) {
    for (const std::string& partition : source->script().partitions()) {
      source->script().Release(partition, static_cast<int64_t>(source->script().size(partition)));
    }
  }
  woken_ = true;
}

}  // namespace freshet
