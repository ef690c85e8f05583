// Reads the partitions of one shard: up to the end offsets (static), or for ever, new partitions included (follow).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "server/connectors/api/block_builder.h"
#include "server/connectors/api/queued_source.h"
#include "server/connectors/kafka/kafka_client.h"
#include "server/connectors/kafka/kafka_options.h"

namespace freshet {

// `topic/000007`: ordered as the numbers are.
std::string KafkaPartitionName(std::string_view topic, int32_t partition);

// The shard that reads a partition.
inline uint32_t ShardOfPartition(int32_t partition, uint32_t shard_count) {
  return static_cast<uint32_t>(partition) % shard_count;
}

class KafkaSource final : public QueuedSource {
 public:
  // Makes the decoder of one partition.
  using MakeBuilder = std::function<absl::StatusOr<std::unique_ptr<BlockBuilder>>()>;

  KafkaSource(const v1::PhysicalSource& source, const v1::SourceExtent& extent, const SourceContext& context,
              KafkaOptions options, MakeBuilder make_builder);
  ~KafkaSource() override { Stop(); }

 protected:
  absl::Status Start(const Positions& from) override;
  void ReadAll() override;
  uint64_t LoadBytes() const override { return 0; }  // brokers tell offsets, not bytes

 private:
  struct Part {
    std::string name;
    std::unique_ptr<BlockBuilder> builder;
    int64_t offset = 0;  // of the next message
    int64_t end = -1;    // static: the offset to stop at
    int64_t load_end = 0;
    int64_t records = 0;
    int64_t newest_micros = 0;  // largest record time so far
    // Everything below is known to be read: the next message's offset, or the end that the broker told.
    int64_t read_to = 0;
    // Fetched behind the request's limit, kept for the next one: a replay asks for epoch after epoch, and to fetch anew
    // for each would cost it a round to the broker. Without a gap behind `offset`.
    std::deque<KafkaMessage> ahead;
    size_t ahead_bytes = 0;
    bool ahead_full = false;  // what came behind it was dropped
  };

  absl::Status AddPart(int32_t partition, int64_t start);
  // The number of a partition; one that was not known is added.
  absl::StatusOr<int32_t> KnownPartition(const std::string& name);
  absl::Status MoveParts(const Positions& positions);
  // Starts to fetch what the request wants and was not fetched ahead.
  absl::Status Begin(const ReadRequest& request);
  int64_t LimitOf(const Part& part, const ReadRequest& request) const;  // -1: none
  bool AllRead(const ReadRequest& request) const;
  bool Loaded() const;
  bool ConsumeSome(const ReadRequest& request);
  bool AddMessage(KafkaMessage message, const ReadRequest& request);
  void KeepAhead(Part& part, KafkaMessage message);
  // Takes what was fetched ahead and lies before the limit (-1: none).
  bool TakeAhead(Part& part, int64_t limit);
  bool TakeRecord(Part& part, const rd_kafka_message_t& message);
  void AddRecord(Part& part, const rd_kafka_message_t& message);
  bool TakeEvent(const rd_kafka_message_t& message);
  bool Flush(Part& part);
  void FindNewPartitions(const ReadRequest& request);
  void Told(const std::string& error);
  void SetTrouble(std::string_view what);

  v1::SourceExtent extent_;
  KafkaOptions options_;
  MakeBuilder make_builder_;
  std::unique_ptr<KafkaClient> client_;
  std::map<int32_t, Part> parts_;
  int32_t known_partitions_ = 0;  // of the topic, those of other shards included
  int64_t next_look_micros_ = 0;
  bool troubled_ = false;  // a message is set
  std::string copy_;       // a message's value, with padding behind it
};

}  // namespace freshet
