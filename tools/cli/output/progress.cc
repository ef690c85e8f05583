#include "tools/cli/output/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval(100);
constexpr std::chrono::seconds kLogInterval(5);
constexpr std::chrono::seconds kRateWindow(3);

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1), shown_(terminal_ ? Clock::time_point() : Clock::now()) {}

Progress::~Progress() { End(); }

void Progress::Show(const v1::Pipeline& pipeline) {
  Clock::time_point now = Clock::now();
  const v1::LoadProgress& load = pipeline.status().load();
  if (!samples_.empty() && load.rows() < samples_.back().rows) samples_.clear();  // it started anew
  samples_.push_back({now, load.rows(), load.bytes()});
  while (samples_.size() > 2 && samples_[1].time + kRateWindow < now) samples_.pop_front();
  if (terminal_ ? now - shown_ < kTerminalInterval : now - shown_ < kLogInterval) return;
  shown_ = now;
  std::string line = LineOf(pipeline);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    line_open_ = true;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void Progress::End() {
  if (line_open_) std::fputs("\r\033[K", stderr);
  line_open_ = false;
}

std::string Progress::LineOf(const v1::Pipeline& pipeline) const {
  const v1::LoadProgress& load = pipeline.status().load();
  std::string line =
      StrCat(pipeline.name().substr(pipeline.name().rfind('/') + 1), ": ", v1::Pipeline::State_Name(pipeline.state()),
             ", ", GroupedNumber(load.rows()), " rows, ", ByteText(static_cast<double>(load.bytes())));
  double seconds = std::chrono::duration<double>(samples_.back().time - samples_.front().time).count();
  if (seconds > 0.2) {
    StrAppend(&line, ", ",
              GroupedNumber(
                  static_cast<uint64_t>(static_cast<double>(samples_.back().rows - samples_.front().rows) / seconds)),
              " rows/s, ",
              ByteText(static_cast<double>(samples_.back().bytes) / seconds -
                       static_cast<double>(samples_.front().bytes) / seconds),
              "/s");
  }
  if (load.total_bytes() > 0)
    StrAppend(&line, ", ", std::min<uint64_t>(100, load.bytes() * 100 / load.total_bytes()), " %");
  if (!pipeline.status().reason().empty()) StrAppend(&line, " (", pipeline.status().reason(), ")");
  for (const v1::SourceStatus& source : pipeline.status().sources()) {
    if (!source.message().empty()) StrAppend(&line, " (", source.table(), ": ", source.message(), ")");
  }
  constexpr size_t kTerminalWidth = 110;
  if (terminal_ && line.size() > kTerminalWidth) line.resize(kTerminalWidth);
  return line;
}

std::string GroupedNumber(uint64_t number) {
  std::string digits = StrCat(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string ByteText(double bytes) {
  const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
  return text;
}

}  // namespace freshet
