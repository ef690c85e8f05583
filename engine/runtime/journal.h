// The journal seam: the cuts of a pipeline, in order. An epoch is visible only once its cut is durable, so that it can
// come again with the same number and content.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

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
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Queues a record; never blocks.
  virtual void Append(const CutRecord& record) = 0;
  // The last epoch whose record is durable. When it grows, the process calls ShardLoop::Step again.
  virtual Epoch DurableEpoch() const = 0;
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
