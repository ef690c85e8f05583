#include "server/connectors/kafka/kafka_source.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr int kMetadataTimeoutMs = 1000;
constexpr int64_t kIdleMs = 600'000;     // a wait that messages, a request or the end interrupt
constexpr size_t kAheadBytes = 1 << 20;  // of a partition, kept from one request to the next

int64_t NowMicros() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// The headers of a message, by name; of equal names the last one.
std::optional<std::string_view> FindHeader(const rd_kafka_message_t& message, std::string_view name) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  const void* value = nullptr;
  size_t size = 0;
  std::string terminated(name);
  if (rd_kafka_header_get_last(headers, terminated.c_str(), &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  if (value == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(value), size);
}

}  // namespace

std::string KafkaPartitionName(std::string_view topic, int32_t partition) {
  return StrCat(topic, "/", absl::StrFormat("%06d", partition));
}

KafkaSource::KafkaSource(const v1::PhysicalSource& source, const v1::SourceExtent& extent, const SourceContext& context,
                         KafkaOptions options, MakeBuilder make_builder)
    : QueuedSource(source, context),
      extent_(extent),
      options_(std::move(options)),
      make_builder_(std::move(make_builder)) {}

absl::Status KafkaSource::AddPart(int32_t partition, int64_t start) {
  known_partitions_ = std::max(known_partitions_, partition + 1);
  if (ShardOfPartition(partition, context().shard_count) != context().shard.value()) return absl::OkStatus();
  Part& part = parts_[partition];
  part.name = KafkaPartitionName(options_.topic, partition);
  part.offset = part.read_to = start;
  ASSIGN_OR_RETURN(part.builder, make_builder_());
  part.builder->SetPartition(
      part.name, {.stamp_partition = part.name, .file = {}, .topic = options_.topic, .partition = partition});
  return absl::OkStatus();
}

// Positions may name partitions that came after the extents were resolved.
absl::StatusOr<int32_t> KafkaSource::KnownPartition(const std::string& name) {
  size_t slash = name.rfind('/');
  int32_t partition = 0;
  bool ours = slash != std::string::npos && name.substr(0, slash) == options_.topic &&
              std::from_chars(name.data() + slash + 1, name.data() + name.size(), partition).ec == std::errc();
  if (!ours) return absl::InternalError(StrCat("the position of ", name, " is not one of topic ", options_.topic));
  while (known_partitions_ <= partition) RETURN_IF_ERROR(AddPart(known_partitions_, 0));
  return partition;
}

absl::Status KafkaSource::MoveParts(const Positions& positions) {
  for (const auto& [name, position] : positions) {
    ASSIGN_OR_RETURN(int32_t partition, KnownPartition(name));
    auto found = parts_.find(partition);
    if (found == parts_.end()) continue;
    Part& part = found->second;
    part.offset = part.read_to = position.offset;
    part.records = position.records;
    std::from_chars(position.detail.data(), position.detail.data() + position.detail.size(), part.newest_micros);
  }
  return absl::OkStatus();
}

absl::Status KafkaSource::Start(const Positions& from) {
  for (int i = 0; i < extent_.partitions_size(); ++i) {
    const v1::PartitionExtent& partition = extent_.partitions(i);
    RETURN_IF_ERROR(AddPart(i, partition.start()));
    if (auto part = parts_.find(i); part != parts_.end()) {
      part->second.end = partition.end();
      part->second.load_end = partition.load_end();
    }
  }
  RETURN_IF_ERROR(MoveParts(from));
  ASSIGN_OR_RETURN(client_, KafkaClient::Make(options_, [this](const std::string& error) { Told(error); }));
  channel().OnInterrupt([this] { client_->EndWait(); });
  return absl::OkStatus();
}

void KafkaSource::Told(const std::string& error) {
  SetTrouble(StrCat("topic ", options_.topic, " at ", options_.brokers, ": ", error));
}

void KafkaSource::SetTrouble(std::string_view what) {
  troubled_ = true;
  channel().SetMessage(StrCat(what, "; trying again"));
}

int64_t KafkaSource::LimitOf(const Part& part, const ReadRequest& request) const {
  if (!request.until) return part.end;
  auto until = request.until->find(part.name);
  return until == request.until->end() ? part.offset : until->second.offset;
}

