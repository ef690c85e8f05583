// Puts a connector's source into the circuit: at each cut it also gives the dead letters their epoch.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "engine/circuit/source.h"
#include "server/connectors/api/connector_source.h"

namespace freshet {

class ShardSource : public Source {
 public:
  // `epoch`: the one that runs now.
  ShardSource(std::unique_ptr<ConnectorSource> source, std::function<Epoch()> epoch)
      : source_(std::move(source)), epoch_(std::move(epoch)) {}

  absl::Status Open(const freshet::Positions& from, const std::optional<freshet::Positions>& until) override {
    return source_->Open(from, until);
  }
  void Continue(const std::optional<freshet::Positions>& until) override { source_->Continue(until); }
  WaitingInput Waiting() const override { return source_->Waiting(); }
  std::optional<DeltaBatch> Take() override { return source_->Take(); }
  bool InUnit() const override { return source_->InUnit(); }
  freshet::Positions TakePositions() override {
    freshet::Positions positions = source_->TakePositions();
    source_->SealDeadLetters(epoch_());
    return positions;
  }
  SourceProgress Progress() const override { return source_->Progress(); }
  absl::Status Health() const override { return source_->Health(); }
  std::optional<int64_t> EventTimeMicros() const override { return source_->EventTimeMicros(); }

  const ConnectorSource& connector_source() const { return *source_; }

 private:
  const std::unique_ptr<ConnectorSource> source_;
  const std::function<Epoch()> epoch_;
};

}  // namespace freshet
