// A source whose records are read and decoded on a thread of its own: the compute thread's half, the same for every
// connector. A connector derives from it and reads in ReadAll.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "freshet/v1/physical_plan.pb.h"
#include "server/connectors/api/connector.h"
#include "server/connectors/api/connector_source.h"
#include "server/connectors/api/dead_letter_store.h"
#include "server/connectors/api/source_channel.h"

namespace freshet {

class QueuedSource : public ConnectorSource {
 public:
  QueuedSource(const v1::PhysicalSource& source, const SourceContext& context);

  absl::Status Open(const Positions& from, const std::optional<Positions>& until) override;
  void Continue(const std::optional<Positions>& until) override;
  WaitingInput Waiting() const override { return channel_.Waiting(); }
  std::optional<DeltaBatch> Take() override;
  bool InUnit() const override { return in_unit_; }
  Positions TakePositions() override;
  SourceProgress Progress() const override;
  absl::Status Health() const override { return channel_.health(); }

  v1::SourceStatus Status() const override;
  void SealDeadLetters(Epoch epoch) override { dead_letters_.Seal(epoch); }
  std::vector<v1::DeadLetter> DeadLetters(Epoch committed, std::string_view after, uint32_t limit) const override {
    return dead_letters_.List(committed, after, limit);
  }

 protected:
  // Called by Open, before the thread starts. Error: these positions cannot be read from.
  virtual absl::Status Start(const Positions& from) = 0;
  // The thread: reads what the channel's request wants until the channel is closed.
  virtual void ReadAll() = 0;
  // Bytes of the load that are this shard's; 0 = not known.
  virtual uint64_t LoadBytes() const = 0;

  SourceChannel& channel() { return channel_; }
  const SourceChannel& channel() const { return channel_; }
  const SourceContext& context() const { return context_; }
  const std::string& source_name() const { return source_.source(); }
  // Ends the thread. Every derived destructor calls it first: the thread uses the derived parts.
  void Stop();

 private:
  v1::PhysicalSource source_;
  SourceContext context_;
  SourceChannel channel_;
  DeadLetterStore dead_letters_;
  bool opened_ = false;
  std::thread thread_;

  // Of what was taken.
  Positions moved_;  // since the last TakePositions
  bool in_unit_ = false;
  uint64_t rows_ = 0;
  uint64_t bytes_ = 0;
  uint64_t unknown_fields_ = 0;
};

}  // namespace freshet
