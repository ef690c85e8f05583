// A broker in memory that delays, loses the connection, and keeps what it may: a prefix of what was on the way.
#pragma once

#include <deque>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "server/connectors/kafka/sink_broker.h"
#include "server/errors/error_list.h"

namespace freshet {

// What outlives connections and crashes.
struct FakeTopic {
  explicit FakeTopic(uint32_t partition_count) : partitions(partition_count) {}

  std::vector<std::vector<SinkRecord>> partitions;
  bool away = false;        // no connection succeeds
  double failure_rate = 0;  // of a Poll
  double late_rate = 0;     // that a lost connection's records come all the same
  bool later = false;       // these come with DeliverLate: after whatever a new connection has written meanwhile
  uint64_t lost_connections = 0;
  uint64_t read_wholly = 0;
  std::set<int64_t> looked_from;
  std::deque<std::pair<uint32_t, SinkRecord>> late;

  // One of the records that a lost connection has sent. False: there is none.
  bool DeliverLate() {
    if (late.empty()) return false;
    partitions[late.front().first].push_back(std::move(late.front().second));
    late.pop_front();
    return true;
  }
};

class FakeBroker : public SinkBroker {
 public:
  FakeBroker(FakeTopic* topic, uint64_t seed) : topic_(topic), random_(seed) {}

  // A crash of the process that held it: some of what was on the way gets through.
  ~FakeBroker() override {
    if (!Chance(topic_->late_rate)) return;
    const size_t count = random_() % (queue_.size() + 1);
    if (!topic_->later) {
      Append(count);
    } else {
      for (size_t i = 0; i < count; ++i) topic_->late.push_back(std::move(queue_[i]));
    }
  }

  absl::StatusOr<uint32_t> PartitionCount() override {
    if (topic_->away) return MakeError(ErrorCode::kSinkUnreachable, "the broker is away");
    return static_cast<uint32_t>(topic_->partitions.size());
  }
  absl::StatusOr<Tail> ReadTail(uint32_t partition, int64_t from) override {
    if (topic_->away) return MakeError(ErrorCode::kSinkUnreachable, "the broker is away");
    topic_->looked_from.insert(from);
    const auto& records = topic_->partitions[partition];
    Tail tail;
    tail.end = static_cast<int64_t>(records.size());
    for (int64_t i = std::max<int64_t>(0, from); i < tail.end; ++i) tail.last = records[static_cast<size_t>(i)].mark;
    return tail;
  }
  absl::StatusOr<std::set<std::string>> LiveKeys(uint32_t partition) override {
    if (topic_->away) return MakeError(ErrorCode::kSinkUnreachable, "the broker is away");
    ++topic_->read_wholly;
    std::set<std::string> keys;
    for (const SinkRecord& record : topic_->partitions[partition]) {
      if (record.value) {
        keys.insert(*record.key);
      } else {
        keys.erase(*record.key);
      }
    }
    return keys;
  }
  bool Produce(uint32_t partition, const SinkRecord& record) override {
    if (queue_.size() >= 7) return false;
    queue_.emplace_back(partition, record);
    return true;
  }
  absl::StatusOr<std::vector<Delivery>> Poll(int) override {
    if (topic_->away || Chance(topic_->failure_rate)) {
      ++topic_->lost_connections;
      return MakeError(ErrorCode::kSinkUnreachable, "the connection was lost");
    }
    return Append(random_() % (queue_.size() + 1));
  }
  std::string Trouble() const override { return ""; }

 private:
  bool Chance(double rate) { return std::uniform_real_distribution<>()(random_) < rate; }

  std::vector<Delivery> Append(size_t count) {
    std::vector<Delivery> delivered;
    for (; count > 0; --count) {
      auto& [partition, record] = queue_.front();
      auto& records = topic_->partitions[partition];
      delivered.push_back({partition, record.mark, static_cast<int64_t>(records.size())});
      records.push_back(record);
      queue_.pop_front();
    }
    return delivered;
  }

  FakeTopic* const topic_;
  std::mt19937_64 random_;
  std::deque<std::pair<uint32_t, SinkRecord>> queue_;
};

}  // namespace freshet
