#include "engine/columnar/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/date_time.h"

namespace freshet {
namespace {

constexpr int32_t kMonthsPerYear = 12;
constexpr int32_t kDaysPerMonth = 30;

void PutBytes(uint128 value, int bytes, std::string* out) {
  for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

int128 TakeBytes(std::string_view bytes) {
  uint128 value = 0;
  for (char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return static_cast<int128>(value) - (static_cast<int128>(1) << (bytes.size() * 8 - 1));
}

template <typename T>
bool Store(int128 value, T* out) {
  *out = static_cast<T>(value);
  return *out == value;
}

template <typename T>
bool StoreRounded(double value, T* out) {
  const double rounded = std::rint(value);
  if (!(rounded >= static_cast<double>(std::numeric_limits<T>::min()) &&
        rounded < -static_cast<double>(std::numeric_limits<T>::min()))) {
    return false;
  }
  *out = static_cast<T>(rounded);
  return true;
}

// What is left of a month goes to days, what is left of a day to microseconds (PostgreSQL's interval_mul).
template <typename Scale>
std::optional<Interval> ScaleInterval(const Interval& interval, Scale scale) {
  Interval result;
  const double months = scale(interval.months), days = scale(interval.days);
  auto to_micros = [](double value) { return std::rint(value * 1e6) / 1e6; };
  if (!(std::abs(months) < 0x1p31 && std::abs(days) < 0x1p31)) return std::nullopt;
  result.months = static_cast<int32_t>(months);
  result.days = static_cast<int32_t>(days);
  double month_days = to_micros((months - result.months) * kDaysPerMonth);
  double seconds = to_micros((days - result.days + month_days - std::trunc(month_days)) * 86400);
  double whole_days = std::trunc(month_days) + result.days;
  if (std::abs(seconds) >= 86400) {
    whole_days += std::trunc(seconds / 86400);
    seconds -= std::trunc(seconds / 86400) * 86400;
  }
  if (!StoreRounded(whole_days, &result.days)) return std::nullopt;
  if (!StoreRounded(scale(static_cast<double>(interval.micros)) + seconds * 1e6, &result.micros)) return std::nullopt;
  return result;
}

}  // namespace

int128 Interval::Span() const { return (static_cast<int128>(months) * kDaysPerMonth + days) * kMicrosPerDay + micros; }

std::string EncodeInterval(const Interval& interval) {
  std::string cell;
  PutBytes(static_cast<uint128>(interval.Span() + (static_cast<int128>(1) << (kSpanBytes * 8 - 1))), kSpanBytes, &cell);
  PutBytes(static_cast<uint32_t>(interval.months) ^ 0x80000000u, 4, &cell);
  PutBytes(static_cast<uint32_t>(interval.days) ^ 0x80000000u, 4, &cell);
  return cell;
}

Interval DecodeInterval(std::string_view cell) {
  CHECK_EQ(cell.size(), kIntervalBytes);
  const int128 span = TakeBytes(SpanBytes(cell));
  Interval interval;
  interval.months = static_cast<int32_t>(TakeBytes(cell.substr(kSpanBytes, 4)));
  interval.days = static_cast<int32_t>(TakeBytes(cell.substr(kSpanBytes + 4, 4)));
  interval.micros = static_cast<int64_t>(span - interval.Span());
  return interval;
}

std::optional<Interval> AddIntervals(const Interval& a, const Interval& b) {
  Interval sum;
  if (Store(static_cast<int128>(a.months) + b.months, &sum.months) &&
      Store(static_cast<int128>(a.days) + b.days, &sum.days) &&
      Store(static_cast<int128>(a.micros) + b.micros, &sum.micros)) {
    return sum;
  }
  return std::nullopt;
}

std::optional<Interval> NegateInterval(const Interval& interval) {
  Interval result;
  if (Store(-static_cast<int128>(interval.months), &result.months) &&
      Store(-static_cast<int128>(interval.days), &result.days) &&
      Store(-static_cast<int128>(interval.micros), &result.micros)) {
    return result;
  }
  return std::nullopt;
}

std::optional<Interval> MultiplyInterval(const Interval& interval, double factor) {
  return ScaleInterval(interval, [factor](double value) { return value * factor; });
}

std::optional<Interval> DivideInterval(const Interval& interval, double divisor) {
  return ScaleInterval(interval, [divisor](double value) { return value / divisor; });
}

std::optional<int64_t> AddToMoment(int64_t micros, const Interval& interval) {
  int64_t day = DayOfMicros(micros);
  const int64_t of_day = micros - day * kMicrosPerDay;
  if (interval.months != 0) {
    CivilDate date = CivilFromDays(day);
    const int64_t months = date.year * kMonthsPerYear + date.month - 1 + interval.months;
    date.year = months >= 0 ? months / kMonthsPerYear : (months - kMonthsPerYear + 1) / kMonthsPerYear;
    date.month = static_cast<int32_t>(months - date.year * kMonthsPerYear) + 1;
    date.day = std::min(date.day, DaysInMonth(date.year, date.month));
    day = DaysFromCivil(date);
  }
  const int128 moment = static_cast<int128>(day + interval.days) * kMicrosPerDay + of_day + interval.micros;
  int64_t result = 0;
  if (!Store(moment, &result)) return std::nullopt;
  return result;
}

void AppendInterval(const Interval& interval, std::string* out) {
  const size_t begin = out->size();
  bool negative = false;  // the part before
  auto part = [&](int64_t value, std::string_view unit) {
    if (value == 0) return;
    if (out->size() > begin) out->push_back(' ');
    StrAppend(out, negative && value > 0 ? "+" : "", value, " ", unit, value == 1 ? "" : "s");
    negative = value < 0;
  };
  part(interval.months / kMonthsPerYear, "year");
  part(interval.months % kMonthsPerYear, "mon");
  part(interval.days, "day");
  if (interval.micros == 0 && out->size() > begin) return;
  if (out->size() > begin) out->push_back(' ');
  const bool minus = interval.micros < 0;
  out->append(minus ? "-" : negative ? "+" : "");
  const uint64_t micros = minus ? -static_cast<uint64_t>(interval.micros) : static_cast<uint64_t>(interval.micros);
  auto two = [&](uint64_t value) {
    if (value < 10) out->push_back('0');
    StrAppend(out, value);
  };
  two(micros / kMicrosPerHour);
  out->push_back(':');
  two(micros / kMicrosPerMinute % 60);
  out->push_back(':');
  two(micros / kMicrosPerSecond % 60);
  if (micros % kMicrosPerSecond == 0) return;
  std::string fraction = StrCat(micros % kMicrosPerSecond);
  fraction.insert(0, 6 - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  StrAppend(out, ".", fraction);
}

}  // namespace freshet
