#include "server/connectors/api/queued_source.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace freshet {
namespace {

// Each shard keeps its part of what the source may keep.
DeadLetterLimits PartOf(const DeadLetterLimits& limits, uint32_t shard_count) {
  const uint64_t parts = std::max<uint64_t>(shard_count, 1);
  return {(limits.count + parts - 1) / parts, (limits.bytes + parts - 1) / parts};
}

}  // namespace

QueuedSource::QueuedSource(const v1::PhysicalSource& source, const SourceContext& context)
    : source_(source),
      context_(context),
      channel_(context.queue_bytes, context.wake),
      dead_letters_(source.table(), source.source(), PartOf(context.dead_letters, context.shard_count)) {}

void QueuedSource::Stop() {
  channel_.Close();
  if (thread_.joinable()) thread_.join();
}

absl::Status QueuedSource::Open(const Positions& from, const std::optional<Positions>& until) {
  CHECK(!std::exchange(opened_, true)) << "a source is opened once";
  RETURN_IF_ERROR(Start(from));
  channel_.Request(until);
  if (context_.threads) thread_ = std::thread([this] { ReadAll(); });
  return absl::OkStatus();
}

void QueuedSource::Continue(const std::optional<Positions>& until) { channel_.Request(until); }

std::optional<DeltaBatch> QueuedSource::Take() {
  while (std::optional<DecodedBlock> block = channel_.TryPop()) {
    Position& position = moved_[block->partition];
    uint64_t checksum = position.checksum + block->end.checksum;
    position = std::move(block->end);
    position.checksum = checksum;
    in_unit_ = block->more;
    rows_ += block->batch.size();
    bytes_ += block->bytes;
    unknown_fields_ += block->unknown_fields;
    for (RejectedRecord& rejected : block->rejected) dead_letters_.Add(std::move(rejected));
    // A block of nothing but dead letters is taken with what follows it.
    if (!block->batch.empty()) return std::move(block->batch);
  }
  return std::nullopt;
}

Positions QueuedSource::TakePositions() { return std::exchange(moved_, Positions()); }

SourceProgress QueuedSource::Progress() const {
  SourceProgress progress;
  progress.rows = rows_;
  progress.bytes = bytes_;
  progress.total_bytes = LoadBytes();
  progress.loaded = channel_.loaded();
  progress.finished = channel_.finished();
  progress.at_until = channel_.at_until();
  return progress;
}

v1::SourceStatus QueuedSource::Status() const {
  v1::SourceStatus status;
  status.set_source(source_.source());
  status.set_table(source_.table());
  status.set_connector(source_.binding().connector());
  status.set_rows(rows_);
  status.set_bytes(bytes_);
  status.set_dead_letters(dead_letters_.total());
  status.set_unknown_fields(unknown_fields_);
  absl::Status health = channel_.health();
  status.set_message(health.ok() ? channel_.message() : std::string(health.message()));
  status.set_finished(channel_.finished());
  return status;
}

}  // namespace freshet
