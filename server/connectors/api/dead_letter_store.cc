#include "server/connectors/api/dead_letter_store.h"

namespace freshet {
namespace {

uint64_t BytesOf(const RejectedRecord& record) {
  return sizeof(RejectedRecord) + record.partition.size() + record.message.size() + record.record.size();
}

}  // namespace

DeadLetterStore::DeadLetterStore(std::string table, std::string source, DeadLetterLimits limits)
    : table_(std::move(table)), source_(std::move(source)), limits_(limits) {}

void DeadLetterStore::Add(RejectedRecord record) {
  ++total_;
  added_.push_back(std::move(record));
  // Between two seals no more is kept than can be listed after the second.
  if (added_.size() > 2 * limits_.count + 1) Seal(Epoch());
}

void DeadLetterStore::Seal(Epoch epoch) {
  if (early_) {
    for (auto& [key, kept] : kept_) {
      if (kept.epoch == 0) kept.epoch = epoch.value();
    }
  }
  early_ = epoch == Epoch();
  for (RejectedRecord& record : added_) {
    Key key(record.partition, record.offset);
    if (auto former = kept_.find(key); former != kept_.end()) Remove(former);
    by_stamp_.emplace(record.stamp_time, record.partition, record.offset);
    bytes_ += BytesOf(record);
    kept_.emplace(std::move(key), Kept{std::move(record), epoch.value()});
  }
  added_.clear();
  while (!kept_.empty() && (kept_.size() > limits_.count || bytes_ > limits_.bytes)) {
    const auto& [time, partition, offset] = *by_stamp_.begin();
    Remove(kept_.find(Key(partition, offset)));
  }
}

void DeadLetterStore::Remove(std::map<Key, Kept>::iterator letter) {
  const RejectedRecord& record = letter->second.record;
  bytes_ -= BytesOf(record);
  by_stamp_.erase(Stamp(record.stamp_time, record.partition, record.offset));
  kept_.erase(letter);
}

// Source and partition end in a zero byte, which neither holds, and the offset is big-endian: bytes order as the keys.
std::string DeadLetterStore::CursorOf(const Key& key) const {
  std::string cursor = source_;
  cursor += '\0';
  cursor += key.first;
  cursor += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) cursor += static_cast<char>(static_cast<uint64_t>(key.second) >> shift);
  return cursor;
}

// Of the part behind the source. No value: not a cursor of this store; the listing starts at its first letter.
std::optional<DeadLetterStore::Key> DeadLetterStore::KeyOf(std::string_view cursor) {
  size_t zero = cursor.find('\0');
  if (zero == std::string_view::npos || cursor.size() != zero + 9) return std::nullopt;
  uint64_t offset = 0;
  for (char c : cursor.substr(zero + 1)) offset = (offset << 8) | static_cast<unsigned char>(c);
  return Key(std::string(cursor.substr(0, zero)), static_cast<int64_t>(offset));
}

std::vector<v1::DeadLetter> DeadLetterStore::List(Epoch committed, std::string_view after, uint32_t limit) const {
  std::vector<v1::DeadLetter> letters;
  auto at = kept_.begin();
  std::string own = source_ + '\0';
  if (after.starts_with(own)) {
    std::optional<Key> key = KeyOf(after.substr(own.size()));
    if (key) at = kept_.upper_bound(*key);
  } else if (after > std::string_view(own)) {
    return letters;  // it is of a source behind this one
  }
  for (; at != kept_.end() && letters.size() < limit; ++at) {
    const auto& [key, kept] = *at;
    if (kept.epoch == 0 || Epoch(kept.epoch) > committed) continue;
    v1::DeadLetter& letter = letters.emplace_back();
    letter.set_table(table_);
    letter.set_source(source_);
    letter.set_partition(kept.record.partition);
    letter.set_position(kept.record.position);
    letter.set_epoch(kept.epoch);
    letter.set_code(std::string(InfoOf(kept.record.code).name));
    letter.set_message(kept.record.message);
    letter.set_record(kept.record.record);
    letter.set_cursor(CursorOf(key));
  }
  return letters;
}

}  // namespace freshet
