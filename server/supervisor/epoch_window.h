// Remembers which epochs were committed lately, so that several views can be read at one of them.
#pragma once

#include <cstdint>
#include <deque>

namespace freshet {

class EpochWindow {
 public:
  explicit EpochWindow(int64_t keep_micros) : keep_micros_(keep_micros) {}

  void OnCommit(uint64_t epoch, int64_t now_micros) {
    newest_ = epoch;
    // One a millisecond is enough: reads between two of them are as well served by the older one's rows being kept.
    if (commits_.empty() || now_micros - commits_.back().micros >= 1000) commits_.push_back({epoch, now_micros});
  }

  // The oldest epoch that is to stay readable: one is given up `keep_micros` after a later one took its place.
  uint64_t Oldest(int64_t now_micros) {
    int64_t before = now_micros - keep_micros_;
    while (commits_.size() > 1 && commits_[1].micros <= before) commits_.pop_front();
    // What came within a millisecond after the last of them is not in the list.
    if (commits_.empty() || (commits_.size() == 1 && commits_.front().micros <= before)) return newest_;
    return commits_.front().epoch;
  }
  uint64_t newest() const { return newest_; }

 private:
  struct Commit {
    uint64_t epoch;
    int64_t micros;
  };

  const int64_t keep_micros_;
  uint64_t newest_ = 0;
  std::deque<Commit> commits_;
};

}  // namespace freshet
