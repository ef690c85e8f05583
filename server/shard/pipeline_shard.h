// One shard of a running pipeline on the compute thread: its circuit, sources, views and loop, and the reads on them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/runtime/link.h"
#include "engine/runtime/shard_loop.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/sink_connector.h"
#include "server/shard/build_operators.h"
#include "server/shard/ingest/ingest_desk.h"
#include "server/shard/ingest/log_feed.h"
#include "server/shard/ingest/open_sources.h"
#include "server/shard/journal/log_journal.h"
#include "server/shard/journal/source_changes.h"
#include "server/shard/open_sinks.h"
#include "server/shard/reading/change_reads.h"
#include "server/shard/reading/read_queue.h"
#include "server/storage/epoch_mark.h"
#include "server/transport/frame_connection.h"

namespace freshet {

class PipelineShard {
 public:
  struct Options {
    LogWriter* log = nullptr;                    // open, in shard 0; outlives it
    const v1::StartShard* start = nullptr;       // outlives it
    const v1::SourceExtents* extents = nullptr;  // only in Make
    const Clock* clock = nullptr;
    Disk* disk = nullptr;                            // outlives it
    OpenSourcesFunction open_sources = OpenSources;  // a simulation opens its own
    OpenSinksFunction open_sinks = OpenSinks;
    std::function<void()> wake;                      // from any thread: a source has rows
    std::function<void(const v1::FromShard&)> send;  // to the server
  };

  // Builds everything; nothing runs yet.
  static absl::StatusOr<std::unique_ptr<PipelineShard>> Make(Options options);
  ~PipelineShard();

  // The columns of each exchange, for the links.
  std::vector<std::vector<DataType>> ExchangeTypes() const;

  // All links stand: the epochs begin. `link` outlives the shard.
  absl::Status Start(Link* link);
  bool started() const { return loop_ != nullptr; }

  struct Reached {
    Epoch epoch;  // committed
    bool load_complete = false;
    bool finished = false;
  };
  Reached reached() const;

  void OnFrame(ShardId from, Frame frame) { loop_->OnFrame(from, std::move(frame)); }
  // A source has rows, or a sink has got further.
  void OnSourceReady() {
    if (loop_ != nullptr) loop_->OnSourceReady();
  }
  void AddRead(const v1::ReadRequest& request) {
    request.has_changes() ? change_reads_->Add(request) : reads_->Add(request);
  }
  // Shard 0: rows that came over HTTP.
  void AddIngest(v1::IngestCall call) { desk_->Submit(std::move(call)); }
  // Shard 0: more of the log is durable, or its state has changed.
  void OnLogChanged();
  void CancelRead(uint64_t id) {
    reads_->Cancel(id);
    change_reads_->Cancel(id);
  }
  void KeepEpochs(const v1::KeepEpoch& keep) { reads_->Keep(Epoch(keep.oldest()), Epoch(keep.needed())); }
  void ExtendEpochs(uint64_t end_epoch) {
    end_epoch_ = end_epoch;
    asked_epochs_ = false;
  }

  // The epoch that runs is the last one. Of shard 0, which leads; the others have none of their own.
  void StopEpochs() {
    if (loop_ != nullptr) loop_->conductor()->StopCutting();
  }
  // Shard 0, after StopEpochs: no epoch runs any more.
  bool EpochsEnded() const { return loop_ == nullptr || loop_->conductor()->idle(); }

  // Works on epochs and reads, a slice of each. False: nothing can be done before an event or NextWakeMicros.
  bool Step();
  int64_t NextWakeMicros() const;
  // Not OK: the group cannot go on.
  const absl::Status& failure() const { return failure_; }
  // The failure is that the group starts once more, with a new history of its sinks.
  bool begins_anew() const;

  // Everything but the process' own part (pid, memory).
  v1::ShardReport Report(const Traffic& exchange) const;

 private:
  void OpenDesk();
  explicit PipelineShard(Options options);

  // The sinks of this shard and, as far as shard 0 knows, of all others have written everything.
  bool Drained() const;
  // Tells the server of a commit, and asks for more epoch numbers in time.
  void AwaitHistory();
  void AfterCommit();

  const Options options_;
  const v1::StartShard& start_;
  std::vector<const ConnectorSource*> sources_;
  std::vector<bool> load_last_;  // by source
  std::unique_ptr<ExpressionErrors> errors_;
  std::vector<std::unique_ptr<ViewStore>> views_;
  ChangeRetention retention_;
  std::vector<std::unique_ptr<ChangeRing>> rings_;
  std::vector<std::unique_ptr<ConnectorSink>> sinks_;
  std::vector<std::unique_ptr<SinkFeed>> feeds_;
  std::unique_ptr<ReadQueue> reads_;
  std::unique_ptr<ChangeReads> change_reads_;
  std::unique_ptr<LogJournal> journal_;  // shard 0, as the next two
  std::unique_ptr<LogReplay> replay_;
  std::unique_ptr<SourceChanges> changes_;
  std::unique_ptr<IngestDesk> desk_;  // shard 0, as the next one; sources use both
  std::unique_ptr<LogFeed> feed_;
  LogPosition durable_;               // that the feed was told of
  std::unique_ptr<Circuit> circuit_;  // until the loop has it
  std::unique_ptr<ShardLoop> loop_;
  absl::Status failure_;

  EpochMark mark_;
  Epoch committed_;
  bool told_finished_ = false;
  int64_t committed_micros_ = 0;
  uint64_t end_epoch_ = 0;
  bool asked_epochs_ = false;
};

}  // namespace freshet
