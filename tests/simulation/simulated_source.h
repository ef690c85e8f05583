// The connector source of a simulation: a scripted source, and what a shard asks of it beside.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "server/connectors/api/connector_source.h"
#include "tests/support/scripted_source.h"

namespace freshet {

class SimulatedSource : public ConnectorSource {
 public:
  // `doubles_replay`, a planted bug: what the last replayed epoch took is given once more when the replay is over.
  SimulatedSource(std::unique_ptr<ScriptedSource> source, std::string name, bool doubles_replay)
      : source_(std::move(source)), name_(std::move(name)), doubles_replay_(doubles_replay) {}

  ScriptedSource& script() { return *source_; }

  absl::Status Open(const Positions& from, const std::optional<Positions>& until) override {
    replaying_ = until.has_value();
    return source_->Open(from, until);
  }
  void Continue(const std::optional<Positions>& until) override {
    if (until && doubles_replay_) last_taken_.clear();
    if (!until && replaying_ && doubles_replay_) again_ = std::move(last_taken_);
    replaying_ = until.has_value();
    source_->Continue(until);
  }
  WaitingInput Waiting() const override { return source_->Waiting(); }
  std::optional<DeltaBatch> Take() override {
    if (!again_.empty()) {
      DeltaBatch batch = std::move(again_.back());
      again_.pop_back();
      return batch;
    }
    std::optional<DeltaBatch> batch = source_->Take();
    if (batch && replaying_ && doubles_replay_) last_taken_.push_back(*batch);
    return batch;
  }
  Positions TakePositions() override { return source_->TakePositions(); }
  SourceProgress Progress() const override { return source_->Progress(); }
  absl::Status Health() const override { return source_->Health(); }

  v1::SourceStatus Status() const override {
    v1::SourceStatus status;
    status.set_source(name_);
    return status;
  }
  void SealDeadLetters(Epoch) override {}
  std::vector<v1::DeadLetter> DeadLetters(Epoch, std::string_view, uint32_t) const override { return {}; }

 private:
  const std::unique_ptr<ScriptedSource> source_;
  const std::string name_;
  const bool doubles_replay_;
  bool replaying_ = false;
  std::vector<DeltaBatch> last_taken_;
  std::vector<DeltaBatch> again_;
};

}  // namespace freshet
