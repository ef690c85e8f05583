// A sink that writes row by row into a medium that outlives it, so that a crash may come between any two rows.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/circuit/sink.h"
#include "engine/circuit/sink_partition.h"
#include "engine/columnar/text_form.h"

namespace freshet {

// What all shards have written, by partition, in order.
struct RecordedMedium {
  struct Record {
    Epoch epoch;
    size_t sequence;
    Row row;
    int64_t weight;
  };
  explicit RecordedMedium(uint32_t partition_count) : partitions(partition_count) {}

  ZSet Fold(Epoch from = Epoch()) const {
    ZSet rows;
    for (const auto& records : partitions) {
      for (const Record& record : records) {
        if (record.epoch >= from) rows.Add(record.row, record.weight);
      }
    }
    return rows;
  }
  // Every epoch once in a partition, in their order, its rows numbered without gaps.
  std::string Disorder() const {
    for (const auto& records : partitions) {
      for (size_t i = 1; i < records.size(); ++i) {
        const bool goes_on = records[i].epoch == records[i - 1].epoch;
        if (records[i].epoch < records[i - 1].epoch) return "an epoch after a later one";
        if (records[i].sequence != (goes_on ? records[i - 1].sequence + 1 : 0)) return "a row twice or left out";
      }
    }
    return "";
  }

  std::vector<std::vector<Record>> partitions;
};

class RecordedSink : public Sink {
 public:
  struct Options {
    ShardId shard;
    uint16_t shard_count = 1;
    KeyColumns partition_by;
    size_t max_rows = SIZE_MAX;  // that wait; above it there is no room
  };

  RecordedSink(RecordedMedium* medium, Options options) : medium_(medium), options_(std::move(options)) {}

  void Start(const SinkStart& start) override {
    CHECK(!started_ && epochs_.empty());
    started_ = true;
    history_ = start.history;
    for (const auto& [name, position] : start.positions) done_ = std::max(done_, position.done);
  }
  void Write(const DeltaBatch& batch) override {
    CHECK(started_);
    auto partitions = SinkPartitionsOf(batch, options_.partition_by, PartitionCount());
    auto rows = RowsOf(batch);
    for (uint32_t row = 0; row < batch.size(); ++row) {
      CHECK_EQ(OwnerOfSinkPartition(partitions[row], options_.shard_count), options_.shard);
      CHECK(batch.WeightAt(row) != 0);
      auto [place, is_new] = writing_.rows[partitions[row]].emplace(rows[row].first, rows[row].second);
      CHECK(is_new) << "a row stands twice in an epoch";
      ++waiting_rows_;
    }
  }
  void Prepare(Epoch epoch) override {
    writing_.epoch = epoch;
    CHECK(epochs_.empty() || epochs_.back().epoch < epoch);
    CHECK(committed_ < epoch);
    epochs_.push_back(std::exchange(writing_, {}));
  }
  void Commit(Epoch epoch, bool finished) override {
    committed_ = epoch;
    finished_ = finished;
  }
  bool HasRoom() const override { return waiting_rows_ <= options_.max_rows; }
  bool Drained() const override { return epochs_.empty(); }
  SinkPartitions TakePositions() override { return std::exchange(told_, {}); }
  absl::Status Health() const override { return absl::OkStatus(); }

  // Writes one row, or notes that an epoch is done. False: there is nothing to do now.
  bool WriteOne() {
    if (!epochs_.empty() && epochs_.front().epoch <= committed_) {
      Epoch epoch = epochs_.front().epoch;
      for (auto& [partition, rows] : epochs_.front().rows) {
        if (rows.empty()) continue;
        auto next = rows.extract(rows.begin());
        --waiting_rows_;
        size_t sequence = sequences_[{epoch, partition}]++;
        auto& records = medium_->partitions[partition];
        bool stands =
            !records.empty() && std::pair(epoch, sequence) <= std::pair(records.back().epoch, records.back().sequence);
        if (!stands) records.push_back({epoch, sequence, next.key(), next.mapped()});
        return true;
      }
      epochs_.pop_front();
      for (uint32_t partition = options_.shard.value(); partition < PartitionCount();
           partition += options_.shard_count) {
        told_[std::to_string(partition)] = {epoch, static_cast<int64_t>(medium_->partitions[partition].size())};
      }
      return true;
    }
    return false;
  }

  size_t waiting_rows() const { return waiting_rows_; }
  bool finished() const { return finished_; }
  Epoch history() const { return history_; }
  Epoch known_done() const { return done_; }

 private:
  struct EpochRows {
    Epoch epoch;
    std::map<uint32_t, std::map<Row, int64_t>> rows;  // by partition
  };
  uint32_t PartitionCount() const { return static_cast<uint32_t>(medium_->partitions.size()); }

  RecordedMedium* const medium_;
  const Options options_;
  bool started_ = false;
  bool finished_ = false;
  Epoch history_, done_, committed_;
  EpochRows writing_;
  std::deque<EpochRows> epochs_;
  std::map<std::pair<Epoch, uint32_t>, size_t> sequences_;
  size_t waiting_rows_ = 0;
  SinkPartitions told_;
};

}  // namespace freshet
