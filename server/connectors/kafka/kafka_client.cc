#include "server/connectors/kafka/kafka_client.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/kafka/kafka_login.h"

namespace freshet {
namespace {

constexpr size_t kBatchMessages = 2048;

struct TopicListDelete {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using TopicList = std::unique_ptr<rd_kafka_topic_partition_list_t, TopicListDelete>;

TopicList MakeTopicList(int32_t size) { return TopicList(rd_kafka_topic_partition_list_new(size)); }

// What is not an option of users, and the defaults of what is.
const std::map<std::string, std::string>& BaseProperties() {
  static const std::map<std::string, std::string> properties = {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "error"},  // a lost offset is told, never skipped
      {"isolation.level", "read_committed"},
      {"allow.auto.create.topics", "false"},
      {"check.crcs", "false"},
      // A full queue stops the fetching of all partitions for up to a second, however soon it is empty again: it must
      // hold what is consumed meanwhile. Each message of it takes some 250 bytes beside its own.
      {"queued.min.messages", "400000"},
      {"queued.max.messages.kbytes", "65536"},
      {"fetch.wait.max.ms", "100"},
      {"reconnect.backoff.max.ms", "5000"},
      {"client.id", "freshet"},
  };
  return properties;
}

}  // namespace

KafkaClient::KafkaClient(std::string topic, std::function<void(const std::string&)> on_error)
    : topic_(std::move(topic)), on_error_(std::move(on_error)) {}

KafkaClient::~KafkaClient() {
  if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
  // Without a group there is nothing to leave, and a lost broker must not hold the end up.
  if (client_ != nullptr) rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void KafkaClient::OnError(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto* self = static_cast<KafkaClient*>(opaque);
  auto code = static_cast<rd_kafka_resp_err_t>(error);
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    self->login_refused_ = true;
    self->EndWait();
  }
  std::string_view text = reason == nullptr ? "" : reason;
  self->on_error_(StrCat(text, " (", rd_kafka_err2name(code), ")", LoginAdvice(code, text, self->login_)));
}

absl::StatusOr<std::unique_ptr<KafkaClient>> KafkaClient::Make(const KafkaOptions& options,
                                                               std::function<void(const std::string&)> on_error) {
  std::unique_ptr<KafkaClient> made(new KafkaClient(options.topic, std::move(on_error)));
  made->brokers_ = options.brokers;
  made->login_ = options.client;
  std::map<std::string, std::string> properties = options.client;
  properties.insert(BaseProperties().begin(), BaseProperties().end());
  properties["bootstrap.servers"] = options.brokers;
  properties["group.id"] = options.group;

  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  RETURN_IF_ERROR(SetClientProperties(properties, conf.get()));
  rd_kafka_conf_set_opaque(conf.get(), made.get());
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaClient::OnError);
  // What it would log is told by errors, in the status of the source.
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  char error[512] = "";
  made->client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error, sizeof(error));
  if (made->client_ == nullptr) return MakeError(ErrorCode::kInvalidOption, StrCat("connector kafka: ", error));
  (void)conf.release();  // the client's now
  rd_kafka_poll_set_consumer(made->client_);
  made->queue_ = rd_kafka_queue_get_consumer(made->client_);
  CHECK(made->queue_ != nullptr);
  return made;
}

absl::Status KafkaClient::Unreachable(rd_kafka_resp_err_t error) const {
  return MakeError(ErrorCode::kSourceUnreachable,
                   StrCat("topic ", topic_, " at ", brokers_, ": ", rd_kafka_err2str(error)));
}

absl::StatusOr<int32_t> KafkaClient::PartitionCount(int timeout_ms) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client_, topic_.c_str(), nullptr);
  if (topic == nullptr) return Unreachable(rd_kafka_last_error());
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client_, 0, topic, &metadata, timeout_ms);
  rd_kafka_topic_destroy(topic);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(error);
  int32_t count = 0;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (topic_ != metadata->topics[i].topic) continue;
    error = metadata->topics[i].err;
    count = metadata->topics[i].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 0) error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(error);
  return count;
}

absl::StatusOr<KafkaClient::Offsets> KafkaClient::QueryOffsets(int32_t partition, int timeout_ms) {
  Offsets offsets;
  rd_kafka_resp_err_t error =
      rd_kafka_query_watermark_offsets(client_, topic_.c_str(), partition, &offsets.low, &offsets.high, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(error);
  return offsets;
}

absl::StatusOr<std::map<int32_t, int64_t>> KafkaClient::OffsetsAtTime(int32_t partition_count, int64_t timestamp_ms,
                                                                      int timeout_ms) {
  TopicList list = MakeTopicList(partition_count);
  for (int32_t i = 0; i < partition_count; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), i)->offset = timestamp_ms;
  }
  rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client_, list.get(), timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(error);
  std::map<int32_t, int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(list->elems[i].err);
    if (list->elems[i].offset >= 0) offsets[list->elems[i].partition] = list->elems[i].offset;
  }
  return offsets;
}

absl::Status KafkaClient::Assign(const std::map<int32_t, int64_t>& offsets) {
  TopicList list = MakeTopicList(static_cast<int32_t>(offsets.size()));
  for (const auto& [partition, offset] : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  }
  // What was paused stays so over assignments, unless it is said otherwise.
  rd_kafka_resume_partitions(client_, list.get());
  rd_kafka_resp_err_t error = rd_kafka_assign(client_, list.get());
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? absl::OkStatus() : Unreachable(error);
}

void KafkaClient::Pause(int32_t partition) {
  TopicList list = MakeTopicList(1);
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  rd_kafka_pause_partitions(client_, list.get());
}

std::vector<KafkaMessage> KafkaClient::Consume(int timeout_ms) {
  std::vector<KafkaMessage> messages;
  // A batch call waits until the batch is full; a lone message must not wait.
  rd_kafka_message_t* first = rd_kafka_consume_queue(queue_, timeout_ms);
  if (std::exchange(login_refused_, false)) {
    if (absl::Status read = RefreshLogin(login_, client_); !read.ok()) on_error_(std::string(read.message()));
  }
  if (first == nullptr) return messages;
  messages.emplace_back(first);
  std::vector<rd_kafka_message_t*> batch(kBatchMessages);
  ssize_t count = rd_kafka_consume_batch_queue(queue_, 0, batch.data(), batch.size());
  for (ssize_t i = 0; i < count; ++i) messages.emplace_back(batch[static_cast<size_t>(i)]);
  return messages;
}

}  // namespace freshet
