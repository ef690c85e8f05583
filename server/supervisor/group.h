// Runs the shards of one pipeline: launches a generation, watches it, ends it, launches the next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "engine/base/clock.h"
#include "server/catalog/catalog.h"
#include "server/settings/settings.h"
#include "server/storage/epoch_mark.h"
#include "server/supervisor/epoch_window.h"
#include "server/supervisor/group_ingest.h"
#include "server/supervisor/group_reads.h"
#include "server/supervisor/group_status.h"
#include "server/supervisor/launcher.h"
#include "server/supervisor/restart_policy.h"
#include "server/transport/frame_connection.h"

namespace freshet {

// What all groups share; outlives them.
struct GroupEnvironment {
  boost::asio::io_context* io = nullptr;
  const Settings* settings = nullptr;
  Catalog* catalog = nullptr;
  Launcher* launcher = nullptr;
  const Clock* clock = nullptr;
  std::string run_folder;
  std::string control_path;
  std::string pipelines_folder;            // {folder}/{uid}: what the shards of a pipeline keep
  std::vector<std::string> shard_command;  // what is run, before the arguments of the role
  // State, status or reports of a group have changed. `now`: tell it at once.
  std::function<void(const std::string& uid, bool now)> on_change;
  // An epoch that readers may see was committed; at once.
  std::function<void(const std::string& uid)> on_commit;
};

// Everything on the I/O thread. One generation at a time: the next is launched only when every process of the one
// before has ended, also one that an earlier server launched (it holds the group's lock file).
class Group : public std::enable_shared_from_this<Group> {
 public:
  // FAILED if the catalog says that the revision has failed for good, until it is reconciled anew.
  Group(const GroupEnvironment* environment, CatalogPipeline pipeline);

  // Takes over what the catalog says now: starts, stops, or starts anew for another revision. `anew`: a user wants it,
  // so failures before are forgotten.
  void Reconcile(CatalogPipeline pipeline, bool anew);
  // Ends for good; `gone` is called when no process is left.
  void Remove(std::function<void()> gone);
  // A process says that it is a shard of this group.
  void OnHello(const v1::ShardHello& hello, std::shared_ptr<FrameConnection> connection);

  GroupStatus Status() const;
  const CatalogPipeline& pipeline() const { return pipeline_; }

  // Asks all shards, or those of `pages`, each from its cursor on for so many rows. A rows request without an epoch
  // reads the newest, one for changes reads up to the newest, and those behind it if it names no epoch to go on after;
  // the result tells which one.
  struct Page {
    uint32_t shard = 0;
    std::string after;
    uint32_t limit = 0;
  };
  struct Read {
    uint64_t id = 0;
    uint64_t revision = 0;
    uint64_t at_least = 0;                     // an epoch that must be committed
    std::optional<v1::IngestPosition> covers;  // ingested rows that must be visible
    std::vector<Page> pages;
    v1::ReadRequest request;
    std::chrono::milliseconds timeout{30'000};
  };
  struct ReadResult {
    uint64_t epoch = 0;
    int64_t lag_ms = 0;
    uint32_t shard_count = 0;
    bool finished = false;                    // no epoch follows
    std::vector<v1::ReadResponse> responses;  // of those that were asked, in that order
  };
  void Ask(Read read, std::function<void(absl::StatusOr<ReadResult>)> done);
  // Sends rows to shard 0, if it can take them now.
  void Ingest(uint64_t revision, v1::IngestCall call, std::chrono::milliseconds timeout, GroupIngest::Done done);
  void CancelRead(uint64_t id) { reads_.Cancel(id, absl::CancelledError("the reader is gone")); }

