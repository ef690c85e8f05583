// A librdkafka consumer without a group's rebalancing: partitions are assigned by hand, offsets are never committed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/connectors/kafka/kafka_options.h"

namespace freshet {

struct KafkaMessageDelete {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaMessageDelete>;

class KafkaClient {
 public:
  // `on_error` is told what librdkafka reports beside messages; it is called by the thread that calls Consume. Resolves
  // secrets. Does not wait for a broker.
  static absl::StatusOr<std::unique_ptr<KafkaClient>> Make(const KafkaOptions& options,
                                                           std::function<void(const std::string&)> on_error);
  ~KafkaClient();

  // Number of the topic's partitions. SOURCE_UNREACHABLE: no broker answers, or there is no such topic yet.
  absl::StatusOr<int32_t> PartitionCount(int timeout_ms);
  struct Offsets {
    int64_t low = 0;
    int64_t high = 0;  // of committed records
  };
  absl::StatusOr<Offsets> QueryOffsets(int32_t partition, int timeout_ms);
  // The first offset of each partition at or behind a time; partitions without one are left out.
  absl::StatusOr<std::map<int32_t, int64_t>> OffsetsAtTime(int32_t partition_count, int64_t timestamp_ms,
                                                           int timeout_ms);

  // Reads exactly these partitions from these offsets; what was fetched before is dropped.
  absl::Status Assign(const std::map<int32_t, int64_t>& offsets);
  // Fetches no more of an assigned partition until the next Assign.
  void Pause(int32_t partition);
  // The next messages, ends of partitions and errors; waits for the first one. Once the broker has refused the login,
  // user and password are read anew, so that a secret that is corrected needs no other client.
  std::vector<KafkaMessage> Consume(int timeout_ms);
  // Any thread: ends the wait of Consume, now or when it begins next.
  void EndWait() { rd_kafka_queue_yield(queue_); }

 private:
  KafkaClient(std::string topic, std::function<void(const std::string&)> on_error);
  static void OnError(rd_kafka_t* client, int error, const char* reason, void* opaque);
  absl::Status Unreachable(rd_kafka_resp_err_t error) const;

  std::string brokers_;
  std::string topic_;
  std::function<void(const std::string&)> on_error_;
  std::map<std::string, std::string> login_;  // properties; secrets as references, to be read again
  bool login_refused_ = false;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
};

}  // namespace freshet