bool KafkaSource::AllRead(const ReadRequest& request) const {
  return std::all_of(parts_.begin(), parts_.end(), [&](const auto& entry) {
    int64_t limit = LimitOf(entry.second, request);
    return limit >= 0 && entry.second.read_to >= limit;
  });
}

bool KafkaSource::Loaded() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const auto& entry) { return entry.second.read_to >= entry.second.load_end; });
}

absl::Status KafkaSource::Begin(const ReadRequest& request) {
  if (request.until) {
    for (const auto& [name, position] : *request.until) RETURN_IF_ERROR(KnownPartition(name).status());
  }
  std::map<int32_t, int64_t> offsets;
  for (auto& [partition, part] : parts_) {
    part.read_to = part.offset;
    int64_t limit = LimitOf(part, request);
    if (!TakeAhead(part, limit)) return absl::OkStatus();  // the source is closed
    if (limit >= 0 && part.read_to >= limit) continue;
    offsets[partition] = part.offset;
    part.ahead_full = false;
  }
  return offsets.empty() ? absl::OkStatus() : client_->Assign(offsets);
}

void KafkaSource::ReadAll() {
  uint64_t begun = 0;
  while (!channel().closed()) {
    std::shared_ptr<const ReadRequest> request = channel().request();
    if (request->number != begun) {
      absl::Status status = Begin(*request);
      if (!status.ok()) return channel().Fail(std::move(status));
      begun = request->number;
    }
    bool live = !request->until;
    if (live && Loaded()) channel().MarkLoaded();
    if (AllRead(*request) && (!live || !options_.follow)) {
      if (!live) channel().MarkUntil(request->number);
      if (live) channel().MarkFinished();
      channel().WaitRequest(request->number, kIdleMs);
      continue;
    }
    if (live && options_.follow) FindNewPartitions(*request);
    if (!ConsumeSome(*request)) return;
  }
}

void KafkaSource::FindNewPartitions(const ReadRequest& request) {
  if (NowMicros() < next_look_micros_) return;
  bool first = next_look_micros_ == 0;
  next_look_micros_ = NowMicros() + options_.partition_poll_interval_ms * 1000;
  if (first) return;  // just resolved
  absl::StatusOr<int32_t> count = client_->PartitionCount(kMetadataTimeoutMs);
  if (!count.ok()) return SetTrouble(StdView(count.status().message()));  // it names topic and brokers
  if (std::exchange(troubled_, false)) channel().SetMessage("");
  bool added = false;
  for (int32_t partition = known_partitions_; partition < *count; ++partition) {
    absl::Status status = AddPart(partition, 0);
    if (!status.ok()) return channel().Fail(std::move(status));
    added = added || parts_.contains(partition);
  }
  if (!added) return;
  if (absl::Status status = Begin(request); !status.ok()) channel().Fail(std::move(status));
}

// False: the source is closed or has failed.
bool KafkaSource::ConsumeSome(const ReadRequest& request) {
  const bool looks = !request.until && options_.follow;
  const int64_t wait_ms = looks ? std::max<int64_t>(0, next_look_micros_ - NowMicros()) / 1000 + 1 : kIdleMs;
  std::vector<KafkaMessage> messages = client_->Consume(static_cast<int>(std::min(wait_ms, kIdleMs)));
  for (KafkaMessage& message : messages) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!TakeEvent(*message)) return false;
    } else if (!AddMessage(std::move(message), request)) {
      return false;
    }
  }
  for (auto& [partition, part] : parts_) {
    if (!Flush(part)) return false;
  }
  return true;
}

bool KafkaSource::TakeEvent(const rd_kafka_message_t& message) {
  auto found = parts_.find(message.partition);
  bool of_part = message.rkt != nullptr && found != parts_.end();
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    // Behind the last record there may be control records and aborted ones, which never come as messages.
    if (of_part) found->second.read_to = std::max(found->second.read_to, message.offset);
    if (std::exchange(troubled_, false)) channel().SetMessage("");
    return true;
  }
  bool lost =
      message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  if (lost && of_part) {
    channel().Fail(MakeError(
        ErrorCode::kSourceChanged,
        StrCat(
            "partition ", found->second.name, " has no record at offset ", found->second.offset,
            " any more: it has expired, or the topic was made anew. Update the pipeline to read it from its start")));
    return false;
  }
  const char* text = rd_kafka_message_errstr(&message);
  Told(text == nullptr ? rd_kafka_err2str(message.err) : text);
  return true;
}

