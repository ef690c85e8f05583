#include "server/shard/ingest/log_feed.h"

#include "engine/base/check.h"
#include "server/shard/ingest/ingest_format_names.h"

namespace freshet {

absl::StatusOr<std::optional<IngestRequest>> LogFeed::Next(const std::string& table_uid, uint64_t from, uint64_t end) {
  LogReader* reader = nullptr;
  {
    std::lock_guard lock(mutex_);
    std::unique_ptr<LogReader>& of_table = readers_[table_uid];
    if (of_table == nullptr || of_table->position().value() < from) {
      of_table = std::make_unique<LogReader>(log_->disk(), log_->folder(), LogPosition(from),
                                             std::initializer_list<LogRecordKind>{LogRecordKind::kRequest});
    }
    reader = of_table.get();
  }
  while (true) {
    ASSIGN_OR_RETURN(std::optional<LogReader::Item> item, reader->Next(LogPosition(end)));
    if (!item) {
      handlers_.on_read(table_uid, end);
      return std::optional<IngestRequest>();
    }
    RequestRecord& record = std::get<RequestRecord>(item->record);
    if (record.table_uid != table_uid || item->span.begin.value() < from) continue;
    ASSIGN_OR_RETURN(IngestFormat format, IngestFormatOf(record.format));
    handlers_.on_found(record, item->span);
    IngestRequest request;
    request.position = item->span.begin.value();
    request.next = item->span.end.value();
    request.receipt_micros = record.received_micros;
    request.format = format;
    request.body = std::move(record.body);
    return std::optional<IngestRequest>(std::move(request));
  }
}

void LogFeed::Follow(const std::string& table_uid, std::function<void()> on_durable) {
  std::lock_guard lock(mutex_);
  if (on_durable) {
    followers_[table_uid] = std::move(on_durable);
  } else {
    followers_.erase(table_uid);
  }
}

void LogFeed::TellDurable() {
  std::lock_guard lock(mutex_);
  for (const auto& [table, on_durable] : followers_) on_durable();
}

}  // namespace freshet
