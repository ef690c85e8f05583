// Runs one shard: takes from its sources what a cut allows, runs the circuit, talks to the other shards and to the
// conductor. A state machine that the process around it drives with frames and Step; single-threaded, never blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/circuit/circuit.h"
#include "engine/circuit/committable.h"
#include "engine/circuit/sink.h"
#include "engine/runtime/checkpoint_target.h"
#include "engine/runtime/conductor.h"
#include "engine/runtime/exchange.h"
#include "engine/runtime/link.h"

namespace freshet {

struct ShardStatus {
  enum class Phase : uint8_t {
    kIdle,     // no epoch runs
    kTaking,   // rows of the sources into the epoch
    kRunning,  // all is taken
    kDone,     // waits for the other shards and COMMIT
  };
  Phase phase = Phase::kIdle;
  Epoch current;    // the last epoch begun
  Epoch committed;  // the last epoch that readers may see
  bool load_complete = false;
  bool finished = false;
  uint64_t rows_taken = 0;  // from sources since the start
  uint64_t rows_in_epoch = 0;
  uint64_t exchange_rows_sent = 0;
  uint64_t exchange_bytes_sent = 0;
};

class ShardLoop {
 public:
  struct Options {
    // What one epoch takes here at most, and one of a load.
    TakeLimits limits;
    TakeLimits load_limits = kLoadTakeLimits;
    size_t credit_window_bytes = FlowControl::kDefaultWindowBytes;
    // Step comes back after about this time.
    int64_t slice_micros = 150;
    // By SinkId; they outlive the loop.
    std::vector<Sink*> sinks;
    // Per source: in a load it is taken once all others have ended, so that what it is joined with is complete then.
    // Empty: none is.
    std::vector<bool> load_last = {};
    // Called when an epoch begins, before anything of it is done.
    std::function<void(Epoch)> on_begun;
    // Called when everything that the epoch takes from the sources has been taken.
    std::function<void(Epoch)> on_taken;
  };

  // `link` leads to the other shards; `checkpoints` may be nullptr if no checkpoint is ever asked for. Borrowed things
  // outlive the loop. `committables` are told every commit in their order.
  ShardLoop(Options options, std::unique_ptr<Circuit> circuit, std::vector<Committable*> committables, Link* link,
            const Clock* clock, CheckpointTarget* checkpoints = nullptr);
  ~ShardLoop();

  // Shard 0: conducts too. Before Start.
  void Conduct(Conductor::Options options, Journal* journal);

  // Opens the sources after `from` (by SourceId). With `replay` they are opened at the first cut, which may bring
  // positions to read up to. In shard 0 also starts the conductor: then all links stand.
  absl::Status Start(SourcePositions from, bool replay = false);

  // A frame of another shard, in the order of its link.
  void OnFrame(ShardId from, Frame frame);
  // A source has got rows, its load or end has become known, or it has failed.
  void OnSourceReady() { source_ready_ = true; }
  // A sink has room again, has written everything, or has failed.
  void OnSinkReady() { source_ready_ = true; }
  // Works for about a slice. False: nothing can be done before a frame, a source, the journal or NextWakeMicros.
  bool Step();
  // When Step has something to do by itself, on the monotonic clock.
  std::optional<int64_t> NextWakeMicros() const;

  // Not OK: a source cannot go on; Step does nothing any more.
  const absl::Status& failure() const { return failure_; }
  ShardStatus status() const;
  const Circuit& circuit() const { return *circuit_; }
  SourceProgress Progress(SourceId source) const { return circuit_->source(source).Progress(); }
  // Shard 0 only, else nullptr.
  Conductor* conductor() { return conductor_.get(); }

 private:
  using Phase = ShardStatus::Phase;
  class LocalLink;

  void Handle(ShardId from, Frame frame);
  void OnCut(CutFrame frame);
  void OnCommit(const CommitFrame& frame);
  void HoldBack(ShardId from, Frame frame);

  bool WorkOnce();
  bool TakeOnce();
  bool TakeFrom(uint32_t source);
  bool MustWait(uint32_t index) const;
  bool LoadEndsHere() const;
  bool AtLimit() const;
  bool MayEndTaking() const;
  void EndTaking();
  void EndEpoch();
  void TellWaiting();
  void TellSinks();
  bool SinksFull() const;
  bool OpenOrContinue(const std::optional<SourcePositions>& until);
  WaitingInput Waiting() const;
  bool AllSources(bool SourceProgress::* flag) const;
  bool CheckHealth();
  absl::Status ConductorFailure() const { return conductor_ == nullptr ? absl::OkStatus() : conductor_->failure(); }
  void SendToConductor(Frame frame);

  const Options options_;
  const std::unique_ptr<Circuit> circuit_;
  const std::vector<Committable*> committables_;
  Link* const link_;
  const Clock* const clock_;
  CheckpointTarget* const checkpoints_;
  std::unique_ptr<LocalLink> local_link_;
  std::unique_ptr<Exchange> exchange_;  // nullptr with one shard
  std::unique_ptr<Conductor> conductor_;

  std::deque<Frame> local_;                           // from this shard to itself
  std::vector<std::pair<ShardId, Frame>> held_back_;  // of an epoch whose cut has not come yet

  SourcePositions from_;
  bool sources_open_ = false;
  bool source_ready_ = true;
  absl::Status failure_;

  // What the conductor knows of this shard's sources.
  bool told_rows_ = false;
  bool told_full_ = false;
  bool told_finished_ = false;
  bool told_sinks_full_ = false;
  bool told_drained_ = true;

  ShardStatus status_;
  CutFrame cut_;
  std::vector<uint64_t> rows_to_take_;  // by source: what waited at the cut
  uint64_t bytes_in_epoch_ = 0;
  uint32_t next_source_ = 0;         // round robin
  std::optional<uint32_t> in_unit_;  // the source in the middle of what goes into one epoch
  int64_t run_micros_ = 0;
};

}  // namespace freshet
