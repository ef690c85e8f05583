// Takes the requests of HTTP ingest on shard 0: puts them into the log, and answers once they are durable or visible.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/ingest/ingest_feed.h"
#include "server/storage/pipeline_log/pipeline_log.h"

namespace freshet {

// Thread-safe. A request with an Idempotency-Key that is known gets the answer of the first one; the keys of the log
// are known again when its requests have been read: until then nothing is taken.
class IngestDesk {
 public:
  struct Options {
    // Requests that are not visible yet; above it 429 is answered.
    uint64_t pending_bytes_max = 64u << 20;
    // Keys remembered; the oldest make room.
    size_t keys_max = 100'000;
    // What the log held at the start ends here; 0: it is new.
    uint64_t log_end = 0;
  };
  struct Table {
    std::string name;
    std::string uid;
  };
  struct Handlers {
    std::function<void(const v1::IngestAnswer&)> answer;
    std::function<void()> write;  // something was appended to the log
  };
  struct Counts {
    uint64_t requests = 0;  // taken into the log
    uint64_t repeated = 0;  // answered by their key
    uint64_t refused = 0;   // 429
    uint64_t pending_bytes = 0;
  };

  // `log` and `clock` outlive the desk.
  IngestDesk(Options options, PipelineLog* log, const Clock* clock, std::vector<Table> tables, Handlers handlers);

  void Submit(v1::IngestCall call);
  // The load, or the recovery, is over. Requests are held from now on, and taken once the log has been read.
  void SetLoaded();
  // OK: the log can be written again.
  void SetLogFailure(absl::Status status);

  // A request was read from the log, then its records were decoded.
  void OnFound(const RequestRecord& record, LogSpan span);
  // All requests of a table before this position have been found.
  void OnRead(const std::string& table_uid, uint64_t position);
  void OnDecoded(uint64_t position, IngestOutcome outcome);
  // Epoch `epoch` takes the table's requests before `position`; later, all epochs up to `epoch` are committed. Gives
  // the tables that moved.
  void OnTaken(const std::string& table_uid, uint64_t position, Epoch epoch);
  std::vector<v1::IngestPosition> OnCommitted(Epoch epoch);
  // Answers whoever waits for what was committed: after the server has been told of the commit, so that a read that
  // follows the answer sees the rows.
  void AnswerVisible();

  Counts counts() const;

 private:
  struct Waiter {
    uint64_t id = 0;
    bool visible = false;
  };
  struct Request {
    LogSpan span;
    std::string table_uid;
    uint64_t fingerprint = 0;  // of what was sent
    uint64_t bytes = 0;
    std::optional<IngestOutcome> outcome;  // known: it is durable, too
    bool visible = false;
    std::vector<Waiter> waiters;
  };
  using RequestRef = std::shared_ptr<Request>;

  bool LogIsRead() const;
  // Whether a request of so many bytes is taken now.
  absl::Status CheckTaking(uint64_t bytes) const;
  bool HasRoom(uint64_t bytes) const;
  void Remember(const std::string& key, RequestRef request);
  // A request whose records are not decoded, or not visible.
  void AddPending(const RequestRef& request);
  // Answers the waiters whose condition holds.
  void AnswerDue(Request& request);
  void AnswerError(uint64_t id, const absl::Status& status);
  const Table* FindTable(const std::string& name) const;

  const Options options_;
  PipelineLog* const log_;
  const Clock* const clock_;
  const std::vector<Table> tables_;
  const Handlers handlers_;

  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> read_;  // by table, until the log is read
  bool loaded_;
  bool log_read_;
  std::vector<v1::IngestCall> held_;  // come too early
  absl::Status log_failure_;
  int64_t last_receipt_micros_ = 0;                          // record times never go back
  std::map<uint64_t, RequestRef> undecoded_;                 // by position
  std::map<std::string, std::deque<RequestRef>> invisible_;  // by table, in the order of the log
  std::unordered_map<std::string, RequestRef> keys_;
  std::deque<std::string> key_order_;
  struct Taken {
    Epoch epoch;
    std::string table_uid;
    uint64_t position = 0;
  };
  std::deque<Taken> taken_;  // by epochs that are not committed
  std::map<std::string, uint64_t> visible_;
  Counts counts_;
};

}  // namespace freshet
