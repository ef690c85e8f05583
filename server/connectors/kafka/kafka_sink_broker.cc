#include "server/connectors/kafka/kafka_sink_broker.h"

#include <algorithm>
#include <charconv>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/kafka/kafka_login.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr int kTimeoutMs = 5000;
// How far before the end of a partition its last record is looked for first; then ten times as far, and so on.
constexpr int64_t kFirstLook = 1000;
constexpr const char* kSinkHeader = "freshet.sink";
constexpr const char* kHistoryHeader = "freshet.history";
constexpr const char* kEpochHeader = "freshet.epoch";
constexpr const char* kSequenceHeader = "freshet.sequence";

// What exactness rests on is no option of users; of the rest, defaults.
const std::map<std::string, std::string>& FixedProperties() {
  static const std::map<std::string, std::string> properties = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.timeout.ms", "0"},  // a record is tried for ever: none may be left out
      {"allow.auto.create.topics", "false"},
  };
  return properties;
}
const std::map<std::string, std::string>& DefaultProperties() {
  static const std::map<std::string, std::string> properties = {
      {"linger.ms", "1"},
      {"queue.buffering.max.messages", "100000"},
      {"queue.buffering.max.kbytes", "32768"},
      {"reconnect.backoff.max.ms", "2000"},
      {"client.id", "freshet"},
  };
  return properties;
}

bool ReadNumber(const rd_kafka_headers_t* headers, const char* name, uint64_t* out) {
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const char* text = static_cast<const char*>(value);
  auto [end, error] = std::from_chars(text, text + size, *out);
  return error == std::errc() && end == text + size;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SinkBroker>> KafkaSinkBroker::Make(const KafkaSinkOptions& options) {
  std::unique_ptr<KafkaSinkBroker> broker(new KafkaSinkBroker(options));
  ASSIGN_OR_RETURN(broker->consumer_,
                   KafkaClient::Make(options.consumer,
                                     [raw = broker.get()](const std::string& what) { raw->consumer_error_ = what; }));
  RETURN_IF_ERROR(broker->MakeProducer());
  return broker;
}

absl::Status KafkaSinkBroker::MakeProducer() {
  std::map<std::string, std::string> properties = FixedProperties();
  properties.insert(options_.properties.begin(), options_.properties.end());
  properties.insert(DefaultProperties().begin(), DefaultProperties().end());
  properties["bootstrap.servers"] = options_.consumer.brokers;
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  RETURN_IF_ERROR(SetClientProperties(properties, conf.get()));
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaSinkBroker::OnDelivery);
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaSinkBroker::OnError);
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  char error[512] = "";
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), error, sizeof(error));
  if (producer_ == nullptr) return MakeError(ErrorCode::kInvalidOption, StrCat("connector kafka: ", error));
  (void)conf.release();  // the producer's now
  return absl::OkStatus();
}

KafkaSinkBroker::~KafkaSinkBroker() {
  if (producer_ == nullptr) return;
  // What is queued is sent again by another producer, behind what got through of it.
  rd_kafka_purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(producer_);
}

void KafkaSinkBroker::OnError(rd_kafka_t* client, int error, const char* reason, void* opaque) {
  auto* self = static_cast<KafkaSinkBroker*>(opaque);
  auto code = static_cast<rd_kafka_resp_err_t>(error);
  self->login_refused_ |= code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
  std::string_view text = reason == nullptr ? "" : reason;
  std::string what =
      StrCat("topic ", self->options_.consumer.topic, " at ", self->options_.consumer.brokers, ": ", text, " (",
             rd_kafka_err2name(code), ")", LoginAdvice(code, text, self->options_.properties));
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    char fatal[512] = "";
    rd_kafka_fatal_error(client, fatal, sizeof(fatal));
    self->broken_ = StrCat(what, " ", fatal);
  } else {
    self->trouble_ = what;
  }
}

void KafkaSinkBroker::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<KafkaSinkBroker*>(opaque);
  if (!self->broken_.empty()) return;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    self->broken_ = StrCat("topic ", self->options_.consumer.topic, " at ", self->options_.consumer.brokers, ": ",
                           rd_kafka_err2str(message->err));
    return;
  }
  auto partition = static_cast<uint32_t>(message->partition);
  std::deque<SinkMark>& marks = self->on_the_way_[partition];
  CHECK(!marks.empty());
  self->delivered_.push_back({partition, marks.front(), message->offset});
  marks.pop_front();
  self->trouble_.clear();
}

absl::StatusOr<uint32_t> KafkaSinkBroker::PartitionCount() {
  auto count = consumer_->PartitionCount(kTimeoutMs);
  if (!count.ok()) {
    consumer_->Consume(0);  // hands out the errors that wait: why nobody answers
    return MakeError(ErrorCode::kSinkUnreachable,
                     StrCat(StdView(count.status().message()), consumer_error_.empty() ? "" : ": ", consumer_error_));
  }
  return static_cast<uint32_t>(*count);
}

