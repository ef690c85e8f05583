// The source of a table that is filled over HTTP: reads the table's requests from the log, in its order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/connectors/api/queued_source.h"
#include "server/connectors/ingest/ingest_decoder.h"
#include "server/connectors/ingest/ingest_feed.h"

namespace freshet {

// Lives on shard 0; the instances of other shards (feed = nullptr) have nothing. The load is what the log holds at the
// start. Nothing is taken that is not durable, and a request is taken whole.
class IngestSource : public QueuedSource {
 public:
  IngestSource(const v1::PhysicalSource& source, const SourceContext& context, std::unique_ptr<IngestDecoder> decoder,
               IngestFeed* feed);
  ~IngestSource() override;

  Positions TakePositions() override;

  // After Open, without a thread: reads the next request. False: there is nothing to do before the log is written, the
  // compute thread wants something else, or ever.
  bool Step();

 protected:
  absl::Status Start(const Positions& from) override;
  void ReadAll() override;
  uint64_t LoadBytes() const override { return 0; }

 private:
  // The next request below `end` is pushed; false: there is none.
  absl::StatusOr<bool> ReadOne(uint64_t end);

  const std::unique_ptr<IngestDecoder> decoder_;
  IngestFeed* const feed_;
  const std::string table_uid_;
  uint64_t load_end_ = 0;
  uint64_t position_ = 0;
  int64_t records_ = 0;
  bool failed_ = false;
};

}  // namespace freshet
