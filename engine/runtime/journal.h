// The journal seam: the cuts of a pipeline, in order. An epoch is visible only once its cut is durable, so that it can
// come again with the same number and content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/runtime/frame.h"

namespace freshet {

struct CutRecord {
  Epoch epoch;
  // Of the partitions that moved in it, of all shards.
  SourcePositions positions;
  int64_t clock_micros = 0;
  std::vector<std::optional<int64_t>> watermarks;
  bool load = false;
  bool loaded = false;  // with it, every source has taken its load
  // Of all shards, the sinks that got further since the cut before.
  SinkPositions sinks;
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Queues a record; never blocks.
  virtual void Append(const CutRecord& record) = 0;
  // The last epoch whose record is durable. When it grows, the process calls ShardLoop::Step again.
  virtual Epoch DurableEpoch() const = 0;
};

// The journaled epochs after the state that the shards opened, in order: what a restart runs again.
class CutReplay {
 public:
  virtual ~CutReplay() = default;

  // The next one; no value: there are no more. Error: the journal cannot be read.
  virtual absl::StatusOr<std::optional<CutRecord>> Next() = 0;
  // How far the sinks got, as all of the records say together. What is left out here they find out themselves, with
  // more reading.
  virtual SinkPositions Sinks() const { return {}; }
};

class InMemoryReplay : public CutReplay {
 public:
  explicit InMemoryReplay(std::vector<CutRecord> records) : records_(std::move(records)) {}

  absl::StatusOr<std::optional<CutRecord>> Next() override {
    return next_ < records_.size() ? std::optional<CutRecord>(records_[next_++]) : std::nullopt;
  }
  SinkPositions Sinks() const override {
    SinkPositions sinks;
    for (const CutRecord& record : records_) MergeSinkPositions(record.sinks, &sinks);
    return sinks;
  }

 private:
  const std::vector<CutRecord> records_;
  size_t next_ = 0;
};

// Keeps the records in memory, durable at once.
class InMemoryJournal : public Journal {
 public:
  void Append(const CutRecord& record) override { records_.push_back(record); }
  Epoch DurableEpoch() const override { return records_.empty() ? Epoch() : records_.back().epoch; }
  const std::vector<CutRecord>& records() const { return records_; }

 private:
  std::vector<CutRecord> records_;
};

}  // namespace freshet
