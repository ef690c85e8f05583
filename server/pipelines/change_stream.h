// Holds the changes of one view as one encoder writes them: each part once, for all who take it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "server/pipelines/change_merge.h"
#include "server/pipelines/change_pull.h"
#include "server/pipelines/changes.h"

namespace freshet {

class ChangeStream {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  struct Entry {
    uint64_t epoch = 0;
    bool partial = false;
    Bytes bytes;
    uint64_t end = 0;  // of its bytes, counted from the stream's start
  };

  // Token of the place after an epoch.
  using TokenOf = std::function<std::string(uint64_t epoch)>;

  ChangeStream(const FollowedView& view, std::shared_ptr<const ChangeEncoder> encoder, TokenOf token_of,
               std::function<void()> count_encoding, uint64_t floor)
      : view_(view),
        encoder_(std::move(encoder)),
        token_of_(std::move(token_of)),
        count_encoding_(std::move(count_encoding)),
        floor_(floor) {}

  const ChangeEncoder& encoder() const { return *encoder_; }

  // The part as bytes, encoded if it was not lately.
  Bytes Encode(const ChangeMerge::Part& part);
  Bytes EncodeProgress(uint64_t epoch);

  // Behind the last entry; what lies before `floor` has been given up.
  void Push(const ChangeMerge::Part& part);
  // Every part of every epoch above it (and up to where the view is followed) is held.
  uint64_t floor() const { return floor_; }
  uint64_t next_number() const { return first_number_ + entries_.size(); }
  // The number of the first entry of an epoch above this one.
  uint64_t NumberAfter(uint64_t epoch) const;
  const Entry& At(uint64_t number) const { return entries_[number - first_number_]; }
  bool Has(uint64_t number) const { return number < next_number(); }
  // Bytes of the entries from this one on.
  uint64_t BytesFrom(uint64_t number) const;
  // Entries before this one are not needed; some stay for those who come.
  void Release(uint64_t number);
  // Holds nothing any more, and starts again behind an epoch.
  void Restart(uint64_t floor);

 private:
  const FollowedView& view_;
  const std::shared_ptr<const ChangeEncoder> encoder_;
  const TokenOf token_of_;
  const std::function<void()> count_encoding_;
  uint64_t floor_;
  std::deque<Entry> entries_;
  uint64_t first_number_ = 0;
  uint64_t start_ = 0;  // bytes before the first entry
  uint64_t end_ = 0;
  // Whole epochs encoded lately: many come back at once, and to the same place.
  std::deque<std::pair<uint64_t, Bytes>> recent_;
  uint64_t recent_bytes_ = 0;
  std::pair<uint64_t, Bytes> progress_;
};

}  // namespace freshet