 private:
  enum class Phase : uint8_t {
    kStopped,
    kWaitingForOld,  // processes of an earlier generation still end
    kLaunching,      // the launcher's thread is at it
    kRunning,
    kEnding,  // processes are told to end, or killed
    kBackoff,
    kFailed,
  };
  struct Shard {
    int32_t pid = 0;  // 0: has ended
    std::shared_ptr<FrameConnection> connection;
    std::optional<v1::ShardFailure> failure;
    std::optional<v1::ShardReport> report;
    uint32_t unanswered = 0;  // pings in a row
  };
  struct Launched {
    absl::Status status;
    ReservedStart start;
    std::string folder;
    std::vector<int32_t> pids;
  };
  struct Failure {
    std::string reason;
    std::string code;
    EpochMark::Value ran = {};  // the epoch, where one did

    // With the epoch.
    std::string Text() const;
  };

  // From nothing to a running generation.
  void Begin();
  void WaitForOld();
  void Launch();
  void OnLaunched(Launched launched);
  void SendStart(uint32_t shard);
  void AdoptHello(const v1::ShardHello& hello, std::shared_ptr<FrameConnection> connection);

  // While it runs.
  void OnMessage(uint32_t shard, v1::FromShard message);
  void OnExtents(const v1::SourceExtents& extents);
  void OnCommitted(const v1::Committed& committed);
  void AdoptReached();
  // Fills in what a request leaves to the newest epoch; the error if it cannot be answered now.
  absl::Status PrepareRows(const Read& read, v1::RowsRequest& rows) const;
  absl::Status PrepareChanges(v1::ChangesRequest& changes) const;
  void OnEpochsWanted();
  void OnShardFailure(uint32_t shard, const v1::ShardFailure& failure);
  void OnExit(uint32_t shard, uint64_t generation, int wait_status);
  void Watch();
  void KeepEpochs();
  void SaveLoaded();
  absl::Status CheckRoom(const std::vector<GroupReads::Question>& questions) const;
  void SendTo(uint32_t shard, const v1::ToShard& message);
  void SendAll(const v1::ToShard& message);

  // To its end.
  void Fail(Failure failure);
  void End(bool gently);
  void CancelWaiting();
  void StopOthers();
  void Kill();
  void AfterEnd();
  // What is told of a pipeline that is not started again.
  Failure GivingUp() const;
  void SaveFailure();
  void SetPhase(Phase phase);
  v1::Pipeline::State State() const;
  std::string Reason() const;
  // The epoch that a shard ran last.
  EpochMark::Value EpochOf(uint32_t shard) const;
  uint32_t shard_count() const;
  void After(boost::asio::steady_timer& timer, std::chrono::microseconds wait, void (Group::*then)());
  std::string lock_path() const;

  const GroupEnvironment& environment_;
  const std::string uid_;
  CatalogPipeline pipeline_;
  bool wanted_ = false;
  std::function<void()> gone_;

  Phase phase_ = Phase::kStopped;
  ReservedStart start_;
  uint64_t running_revision_ = 0;
  std::string folder_;
  std::vector<Shard> shards_;
  std::vector<std::pair<v1::ShardHello, std::shared_ptr<FrameConnection>>> early_hellos_;
  std::optional<Failure> failure_;       // why it ends, or has failed
  std::optional<Failure> last_failure_;  // told while it tries again
  RestartPolicy policy_;
  uint32_t restarts_ = 0;

  uint64_t epoch_ = 0;
  bool loaded_ = false;  // in this generation
  bool finished_ = false;
  v1::Committed reached_;    // the commit that changed loaded_ or finished_ last, maybe not yet known of all shards
  bool was_loaded_ = false;  // under these extents, in any generation
  uint64_t rows_ = 0;        // committed by this generation, from the first record on: tells whether it got further
  EpochWindow window_;
  bool keeping_ = false;
  GroupReads reads_;
  uint64_t refused_reads_ = 0;
  GroupIngest ingest_;

  boost::asio::steady_timer timer_;  // of the phase
  boost::asio::steady_timer watch_timer_;
  boost::asio::steady_timer keep_timer_;
};

}  // namespace freshet
