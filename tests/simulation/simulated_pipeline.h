// One pipeline as the server has it: starts generations of shards, keeps what must outlive them, and passes requests on
// to the shards and their answers back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "freshet/v1/shard_service.pb.h"
#include "server/supervisor/epoch_window.h"
#include "tests/simulation/simulated_links.h"
#include "tests/simulation/simulated_shard.h"

namespace freshet {

class SimulatedPipeline {
 public:
  struct Options {
    bool fsync = true;
    uint64_t segment_bytes = 4096;
    uint64_t change_retention_bytes = 1 << 20;
    bool hasty_markers = false;  // a planted bug (hasty_link.h)
  };

  // All outlive the pipeline.
  SimulatedPipeline(SimulatedWorld* world, const v1::PhysicalPlan* plan, Options options);

  // The next generation; none runs. Each shard dies after as many changes of its disk as `disk_steps` says for it.
  void Start(uint16_t shard_count, const std::function<uint64_t()>& disk_steps);
  // kill -9 of all shards.
  void Kill();
  void KillShard(uint16_t shard) { shards_[shard]->Kill(); }
  bool running() const { return !shards_.empty(); }
  uint16_t shard_count() const { return static_cast<uint16_t>(shards_.size()); }
  // A shard has died, or has ended by itself.
  bool broken() const;
  // Why shards ended by themselves, all of them so far.
  const std::vector<std::string>& failures() const { return failures_; }
  uint64_t generation() const { return generation_; }

  // One step of something, drawn at random. False: nothing can be done but waiting.
  bool Step();
  // Rows were added to the scripts.
  void ReleaseScripts();

  // Readers are let in: the first fill, or the recovery, is over.
  bool serving() const { return running() && serving_; }
  uint64_t newest() const { return window_.newest(); }

  // The answer, or nullptr: the group has ended meanwhile, and what became of the request is not known.
  using OnIngested = std::function<void(const v1::IngestAnswer* answer)>;
  void Ingest(v1::IngestCall call, OnIngested done);
  // By shard, in the order of the questions; nullptr as above.
  struct Question {
    uint16_t shard = 0;
    v1::ReadRequest request;
  };
  using OnRead = std::function<void(const std::vector<v1::ReadResponse>* responses)>;
  void Read(std::vector<Question> questions, OnRead done);

  // The index of a view in the plan.
  uint32_t ViewIndex(const std::string& view) const;
  Schema ViewSchema(uint32_t view) const;

 private:
  enum class Part : uint8_t { kCompute, kLog, kSource, kSink, kAnswers, kLink };
  struct Actor {
    Part part;
    uint16_t shard;
    uint16_t number;  // of the source, the sink or the other shard
  };
  struct Reading {
    std::vector<uint16_t> shards;
    std::vector<std::optional<v1::ReadResponse>> responses;
    OnRead done;
  };

  bool Act(const Actor& actor);
  void Connect();
  void OnMessage(uint16_t shard, v1::FromShard message);
  void KeepEpochs();
  v1::StartShard StartOf(uint16_t shard, uint16_t shard_count) const;

  SimulatedWorld* const world_;
  const v1::PhysicalPlan* const plan_;
  const Options options_;
  v1::SourceExtents extents_;

  uint64_t generation_ = 0;
  uint64_t first_epoch_ = 1;
  uint64_t end_epoch_ = 1;
  EpochWindow window_;
  bool serving_ = false;
  std::vector<std::string> failures_;

  std::unique_ptr<SimulatedLinks> links_;
  std::vector<std::unique_ptr<SimulatedShard>> shards_;
  std::vector<Actor> actors_;
  uint64_t next_id_ = 1;
  std::map<uint64_t, OnIngested> ingests_;
  std::map<uint64_t, Reading> readings_;
};

}  // namespace freshet
