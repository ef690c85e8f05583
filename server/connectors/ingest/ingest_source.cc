#include "server/connectors/ingest/ingest_source.h"

#include <utility>

namespace freshet {
namespace {

constexpr int64_t kIdleMs = 600'000;  // only a request, the log or the end interrupts it

}  // namespace

IngestSource::IngestSource(const v1::PhysicalSource& source, const SourceContext& context,
                           std::unique_ptr<IngestDecoder> decoder, IngestFeed* feed)
    : QueuedSource(source, context),
      decoder_(std::move(decoder)),
      feed_(feed),
      table_uid_(source.table_uid().empty() ? source.table() : source.table_uid()) {
  if (feed_ != nullptr) feed_->Follow(table_uid_, [this] { channel().Poke(); });
}

IngestSource::~IngestSource() {
  if (feed_ != nullptr) feed_->Follow(table_uid_, nullptr);
  Stop();
}

absl::Status IngestSource::Start(const Positions& from) {
  if (feed_ != nullptr) load_end_ = feed_->DurableEnd();
  auto position = from.find(std::string(kIngestPartition));
  if (position == from.end()) return absl::OkStatus();
  position_ = static_cast<uint64_t>(position->second.offset);
  records_ = position->second.records;
  return absl::OkStatus();
}

Positions IngestSource::TakePositions() {
  Positions positions = QueuedSource::TakePositions();
  for (const auto& [name, position] : positions) feed_->OnTaken(table_uid_, static_cast<uint64_t>(position.offset));
  return positions;
}

void IngestSource::ReadAll() {
  while (!channel().closed() && !failed_) {
    const uint64_t seen = channel().request()->number;
    if (!Step()) channel().WaitRequest(seen, kIdleMs);
  }
}

bool IngestSource::Step() {
  std::shared_ptr<const ReadRequest> request = channel().request();
  if (failed_ || request->number == 0) return false;
  uint64_t end = feed_ == nullptr ? 0 : feed_->DurableEnd();
  if (request->until && feed_ != nullptr) {
    auto until = request->until->find(std::string(kIngestPartition));
    end = until == request->until->end() ? 0 : static_cast<uint64_t>(until->second.offset);
  }
  absl::StatusOr<bool> read = ReadOne(end);
  if (!read.ok()) {
    failed_ = true;
    channel().Fail(read.status());
    return false;
  }
  if (channel().request()->number != request->number) return true;
  if (position_ >= load_end_ || (!*read && end >= load_end_)) channel().MarkLoaded();
  if (!*read && request->until) channel().MarkUntil(request->number);
  return *read;
}

absl::StatusOr<bool> IngestSource::ReadOne(uint64_t end) {
  if (position_ >= end) return false;
  ASSIGN_OR_RETURN(std::optional<IngestRequest> request, feed_->Next(table_uid_, position_, end));
  if (!request) return false;
  IngestDecoder::Decoded decoded = decoder_->Decode(*request, records_);
  position_ = request->next;
  records_ += decoded.records;
  const uint64_t at = request->position;
  IngestOutcome outcome = std::move(decoded.outcome);
  // Told first: when the rows are seen, the answer is known.
  feed_->OnDecoded(at, std::move(outcome));
  channel().PushAll(std::move(decoded.blocks));
  return true;
}

}  // namespace freshet