absl::StatusOr<SinkBroker::Tail> KafkaSinkBroker::ReadTail(uint32_t partition, int64_t from) {
  auto number = static_cast<int32_t>(partition);
  auto offsets = consumer_->QueryOffsets(number, kTimeoutMs);
  if (!offsets.ok()) return MakeError(ErrorCode::kSinkUnreachable, StdView(offsets.status().message()));
  Tail tail;
  tail.end = offsets->high;
  const int64_t begin = std::max(from, offsets->low);
  int64_t to = offsets->high;
  for (int64_t look = kFirstLook; to > begin; look *= 10) {
    const int64_t at = std::max(begin, to - look);
    RETURN_IF_ERROR(Scan(number, at, to, [&](const rd_kafka_message_t&, SinkMark mark) { tail.last = mark; }));
    if (tail.last) break;
    to = at;
  }
  (void)consumer_->Assign({});  // fetches no more
  return tail;
}

absl::StatusOr<std::set<std::string>> KafkaSinkBroker::LiveKeys(uint32_t partition) {
  auto number = static_cast<int32_t>(partition);
  auto offsets = consumer_->QueryOffsets(number, kTimeoutMs);
  if (!offsets.ok()) return MakeError(ErrorCode::kSinkUnreachable, StdView(offsets.status().message()));
  std::set<std::string> keys;
  auto note = [&](const rd_kafka_message_t& message, SinkMark) {
    std::string key(static_cast<const char*>(message.key), message.key_len);
    if (message.payload == nullptr) {
      keys.erase(key);
    } else {
      keys.insert(std::move(key));
    }
  };
  RETURN_IF_ERROR(Scan(number, offsets->low, offsets->high, note));
  (void)consumer_->Assign({});  // fetches no more
  return keys;
}

absl::Status KafkaSinkBroker::Scan(int32_t partition, int64_t from, int64_t to, const OnOwn& on_own) {
  if (from >= to) return absl::OkStatus();
  absl::Status assigned = consumer_->Assign({{partition, from}});
  if (!assigned.ok()) return MakeError(ErrorCode::kSinkUnreachable, StdView(assigned.message()));
  int silent = 0;
  while (true) {
    std::vector<KafkaMessage> messages = consumer_->Consume(1000);
    silent = messages.empty() ? silent + 1 : 0;
    if (silent > kTimeoutMs / 1000) {
      return MakeError(ErrorCode::kSinkUnreachable,
                       StrCat("topic ", options_.consumer.topic, " at ", options_.consumer.brokers,
                              ": its records cannot be read", consumer_error_.empty() ? "" : ": ", consumer_error_));
    }
    for (const KafkaMessage& message : messages) {
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && message->partition == partition) return absl::OkStatus();
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;  // told by consumer_error_ if it stays
      if (message->partition != partition || message->offset < from) continue;
      if (message->offset >= to) return absl::OkStatus();
      if (std::optional<SinkMark> mark = MarkOf(*message)) on_own(*message, *mark);
      if (message->offset + 1 == to) return absl::OkStatus();
    }
  }
}

std::optional<SinkMark> KafkaSinkBroker::MarkOf(const rd_kafka_message_t& message) const {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_header_get_last(headers, kSinkHeader, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  if (std::string_view(static_cast<const char*>(value), size) != options_.sink_id) return std::nullopt;
  uint64_t epoch = 0;
  SinkMark mark;
  if (!ReadNumber(headers, kEpochHeader, &epoch) || !ReadNumber(headers, kSequenceHeader, &mark.sequence)) {
    return std::nullopt;
  }
  mark.epoch = Epoch(epoch);
  return mark;
}

bool KafkaSinkBroker::Produce(uint32_t partition, const SinkRecord& record) {
  // With nothing on the way nobody knows better than the next record.
  bool idle = std::all_of(on_the_way_.begin(), on_the_way_.end(), [](const auto& each) { return each.second.empty(); });
  if (idle) trouble_.clear();
  rd_kafka_headers_t* headers = rd_kafka_headers_new(4);
  auto add = [&](const char* name, const std::string& value) {
    rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
  };
  add(kSinkHeader, options_.sink_id);
  add(kHistoryHeader, StrCat(record.history.value()));
  add(kEpochHeader, StrCat(record.mark.epoch.value()));
  add(kSequenceHeader, StrCat(record.mark.sequence));
  const char* key = record.key ? record.key->data() : nullptr;
  const size_t key_size = record.key ? record.key->size() : 0;
  char* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
  const size_t value_size = record.value ? record.value->size() : 0;
  rd_kafka_resp_err_t error = rd_kafka_producev(
      producer_, RD_KAFKA_V_TOPIC(options_.consumer.topic.c_str()),
      RD_KAFKA_V_PARTITION(static_cast<int32_t>(partition)), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    on_the_way_[partition].push_back(record.mark);
    return true;
  }
  rd_kafka_headers_destroy(headers);
  if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    broken_ = StrCat("topic ", options_.consumer.topic, " at ", options_.consumer.brokers, ": a record of ", key_size,
                     " + ", value_size, " bytes is not taken: ", rd_kafka_err2str(error));
  }
  return false;
}

absl::StatusOr<std::vector<SinkBroker::Delivery>> KafkaSinkBroker::Poll(int wait_ms) {
  rd_kafka_poll(producer_, delivered_.empty() ? wait_ms : 0);
  if (std::exchange(login_refused_, false)) {
    if (absl::Status read = RefreshLogin(options_.properties, producer_); !read.ok())
      trouble_ = StdView(read.message());
  }
  if (!broken_.empty()) return MakeError(ErrorCode::kSinkUnreachable, broken_);
  return std::exchange(delivered_, {});
}

}  // namespace freshet
