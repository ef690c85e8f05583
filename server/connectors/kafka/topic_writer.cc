// Exactness: an epoch's records are the same in the same order whenever it comes (SinkRecords), and those of a
// partition become durable in their order. So the last record of this sink in a partition says which prefix of them
// stands there: everything up to its mark. After a restart, and after a broker was lost with records on the way, that
// record is looked up again and the rest follows. A position says from where on to look; where nothing is found,
// everything up to the epoch of the position stands before it.
#include "server/connectors/kafka/topic_writer.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/circuit/sink_partition.h"
#include "server/errors/error_list.h"
#include "server/storage/failpoint.h"

namespace freshet {
namespace {

// Records queued in one Step, so that deliveries are looked at in between.
constexpr int kRecordsPerStep = 10'000;

}  // namespace

std::string TopicWriter::NameOf(uint32_t partition) const { return absl::StrFormat("%06d", partition); }

Epoch TopicWriter::DoneBefore(const SinkStart& start) const {
  std::optional<Epoch> least;
  for (uint32_t partition = options_.shard.value(); partition < options_.coding.partition_count;
       partition += options_.shard_count) {
    auto known = start.positions.find(NameOf(partition));
    Epoch done = known == start.positions.end() ? Epoch() : known->second.done;
    least = std::min(least.value_or(done), done);
  }
  return least.value_or(Epoch());
}

absl::Status TopicWriter::Open(const SinkStart& start) {
  start_ = start;
  done_ = DoneBefore(start);
  for (uint32_t partition = options_.shard.value(); partition < options_.coding.partition_count;
       partition += options_.shard_count) {
    auto known = start.positions.find(NameOf(partition));
    if (known != start.positions.end()) partitions_[partition].position = known->second;
    partitions_[partition];
  }
  return Connected();
}

absl::Status TopicWriter::Connected() {
  if (broker_ != nullptr) return absl::OkStatus();
  auto broker = connect_();
  if (!broker.ok()) return broker.status();
  auto count = (*broker)->PartitionCount();
  if (!count.ok()) return count.status();
  if (*count != options_.coding.partition_count) {
    return MakeError(
        ErrorCode::kSinkChanged,
        StrCat("topic ", options_.topic, " has ", *count, " partitions, and had ", options_.coding.partition_count,
               " when the sink began: records of a key would go to another partition; a new revision of "
               "the pipeline takes the new number"));
  }
  for (auto& [number, partition] : partitions_) {
    const bool known = partition.position.done != Epoch();
    auto tail = (*broker)->ReadTail(number, known ? partition.position.offset : -1);
    if (!tail.ok()) return tail.status();
    if (known && tail->end < partition.position.offset) {
      return MakeError(ErrorCode::kSinkChanged,
                       StrCat("partition ", number, " of topic ", options_.topic, " ends at offset ", tail->end,
                              ", before offset ", partition.position.offset,
                              ", up to which it was written: the topic was made anew or lost records; a new revision "
                              "of the pipeline writes it again"));
    }
    partition.tail = tail->last;
    partition.last_offset = -1;
    partition.ends.clear();
    // What is sent again goes behind everything that is there now.
    if (partition.tail) partition.ends.emplace_back(partition.tail->epoch, tail->end);
  }
  broker_ = *std::move(broker);
  next_ = 0;
  pending_.reset();
  stale_.clear();
  for (Writing& writing : epochs_) {
    writing.records->Rewind();
    writing.stale_found = false;
    writing.all_queued = false;
    writing.queued = 0;
  }
  return absl::OkStatus();
}

void TopicWriter::Add(SinkEpoch epoch) {
  CHECK_LT(done_, epoch.epoch);
  Writing writing;
  writing.records = std::make_unique<SinkRecords>(&options_.coding, std::move(epoch), start_.history);
  writing.begins_history =
      !std::exchange(any_added_, true) && done_ < start_.history && options_.coding.envelope == SinkEnvelope::kUpsert;
  epochs_.push_back(std::move(writing));
}

bool TopicWriter::Stands(uint32_t number, SinkMark mark) const {
  const Partition& partition = partitions_.at(number);
  return mark.epoch <= partition.position.done || (partition.tail && mark <= *partition.tail);
}

// A history's first epoch holds the whole result. What stands in a partition besides, with records of this sink and
// without a tombstone, is of an earlier history and gets one, behind the epoch's rows. What is live is read again after
// each loss of the broker, and counts what of the epoch stands already: the tombstones left are the same in the same
// order.
absl::Status TopicWriter::FindStale(Epoch epoch) {
  for (auto& [number, partition] : partitions_) {
    // Nothing of this sink stands there, or the epoch is behind us. The tail is what stands behind the position.
    const bool written = partition.tail || partition.position.done != Epoch();
    const Epoch last = partition.tail ? partition.tail->epoch : partition.position.done;
    if (!written || last > epoch || partition.position.done >= epoch) continue;
    auto keys = broker_->LiveKeys(number);
    if (!keys.ok()) return keys.status();
    Stale& stale = stale_[number];
    stale.keys = *std::move(keys);
    if (partition.tail && last == epoch) stale.sequence = partition.tail->sequence + 1;
  }
  return absl::OkStatus();
}

void TopicWriter::NoteOfFirst(uint32_t partition, SinkMark mark, const std::string& key) {
  auto stale = stale_.find(partition);
  if (stale == stale_.end()) return;
  stale->second.keys.erase(key);
  stale->second.sequence = std::max(stale->second.sequence, mark.sequence + 1);
}

bool TopicWriter::BuryStale(Writing& writing, int* budget) {
  for (auto& [number, stale] : stale_) {
    for (; !stale.keys.empty(); --*budget) {
      if (*budget <= 0) return false;
      const std::string& key = *stale.keys.begin();
      const SinkMark mark{writing.records->epoch(), stale.sequence};
      if (!broker_->Produce(number, {key, std::nullopt, start_.history, mark})) return *budget = 0, false;
      HitFailpoint(Failpoint::kKafkaSinkQueued);
      bytes_ += key.size();
      ++stale.sequence;
      ++writing.queued;
      stale.keys.erase(stale.keys.begin());
    }
  }
  return true;
}

absl::Status TopicWriter::ProduceSome() {
  for (int budget = kRecordsPerStep; budget > 0 && next_ < epochs_.size(); --budget) {
    Writing& writing = epochs_[next_];
    if (writing.begins_history && !writing.stale_found) {
      RETURN_IF_ERROR(FindStale(writing.records->epoch()));
      writing.stale_found = true;
    }
    if (!pending_) {
      uint32_t partition;
      SinkMark mark;
      if (!writing.records->Next(&partition, &mark)) {
        if (!BuryStale(writing, &budget)) continue;
        stale_.clear();
        writing.all_queued = true;
        ++next_;
        continue;
      }
      if (!stale_.empty()) NoteOfFirst(partition, mark, writing.records->Code().key.value_or(""));
      if (Stands(partition, mark)) continue;
      pending_ = {partition, mark};
    }
    SinkRecord record = writing.records->Code();
    uint64_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
    if (!broker_->Produce(pending_->first, record)) return absl::OkStatus();
    HitFailpoint(Failpoint::kKafkaSinkQueued);
    pending_.reset();
    ++writing.queued;
    bytes_ += bytes;
  }
  return absl::OkStatus();
}

void TopicWriter::Note(const SinkBroker::Delivery& delivery) {
  Partition& partition = partitions_.at(delivery.partition);
  partition.tail = delivery.mark;
  if (partition.ends.empty() || partition.ends.back().first < delivery.mark.epoch) {
    partition.ends.emplace_back(delivery.mark.epoch, 0);
  }
  partition.ends.back().second = delivery.offset + 1;
  ++records_;
  auto writing = std::find_if(epochs_.begin(), epochs_.end(),
                              [&](const Writing& each) { return each.records->epoch() == delivery.mark.epoch; });
  CHECK(writing != epochs_.end() && writing->queued > 0);
  --writing->queued;
}

void TopicWriter::Retire() {
  bool any = false;
  while (next_ > 0 && epochs_.front().all_queued && epochs_.front().queued == 0) {
    done_ = epochs_.front().records->epoch();
    epochs_.pop_front();
    --next_;
    any = true;
  }
  if (!any) return;
  HitFailpoint(Failpoint::kKafkaSinkRetired);
  for (auto& [number, partition] : partitions_) {
    partition.position.done = done_;
    for (; !partition.ends.empty() && partition.ends.front().first <= done_; partition.ends.pop_front()) {
      partition.position.offset = partition.ends.front().second;
    }
    told_[NameOf(number)] = partition.position;
  }
}

absl::Status TopicWriter::Step(int wait_ms) {
  absl::Status status = Connected();
  if (!status.ok()) return status;
  if (status = ProduceSome(); !status.ok()) {
    broker_ = nullptr;
    return status;
  }
  const bool must_wait = next_ == epochs_.size() || pending_.has_value() || !stale_.empty();
  bool waits = std::any_of(epochs_.begin(), epochs_.end(), [](const Writing& each) { return each.queued > 0; });
  auto delivered = broker_->Poll(must_wait && waits ? wait_ms : 0);
  if (!delivered.ok()) {
    broker_ = nullptr;
    return delivered.status();
  }
  if (!delivered->empty()) HitFailpoint(Failpoint::kKafkaSinkDelivered);
  for (const SinkBroker::Delivery& delivery : *delivered) Note(delivery);
  Retire();
  std::string trouble = broker_->Trouble();
  return trouble.empty() ? absl::OkStatus() : MakeError(ErrorCode::kSinkUnreachable, trouble);
}

SinkProgress TopicWriter::TakeProgress() {
  SinkProgress progress;
  progress.done = done_;
  progress.positions = std::exchange(told_, {});
  progress.records = records_;
  progress.bytes = bytes_;
  return progress;
}

}  // namespace freshet