bool KafkaSource::AddMessage(KafkaMessage message, const ReadRequest& request) {
  auto found = parts_.find(message->partition);
  if (found == parts_.end()) return true;
  if (std::exchange(troubled_, false)) channel().SetMessage("");
  Part& part = found->second;
  int64_t limit = LimitOf(part, request);
  if (limit >= 0 && part.read_to < limit && message->offset + 1 >= limit) client_->Pause(message->partition);
  part.read_to = std::max(part.read_to, message->offset + 1);
  if (message->offset < part.offset) return true;
  if (limit < 0 || message->offset < limit) return TakeRecord(part, *message);
  KeepAhead(part, std::move(message));
  return true;
}

void KafkaSource::KeepAhead(Part& part, KafkaMessage message) {
  if (!part.ahead.empty() && message->offset <= part.ahead.back()->offset) return;
  part.ahead_full = part.ahead_full || part.ahead_bytes >= kAheadBytes;
  if (part.ahead_full) return;
  part.ahead_bytes += message->len + message->key_len;
  part.ahead.push_back(std::move(message));
}

bool KafkaSource::TakeAhead(Part& part, int64_t limit) {
  while (!part.ahead.empty() && (limit < 0 || part.ahead.front()->offset < limit)) {
    KafkaMessage message = std::move(part.ahead.front());
    part.ahead.pop_front();
    part.ahead_bytes -= message->len + message->key_len;
    part.read_to = message->offset + 1;
    if (!TakeRecord(part, *message)) return false;
  }
  // Nothing lies between two messages that came one behind the other.
  if (!part.ahead.empty()) part.read_to = std::max(part.read_to, part.ahead.front()->offset);
  return Flush(part);
}

bool KafkaSource::TakeRecord(Part& part, const rd_kafka_message_t& message) {
  AddRecord(part, message);
  part.offset = message.offset + 1;
  ++part.records;
  return !part.builder->full() || Flush(part);
}

void KafkaSource::AddRecord(Part& part, const rd_kafka_message_t& message) {
  RecordPlace place;
  place.offset = message.offset;
  rd_kafka_timestamp_type_t kind;
  int64_t millis = rd_kafka_message_timestamp(&message, &kind);
  if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis >= 0) {
    place.timestamp_micros = millis * 1000;
    part.newest_micros = std::max(part.newest_micros, millis * 1000);
  }
  place.stamp_time = part.newest_micros;
  if (message.key != nullptr) place.key = std::string_view(static_cast<const char*>(message.key), message.key_len);
  HeaderLookup headers = [&](std::string_view name) { return FindHeader(message, name); };
  place.headers = &headers;
  auto position = [&] { return StrCat(message.offset); };
  if (message.payload == nullptr) return part.builder->Add(std::nullopt, place, position);
  std::string_view value(static_cast<const char*>(message.payload), message.len);
  size_t limit = part.builder->settings().max_record_bytes;
  if (value.size() > limit) {
    Rejection rejection{ErrorCode::kRecordTooLarge,
                        StrCat("the message has ", value.size(), " bytes; max_record_bytes is ", limit)};
    return part.builder->AddRejected({value.substr(0, kDeadLetterBytes), false}, std::move(rejection), place, position);
  }
  copy_.assign(value);
  copy_.append(kRecordPadding, '\0');
  part.builder->Add(RecordText{std::string_view(copy_).substr(0, value.size()), false}, place, position);
}

bool KafkaSource::Flush(Part& part) {
  if (part.builder->empty()) return true;
  Position end;
  end.offset = part.offset;
  end.records = part.records;
  end.detail = StrCat(part.newest_micros);
  return channel().Push(part.builder->Finish(std::move(end)));
}

}  // namespace freshet
