// Tells on standard error how far a load is: one line that changes, on a terminal; else a line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

#include "freshet/v1/pipeline.pb.h"

namespace freshet {

class Progress {
 public:
  Progress();
  ~Progress();

  void Show(const v1::Pipeline& pipeline);
  // Removes the line of a terminal.
  void End();

 private:
  using Clock = std::chrono::steady_clock;
  struct Sample {
    Clock::time_point time;
    uint64_t rows = 0;
    uint64_t bytes = 0;
  };

  std::string LineOf(const v1::Pipeline& pipeline) const;

  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_;
  std::deque<Sample> samples_;  // of the last seconds
  bool line_open_ = false;
};

// 1,234,567
std::string GroupedNumber(uint64_t number);
// 12.3 MB
std::string ByteText(double bytes);

}  // namespace freshet
