// A span of time as PostgreSQL has it: months, days and microseconds, each of its own sign, compared by what they come
// to with months of 30 days and days of 24 hours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/int128.h"

namespace freshet {

struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;

  bool operator==(const Interval&) const = default;
  // In microseconds, what intervals are compared by.
  int128 Span() const;
};

// A cell's bytes compare as intervals do, and among those of equal span by months, then days. So cells of equal
// intervals differ where '1 mon' meets '30 days': SpanBytes are what such cells have in common.
inline constexpr size_t kIntervalBytes = 18;
inline constexpr size_t kSpanBytes = 10;
std::string EncodeInterval(const Interval& interval);
Interval DecodeInterval(std::string_view cell);
inline std::string_view SpanBytes(std::string_view cell) { return cell.substr(0, kSpanBytes); }

// Reads `1 year 2 mons -3 days 04:05:06.7`, numbers with fractions and PostgreSQL's names of units, `ago` at the end,
// `3 04:05:06` (days), `1-2` (years and months), and ISO 8601 (`P1Y2M3DT4H5M6S`). No value: none of these, or a part
// out of range.
std::optional<Interval> ParseInterval(std::string_view text);
// Appends PostgreSQL's form, `1 year 2 mons -3 days +04:05:06.7`.
void AppendInterval(const Interval& interval, std::string* out);

// No value: out of range.
std::optional<Interval> AddIntervals(const Interval& a, const Interval& b);
std::optional<Interval> NegateInterval(const Interval& interval);
std::optional<Interval> MultiplyInterval(const Interval& interval, double factor);
std::optional<Interval> DivideInterval(const Interval& interval, double divisor);
// A moment that many months, then days, then microseconds later; a day past its month's end becomes the last one.
std::optional<int64_t> AddToMoment(int64_t micros, const Interval& interval);

}  // namespace freshet
