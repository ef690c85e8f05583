// The journal over the pipeline's log: cuts are records of it, a restart reads them from there.
#pragma once

#include <deque>

#include "engine/runtime/journal.h"
#include "server/shard/journal/log_writer.h"
#include "server/storage/pipeline_log/log_reader.h"

namespace freshet {

// On the compute thread of shard 0.
class LogJournal : public Journal {
 public:
  // `writer` has opened its log, and outlives the journal.
  explicit LogJournal(LogWriter* writer) : writer_(writer) {}

  void Append(const CutRecord& record) override;
  Epoch DurableEpoch() const override;

 private:
  struct Pending {
    Epoch epoch;
    LogPosition end;
  };

  LogWriter* const writer_;
  mutable std::deque<Pending> pending_;
  mutable Epoch durable_;
};

// The cuts that the log held when it was opened.
class LogReplay : public CutReplay {
 public:
  explicit LogReplay(LogWriter* writer);

  absl::StatusOr<std::optional<CutRecord>> Next() override;
  SinkPositions Sinks() const override { return sinks_; }

 private:
  const uint64_t count_;
  const LogPosition until_;
  const SinkPositions sinks_;
  uint64_t next_ = 0;
  LogReader reader_;
};

}  // namespace freshet
