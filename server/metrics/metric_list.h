// Declares every metric once: name, kind, help.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace freshet {

enum class MetricKind : uint8_t { kCounter, kGauge, kHistogram };

struct MetricInfo {
  std::string_view name;
  MetricKind kind;
  std::string_view help;  // one sentence
};

std::span<const MetricInfo> MetricList();
// nullptr: not in the list.
const MetricInfo* FindMetric(std::string_view name);

}  // namespace freshet
