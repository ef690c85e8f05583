// The broker of a sink by librdkafka: an idempotent producer, and a consumer that looks up where partitions end.
#pragma once

#include <librdkafka/rdkafka.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/connectors/kafka/kafka_client.h"
#include "server/connectors/kafka/sink_broker.h"

namespace freshet {

struct KafkaSinkOptions {
  KafkaOptions consumer;                          // brokers, topic, and the client properties that both take
  std::map<std::string, std::string> properties;  // all client properties; secrets still as references
  std::string sink_id;                            // stands in the headers: only records with it are the sink's own
};

class KafkaSinkBroker final : public SinkBroker {
 public:
  // Does not wait for a broker.
  static absl::StatusOr<std::unique_ptr<SinkBroker>> Make(const KafkaSinkOptions& options);
  ~KafkaSinkBroker() override;

  absl::StatusOr<uint32_t> PartitionCount() override;
  absl::StatusOr<Tail> ReadTail(uint32_t partition, int64_t from) override;
  absl::StatusOr<std::set<std::string>> LiveKeys(uint32_t partition) override;
  bool Produce(uint32_t partition, const SinkRecord& record) override;
  absl::StatusOr<std::vector<Delivery>> Poll(int wait_ms) override;
  std::string Trouble() const override { return trouble_; }

 private:
  explicit KafkaSinkBroker(const KafkaSinkOptions& options) : options_(options) {}

  absl::Status MakeProducer();
  // The mark in a record's headers; none: the record is not this sink's.
  std::optional<SinkMark> MarkOf(const rd_kafka_message_t& message) const;
  // Reads the sink's own records in [from, to), in order.
  using OnOwn = std::function<void(const rd_kafka_message_t&, SinkMark)>;
  absl::Status Scan(int32_t partition, int64_t from, int64_t to, const OnOwn& on_own);
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  static void OnError(rd_kafka_t* client, int error, const char* reason, void* opaque);

  const KafkaSinkOptions options_;
  std::unique_ptr<KafkaClient> consumer_;
  std::string consumer_error_;
  rd_kafka_t* producer_ = nullptr;
  std::map<uint32_t, std::deque<SinkMark>> on_the_way_;
  std::vector<Delivery> delivered_;
  std::string broken_;   // the producer cannot go on
  std::string trouble_;  // it can, later
  bool login_refused_ = false;
};

}  // namespace freshet
