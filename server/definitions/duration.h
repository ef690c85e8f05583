// Lengths of time as definitions write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet {

// `250ms`, `90s`, `15 minutes`, `24h`, `7d`: a whole number and a unit, from 1 ms to 36500 days; in microseconds.
std::optional<int64_t> ParseDurationMicros(std::string_view text);

}  // namespace freshet
