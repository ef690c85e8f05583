#include "tests/simulation/simulated_pipeline.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

constexpr uint64_t kEpochBlock = 1'000'000;
constexpr int64_t kEpochWindowMicros = 500'000;

}  // namespace

SimulatedPipeline::SimulatedPipeline(SimulatedWorld* world, const v1::PhysicalPlan* plan, Options options)
    : world_(world), plan_(plan), options_(options), window_(kEpochWindowMicros) {
  for (const v1::PhysicalSource& source : plan_->sources()) extents_.add_sources()->set_source(source.source());
  for (const v1::PhysicalSink& sink : plan_->sinks()) {
    v1::SinkExtent& extent = *extents_.add_sinks();
    extent.set_sink(sink.declaration().name());
    auto topic = sink.declaration().options().find("topic");
    if (topic == sink.declaration().options().end()) continue;
    extent.set_partitions(static_cast<uint32_t>(world_->topics.at(topic->second)->partitions.size()));
  }
}

v1::StartShard SimulatedPipeline::StartOf(uint16_t shard, uint16_t shard_count) const {
  v1::StartShard start;
  start.set_pipeline("bank");
  start.set_pipeline_uid("bank@1");
  start.set_revision(1);
  start.set_generation(generation_);
  start.set_shard(shard);
  start.set_shard_count(shard_count);
  *start.mutable_plan() = *plan_;
  start.set_first_epoch(first_epoch_);
  start.set_end_epoch(end_epoch_);
  start.set_files_root("/files");
  start.set_log_folder("/data/log");
  start.set_input_revision(1);
  v1::ShardLimits& limits = *start.mutable_limits();
  limits.set_page_hold_ms(60'000);
  limits.set_old_versions_bytes(64 << 20);
  limits.set_dead_letters(10'000);
  limits.set_dead_letter_bytes(16 << 20);
  limits.set_source_ahead_bytes(32 << 20);
  limits.set_log_fsync(options_.fsync);
  limits.set_log_segment_bytes(options_.segment_bytes);
  limits.set_ingest_pending_bytes(64 << 20);
  limits.set_ingest_keys(100'000);
  limits.set_change_retention_bytes(options_.change_retention_bytes);
  limits.set_change_retention_ms(3'600'000);
  return start;
}

void SimulatedPipeline::Start(uint16_t shard_count, const std::function<uint64_t()>& disk_steps) {
  CHECK(!running());
  ++generation_;
  first_epoch_ = end_epoch_;
  end_epoch_ += kEpochBlock;
  links_ = std::make_unique<SimulatedLinks>(shard_count, options_.hasty_markers);
  for (uint16_t shard = 0; shard < shard_count; ++shard) {
    shards_.push_back(std::make_unique<SimulatedShard>(world_, StartOf(shard, shard_count), &extents_, disk_steps()));
  }
  const auto sources = static_cast<uint16_t>(
      std::count_if(plan_->sources().begin(), plan_->sources().end(),
                    [](const v1::PhysicalSource& source) { return source.binding().connector() == "http"; }));
  for (uint16_t shard = 0; shard < shard_count; ++shard) {
    actors_.push_back({Part::kCompute, shard, 0});
    actors_.push_back({Part::kAnswers, shard, 0});
    if (shard == 0) actors_.push_back({Part::kLog, 0, 0});
    for (uint16_t i = 0; i < sources; ++i) actors_.push_back({Part::kSource, shard, i});
    for (uint16_t i = 0; i < plan_->sinks_size(); ++i) actors_.push_back({Part::kSink, shard, i});
    for (uint16_t other = 0; other < shard_count; ++other) {
      if (other != shard) actors_.push_back({Part::kLink, shard, other});
    }
  }
}

bool SimulatedPipeline::broken() const {
  return std::any_of(shards_.begin(), shards_.end(), [](const auto& shard) { return shard->dead(); });
}

void SimulatedPipeline::Kill() {
  for (const auto& shard : shards_) {
    if (!shard->failure().empty()) failures_.push_back(shard->failure());
  }
  shards_.clear();
  links_ = nullptr;
  actors_.clear();
  serving_ = false;
  for (auto& [id, done] : std::exchange(ingests_, {})) done(nullptr);
  for (auto& [id, reading] : std::exchange(readings_, {})) reading.done(nullptr);
}

bool SimulatedPipeline::Step() {
  if (!running()) return false;
  const size_t first = world_->random() % actors_.size();
  for (size_t i = 0; i < actors_.size(); ++i) {
    if (Act(actors_[(first + i) % actors_.size()])) return true;
  }
  return false;
}

bool SimulatedPipeline::Act(const Actor& actor) {
  SimulatedShard& shard = *shards_[actor.shard];
  switch (actor.part) {
    case Part::kCompute: {
      const bool was_made = shard.made();
      bool worked = shard.StepCompute();
      if (shard.made() != was_made) Connect();
      return worked;
    }
    case Part::kLog:
      return shard.StepLog();
    case Part::kSource:
      return shard.StepSource(actor.number);
    case Part::kSink:
      return shard.StepSink(actor.number);
    case Part::kAnswers: {
      if (shard.outbox.empty()) return false;
      v1::FromShard message = std::move(shard.outbox.front());
      shard.outbox.pop_front();
      OnMessage(actor.shard, std::move(message));
      return true;
    }
    case Part::kLink: {
      if (!shard.made()) return false;
      std::optional<Frame> frame = links_->Take(ShardId(actor.number), ShardId(actor.shard));
      if (frame) shard.OnFrame(ShardId(actor.number), std::move(*frame));
      return frame.has_value();
    }
  }
  return false;
}

// All links stand once all shards are there.
void SimulatedPipeline::Connect() {
  if (!std::all_of(shards_.begin(), shards_.end(), [](const auto& shard) { return shard->made(); })) return;
  std::vector<uint16_t> order(shards_.size());
  for (uint16_t shard = 0; shard < order.size(); ++shard) order[shard] = shard;
  std::shuffle(order.begin(), order.end(), world_->random);
  for (uint16_t shard : order) shards_[shard]->Start(links_->link(ShardId(shard)));
}

void SimulatedPipeline::ReleaseScripts() {
  for (auto& shard : shards_) shard->ReleaseScripts();
}

void SimulatedPipeline::OnMessage(uint16_t shard, v1::FromShard message) {
  switch (message.message_case()) {
    case v1::FromShard::kCommitted:
      if (!message.committed().load_complete()) break;
      serving_ = true;
      window_.OnCommit(message.committed().epoch(), world_->clock.MonotonicMicros());
      if (world_->random() % 4 == 0) KeepEpochs();
      break;
    case v1::FromShard::kIngest: {
      auto found = ingests_.find(message.ingest().id());
      if (found == ingests_.end()) break;
      OnIngested done = std::move(found->second);
      ingests_.erase(found);
      done(&message.ingest());
      break;
    }
    case v1::FromShard::kRead: {
      auto found = readings_.find(message.read().id());
      CHECK(found != readings_.end());
      Reading& reading = found->second;
      bool whole = true;
      for (size_t i = 0; i < reading.shards.size(); ++i) {
        if (reading.shards[i] == shard && !reading.responses[i]) reading.responses[i] = message.read();
        whole &= reading.responses[i].has_value();
      }
      if (!whole) break;
      Reading answered = std::move(reading);
      readings_.erase(found);
      std::vector<v1::ReadResponse> responses;
      for (auto& response : answered.responses) responses.push_back(*std::move(response));
      answered.done(&responses);
      break;
    }
    case v1::FromShard::kEpochs: {
      end_epoch_ += kEpochBlock;
      v1::ToShard answer;
      answer.mutable_epochs()->set_end_epoch(end_epoch_);
      shards_[0]->inbox.push_back(std::move(answer));
      break;
    }
    default:
      break;
  }
}

void SimulatedPipeline::KeepEpochs() {
  v1::ToShard message;
  message.mutable_keep()->set_oldest(window_.Oldest(world_->clock.MonotonicMicros()));
  message.mutable_keep()->set_needed(window_.newest());
  for (auto& shard : shards_) shard->inbox.push_back(message);
}

void SimulatedPipeline::Ingest(v1::IngestCall call, OnIngested done) {
  if (!serving()) return done(nullptr);
  call.set_id(next_id_++);
  ingests_[call.id()] = std::move(done);
  v1::ToShard message;
  *message.mutable_ingest() = std::move(call);
  shards_[0]->inbox.push_back(std::move(message));
}

void SimulatedPipeline::Read(std::vector<Question> questions, OnRead done) {
  if (!serving()) return done(nullptr);
  const uint64_t id = next_id_++;
  Reading& reading = readings_[id];
  reading.done = std::move(done);
  reading.responses.resize(questions.size());
  for (Question& question : questions) {
    reading.shards.push_back(question.shard);
    question.request.set_id(id);
    v1::ToShard message;
    *message.mutable_read() = std::move(question.request);
    shards_[question.shard]->inbox.push_back(std::move(message));
  }
}

uint32_t SimulatedPipeline::ViewIndex(const std::string& view) const {
  for (int i = 0; i < plan_->views_size(); ++i) {
    if (plan_->views(i).name() == view) return static_cast<uint32_t>(i);
  }
  CHECK(false) << "no view " << view;
  return 0;
}

Schema SimulatedPipeline::ViewSchema(uint32_t view) const {
  return SchemaFromProto(plan_->views(static_cast<int>(view)).schema());
}

}  // namespace freshet
