// Gives ingest sources the requests of their tables from the pipeline's log.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/connectors/ingest/ingest_feed.h"
#include "server/storage/pipeline_log/log_reader.h"
#include "server/storage/pipeline_log/pipeline_log.h"

namespace freshet {

class LogFeed : public IngestFeed {
 public:
  struct Handlers {
    // A request was read; then as IngestFeed's calls of these names.
    std::function<void(const RequestRecord& record, LogSpan span)> on_found;
    // Every request of a table before this position was read.
    std::function<void(const std::string& table_uid, uint64_t position)> on_read;
    std::function<void(uint64_t position, IngestOutcome outcome)> on_decoded;
    std::function<void(const std::string& table_uid, uint64_t position)> on_taken;
  };

  // `log` outlives the feed.
  LogFeed(PipelineLog* log, Handlers handlers) : log_(log), handlers_(std::move(handlers)) {}

  absl::StatusOr<std::optional<IngestRequest>> Next(const std::string& table_uid, uint64_t from, uint64_t end) override;
  uint64_t DurableEnd() const override { return log_->durable().value(); }
  void Follow(const std::string& table_uid, std::function<void()> on_durable) override;
  void OnDecoded(uint64_t position, IngestOutcome outcome) override {
    handlers_.on_decoded(position, std::move(outcome));
  }
  void OnTaken(const std::string& table_uid, uint64_t position) override { handlers_.on_taken(table_uid, position); }

  // Any thread: the log's durable end has grown.
  void TellDurable();

 private:
  PipelineLog* const log_;
  const Handlers handlers_;
  std::mutex mutex_;
  std::map<std::string, std::function<void()>> followers_;
  std::map<std::string, std::unique_ptr<LogReader>> readers_;  // by table; each used by its source's thread alone
};

}  // namespace freshet
