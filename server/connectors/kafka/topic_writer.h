// Writes a sink's epochs to the partitions of a topic that belong to one shard: numbers the records, leaves out what
// stands there already, and keeps every epoch until all of it is durable.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "server/connectors/api/sink_writer.h"
#include "server/connectors/kafka/sink_broker.h"
#include "server/connectors/kafka/sink_records.h"

namespace freshet {

class TopicWriter final : public SinkWriter {
 public:
  struct Options {
    std::string topic;
    SinkCoding coding;
    ShardId shard;
    uint16_t shard_count = 1;
  };
  using Connect = std::function<absl::StatusOr<std::unique_ptr<SinkBroker>>()>;

  TopicWriter(Options options, Connect connect) : options_(std::move(options)), connect_(std::move(connect)) {}

  Epoch DoneBefore(const SinkStart& start) const override;
  absl::Status Open(const SinkStart& start) override;
  void Add(SinkEpoch epoch) override;
  absl::Status Step(int wait_ms) override;
  bool HasWork() const override { return !epochs_.empty(); }
  absl::Status Finish() override { return absl::OkStatus(); }
  SinkProgress TakeProgress() override;

 private:
  struct Partition {
    SinkPosition position;         // as acknowledged
    std::optional<SinkMark> tail;  // the last record that stood there when it was looked at
    int64_t last_offset = -1;      // of what was delivered since
    // Offsets behind the last record of epochs that are not wholly done.
    std::deque<std::pair<Epoch, int64_t>> ends;
  };

  std::string NameOf(uint32_t partition) const;
  absl::Status Connected();
  bool Stands(uint32_t partition, SinkMark mark) const;
  absl::Status ProduceSome();
  struct Writing;
  // Of the epoch that a history begins with: the keys that may have to go, and what of it is at hand.
  absl::Status FindStale(Epoch epoch);
  void NoteOfFirst(uint32_t partition, SinkMark mark, const std::string& key);
  // Queues tombstones, some at a time. True: there are no more.
  bool BuryStale(Writing& writing, int* budget);
  void Note(const SinkBroker::Delivery& delivery);
  // Lets go of epochs that are written wholly.
  void Retire();

  const Options options_;
  const Connect connect_;
  SinkStart start_;
  std::unique_ptr<SinkBroker> broker_;  // nullptr: to be connected
  std::map<uint32_t, Partition> partitions_;

  struct Writing {
    std::unique_ptr<SinkRecords> records;
    bool begins_history = false;  // of upserts: what earlier histories left behind goes with it
    bool stale_found = false;
    bool all_queued = false;
    uint64_t queued = 0;  // records that the broker has and has not made durable
  };
  std::deque<Writing> epochs_;
  bool any_added_ = false;
  struct Stale {
    std::set<std::string> keys;  // that stand in the partition and that no row of the epoch has
    uint64_t sequence = 0;       // of the next tombstone
  };
  std::map<uint32_t, Stale> stale_;
  size_t next_ = 0;                                       // the epoch whose records are queued next
  std::optional<std::pair<uint32_t, SinkMark>> pending_;  // for which there was no room
  Epoch done_;
  SinkPartitions told_;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace freshet
