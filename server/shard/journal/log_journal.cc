#include "server/shard/journal/log_journal.h"

#include "engine/base/check.h"

namespace freshet {

void LogJournal::Append(const CutRecord& record) {
  pending_.push_back({record.epoch, writer_->log()->Append(record).end});
  writer_->Write();
}

Epoch LogJournal::DurableEpoch() const {
  const LogPosition durable = writer_->log()->durable();
  while (!pending_.empty() && pending_.front().end <= durable) {
    durable_ = pending_.front().epoch;
    pending_.pop_front();
  }
  return durable_;
}

LogReplay::LogReplay(LogWriter* writer)
    : count_(writer->journaled()),
      until_(writer->log()->end()),
      sinks_(writer->sinks()),
      reader_(writer->log()->disk(), writer->log()->folder(), writer->revision_position(), {LogRecordKind::kCut}) {}

absl::StatusOr<std::optional<CutRecord>> LogReplay::Next() {
  if (next_ == count_) return std::optional<CutRecord>();
  ++next_;
  ASSIGN_OR_RETURN(auto item, reader_.Next(until_));
  CHECK(item.has_value()) << "the log lost cuts that it had at the start";
  return std::get<CutRecord>(std::move(item->record));
}

}  // namespace freshet
