// Conducts the epochs of a pipeline: cuts, collects, commits. Lives in shard 0; one epoch runs at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/runtime/cut_policy.h"
#include "engine/runtime/journal.h"
#include "engine/runtime/link.h"
#include "engine/runtime/recent_durations.h"

namespace freshet {

struct ConductorStatus {
  enum class Phase : uint8_t {
    kWaiting,     // for rows
    kRunning,     // an epoch: not all shards are done
    kCommitting,  // all are done; the journal is not durable yet
    kFinished,    // every source has ended; no epoch follows but for a checkpoint
  };
  Phase phase = Phase::kWaiting;
  Epoch cut;        // the last epoch cut
  Epoch committed;  // the last epoch committed
  bool load_complete = false;
  bool sinks_full = false;        // no epoch is cut before they have room
  bool drained = false;           // finished, and everything is written by the sinks of all shards
  uint64_t epochs = 0;            // committed since the start
  uint64_t replayed = 0;          // of these, run again
  uint64_t rows = 0;              // taken into them
  int64_t last_epoch_micros = 0;  // from cut to commit
};

// A source gave other records at a replay than before.
struct ReplayDifference {
  Epoch epoch;
  SourceId source;
  std::string partition;
  Position position;  // what it gave, as the epoch's end says it; empty: nothing of this partition
};

class Conductor {
 public:
  struct Options {
    uint16_t shard_count = 1;
    uint32_t source_count = 0;
    // The first number that was never given to an epoch.
    Epoch first_epoch = Epoch(1);
    // Start with a load: nothing is shown before every source has taken what there was at its start. Else the results
    // of the state that the shards opened are shown with the first epoch, which is cut even if nothing waits.
    bool load = true;
    // The journaled epochs after the state that the shards opened. They are run again as they were, and shown from the
    // last of them on.
    CutReplay* replay = nullptr;
    // Told for each partition of which a replayed epoch took other records than the journal says.
    std::function<void(const ReplayDifference&)> on_difference;
    // Asked once all records of `replay` have been compared. False: their results may not be shown, nothing goes on.
    std::function<bool()> on_replayed;
    CutPolicyOptions cut_policy;
    // The first epoch of the history that goes on here; 0: the first one that is cut. One above all of `replay`: an
    // epoch is cut at once, so that sinks can write what there is now.
    Epoch history;
    // How far the sinks were before the records of `replay`, as journaled.
    SinkPositions sinks;
  };

  // `link` reaches the own shard too. All outlive the conductor.
  Conductor(Options options, const Clock* clock, Journal* journal, Link* link);

  // Begins with the first epoch, once all shards are connected.
  void Start();
  // Not OK: the journal cannot be read; nothing goes on.
  const absl::Status& failure() const { return failure_; }

  void OnWaiting(ShardId from, const WaitingFrame& frame);
  void OnTaken(ShardId from, const TakenFrame& frame);
  void OnDone(ShardId from, const DoneFrame& frame);
  void OnSinks(ShardId from, const SinksFrame& frame);
  // Sets a checkpoint into the next epoch, and cuts it even if nothing waits.
  void RequestCheckpoint() { checkpoint_wanted_ = true; }

  // The epoch that runs is the last one.
  void StopCutting() { stopped_ = true; }
  // No epoch runs: what was cut is committed.
  bool idle() const {
    return status_.phase == ConductorStatus::Phase::kWaiting || status_.phase == ConductorStatus::Phase::kFinished;
  }

  // Does what is due: commits when the journal is durable, cuts when the policy says so. True: it did something.
  bool Poll();
  // When Poll would do something by itself; no value: not before a frame or the journal.
  std::optional<int64_t> NextWakeMicros() const;

  const ConductorStatus& status() const { return status_; }
  // Of the epochs since the start: from the cut to the last DONE, and from there until the cut was durable.
  const RecentDurations& run_durations() const { return run_durations_; }
  const RecentDurations& journal_durations() const { return journal_durations_; }
  bool replaying() const { return next_replay_.has_value(); }

 private:
  using Phase = ConductorStatus::Phase;

  bool MustCut() const;
  void FetchReplay();
  void CompareReplay();
  void Cut();
  void Commit();
  void NoteSinksFull(ShardId from, bool full);
  void SendAll(const Frame& frame);

  const Options options_;
  const Clock* const clock_;
  Journal* const journal_;
  Link* const link_;
  CutPolicy policy_;

  bool started_ = false;
  bool stopped_ = false;
  bool checkpoint_wanted_ = false;
  bool held_ = false;  // the replay may not be shown
  absl::Status failure_;
  std::optional<CutRecord> next_replay_;
  Epoch next_epoch_;
  bool loading_;
  ConductorStatus status_;
  RecentDurations run_durations_;
  RecentDurations journal_durations_;

  // Of the epoch that runs.
  CutFrame cut_;
  int64_t cut_at_ = 0;
  CutRecord record_;
  std::optional<SourcePositions> replayed_;  // what the journal says of it
  uint16_t taken_ = 0;
  uint16_t done_ = 0;
  std::vector<bool> has_taken_;
  std::vector<bool> has_done_;
  std::vector<bool> sinks_full_;
  std::vector<bool> drained_;
  SinkPositions sinks_;  // told since the last record
  std::vector<WaitingInput> waiting_;
  std::vector<bool> ended_here_;  // by source: on the shards that are done
  std::vector<bool> ended_;       // by source: on all shards, as of the last epoch
  int64_t run_micros_ = 0;
  int64_t done_at_ = 0;
  uint64_t rows_ = 0;
  // By source, what every shard told last.
  std::vector<std::vector<std::optional<int64_t>>> event_times_;
};

}  // namespace freshet
