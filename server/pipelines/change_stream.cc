#include "server/pipelines/change_stream.h"

#include <algorithm>

namespace freshet {
namespace {

// What stays for those who come: so that who has caught up finds the next epoch here.
constexpr uint64_t kKeptBytes = 1 << 20;
constexpr uint64_t kRecentBytes = 2 << 20;
constexpr size_t kRecentEpochs = 64;

}  // namespace

ChangeStream::Bytes ChangeStream::Encode(const ChangeMerge::Part& part) {
  const bool whole = !part.partial && !part.continued;
  if (whole) {
    for (const auto& [epoch, bytes] : recent_) {
      if (epoch == part.epoch) return bytes;
    }
  }
  count_encoding_();
  ChangePart content{
      .schema = view_.schema, .key = view_.key, .epoch = part.epoch, .partial = part.partial, .rows = part.rows};
  auto bytes = std::make_shared<const std::string>(encoder_->Part(content, part.partial ? "" : token_of_(part.epoch)));
  if (whole) {
    recent_.emplace_back(part.epoch, bytes);
    recent_bytes_ += bytes->size();
    while (recent_bytes_ > kRecentBytes && recent_.size() > 1) {
      recent_bytes_ -= recent_.front().second->size();
      recent_.pop_front();
    }
    if (recent_.size() > kRecentEpochs) {
      recent_bytes_ -= recent_.front().second->size();
      recent_.pop_front();
    }
  }
  return bytes;
}

ChangeStream::Bytes ChangeStream::EncodeProgress(uint64_t epoch) {
  if (progress_.second == nullptr || progress_.first != epoch) {
    progress_ = {epoch, std::make_shared<const std::string>(encoder_->Progress(epoch, token_of_(epoch)))};
  }
  return progress_.second;
}

void ChangeStream::Push(const ChangeMerge::Part& part) {
  Entry entry{part.epoch, part.partial, Encode(part), 0};
  end_ += entry.bytes->size();
  entry.end = end_;
  entries_.push_back(std::move(entry));
}

uint64_t ChangeStream::NumberAfter(uint64_t epoch) const {
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.epoch > epoch; });
  return first_number_ + static_cast<uint64_t>(found - entries_.begin());
}

uint64_t ChangeStream::BytesFrom(uint64_t number) const {
  if (number == first_number_) return end_ - start_;
  return end_ - entries_[number - 1 - first_number_].end;
}

void ChangeStream::Release(uint64_t number) {
  while (first_number_ < number && end_ - start_ > kKeptBytes) {
    const Entry& entry = entries_.front();
    floor_ = std::max(floor_, entry.epoch);
    start_ = entry.end;
    entries_.pop_front();
    ++first_number_;
  }
}

void ChangeStream::Restart(uint64_t floor) {
  first_number_ = next_number();
  entries_.clear();
  start_ = end_;
  floor_ = floor;
}

}  // namespace freshet
