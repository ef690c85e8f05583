// Arithmetic of intervals, times of day and moments. Zones are UTC and fixed offsets.
#include <cmath>
#include <optional>
#include <utility>

#include "engine/base/str_cat.h"
#include "engine/columnar/date_time.h"
#include "engine/columnar/interval.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

Interval IntervalAt(const Vector& vector, uint32_t row) { return DecodeInterval(vector.At<StringCell>(row).view()); }

// `compute(row)` gives an interval; no value: it is out of range.
template <typename Compute>
void ComputeIntervals(KernelCall& call, Compute compute, CellError error = CellError::kOverflow) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    if (std::optional<Interval> interval = compute(row)) return call.Text(EncodeInterval(*interval));
    call.Fail(row, error);
    return StringCell();
  });
}

// The same of moments.
template <typename Compute>
void ComputeMoments(KernelCall& call, Compute compute, CellError error = CellError::kOverflow) {
  ComputeRows<int64_t>(call, [&](uint32_t row) {
    if (std::optional<int64_t> moment = compute(row)) return *moment;
    call.Fail(row, error);
    return int64_t{0};
  });
}

std::optional<Interval> Subtract(const Interval& a, const Interval& b) {
  std::optional<Interval> negated = NegateInterval(b);
  return negated ? AddIntervals(a, *negated) : std::nullopt;
}

void AddKernel(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) {
    return AddIntervals(IntervalAt(call.argument(0), row), IntervalAt(call.argument(1), row));
  });
}
void SubtractKernel(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) {
    return Subtract(IntervalAt(call.argument(0), row), IntervalAt(call.argument(1), row));
  });
}
void NegateKernel(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) { return NegateInterval(IntervalAt(call.argument(0), row)); });
}

template <size_t kInterval>
void MultiplyKernel(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) {
    return MultiplyInterval(IntervalAt(call.argument(kInterval), row), call.argument(1 - kInterval).At<double>(row));
  });
}
void DivideKernel(KernelCall& call) {
  const Vector& divisor = call.argument(1);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const bool zero = divisor.At<double>(row) == 0;
    std::optional<Interval> quotient;
    if (!zero) quotient = DivideInterval(IntervalAt(call.argument(0), row), divisor.At<double>(row));
    if (quotient) return call.Text(EncodeInterval(*quotient));
    call.Fail(row, zero ? CellError::kDivisionByZero : CellError::kOverflow);
    return StringCell();
  });
}

// T: int32_t for dates, taken as their midnights, int64_t for moments.
int64_t MicrosOf(int32_t day) { return day * kMicrosPerDay; }
int64_t MicrosOf(int64_t micros) { return micros; }

template <typename T, size_t kMoment, bool kBack>
void MoveMoment(KernelCall& call) {
  ComputeMoments(call, [&](uint32_t row) -> std::optional<int64_t> {
    std::optional<Interval> interval = IntervalAt(call.argument(1 - kMoment), row);
    if (kBack) interval = NegateInterval(*interval);
    if (!interval) return std::nullopt;
    return AddToMoment(MicrosOf(call.argument(kMoment).At<T>(row)), *interval);
  });
}

// Only the interval's microseconds move a time of day, around midnight.
template <size_t kTime, bool kBack>
void MoveTime(KernelCall& call) {
  ComputeRows<int64_t>(call, [&](uint32_t row) {
    const int64_t micros = IntervalAt(call.argument(1 - kTime), row).micros % kMicrosPerDay;
    const int64_t moved = (call.argument(kTime).At<int64_t>(row) + (kBack ? -micros : micros)) % kMicrosPerDay;
    return moved < 0 ? moved + kMicrosPerDay : moved;
  });
}

template <size_t kDate>
void DateAtTime(KernelCall& call) {
  ComputeMoments(call, [&](uint32_t row) {
    return MicrosFromDay(call.argument(kDate).At<int32_t>(row), call.argument(1 - kDate).At<int64_t>(row));
  });
}

// Whole days and the rest, both of one sign.
Interval JustifyHours(Interval interval) {
  const int64_t days = interval.micros / kMicrosPerDay;
  interval.micros -= days * kMicrosPerDay;
  interval.days += static_cast<int32_t>(days);
  if (interval.days > 0 && interval.micros < 0) {
    interval.micros += kMicrosPerDay;
    --interval.days;
  } else if (interval.days < 0 && interval.micros > 0) {
    interval.micros -= kMicrosPerDay;
    ++interval.days;
  }
  return interval;
}

Interval JustifyDays(Interval interval) {
  const int32_t months = interval.days / 30;
  interval.days -= months * 30;
  interval.months += months;
  if (interval.months > 0 && interval.days < 0) {
    interval.days += 30;
    --interval.months;
  } else if (interval.months < 0 && interval.days > 0) {
    interval.days -= 30;
    ++interval.months;
  }
  return interval;
}

Interval JustifyInterval(Interval interval) {
  const int64_t days = interval.micros / kMicrosPerDay;
  interval.micros -= days * kMicrosPerDay;
  interval.days += static_cast<int32_t>(days);
  const int32_t months = interval.days / 30;
  interval.days -= months * 30;
  interval.months += months;
  const int64_t below = interval.days != 0 ? interval.days : interval.micros;
  if (interval.months > 0 && below < 0) {
    interval.days += 30;
    --interval.months;
  } else if (interval.months < 0 && below > 0) {
    interval.days -= 30;
    ++interval.months;
  }
  return JustifyHours(interval);
}

template <Interval (*kJustify)(Interval)>
void JustifyKernel(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) { return std::optional(kJustify(IntervalAt(call.argument(0), row))); });
}

void DifferenceOfMoments(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) -> std::optional<Interval> {
    Interval interval;
    if (__builtin_sub_overflow(call.argument(0).At<int64_t>(row), call.argument(1).At<int64_t>(row),
                               &interval.micros)) {
      return std::nullopt;
    }
    return JustifyHours(interval);
  });
}

void DifferenceOfTimes(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) {
    return std::optional(Interval{.micros = call.argument(0).At<int64_t>(row) - call.argument(1).At<int64_t>(row)});
  });
}

// In years, months, days as a calendar counts them: PostgreSQL's timestamp_age.
Interval AgeOf(int64_t later, int64_t earlier) {
  const bool swapped = later < earlier;
  if (swapped) std::swap(later, earlier);
  const CivilTime a = CivilFromMicros(later), b = CivilFromMicros(earlier);
  const int64_t day_a = DayOfMicros(later), day_b = DayOfMicros(earlier);
  int64_t micros = (later - day_a * kMicrosPerDay) - (earlier - day_b * kMicrosPerDay);
  int64_t days = a.date.day - b.date.day;
  int64_t months = (a.date.year - b.date.year) * 12 + a.date.month - b.date.month;
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  while (days < 0) {
    days += DaysInMonth(b.date.year, b.date.month);
    --months;
  }
  const Interval age{static_cast<int32_t>(months), static_cast<int32_t>(days), micros};
  return swapped ? *NegateInterval(age) : age;
}

void Age(KernelCall& call) {
  ComputeIntervals(call, [&](uint32_t row) {
    return std::optional(AgeOf(call.argument(0).At<int64_t>(row), call.argument(1).At<int64_t>(row)));
  });
}

void DateBin(KernelCall& call) {
  ComputeMoments(
      call,
      [&](uint32_t row) -> std::optional<int64_t> {
        const Interval stride = IntervalAt(call.argument(0), row);
        const int128 width = stride.Span();
        if (stride.months != 0 || width <= 0) return std::nullopt;
        const int128 origin = call.argument(2).At<int64_t>(row);
        const int128 past = call.argument(1).At<int64_t>(row) - origin;
        const int128 rest = past % width;
        const int128 start = origin + past - rest - (rest < 0 ? width : 0);
        if (start != static_cast<int64_t>(start)) return std::nullopt;
        return static_cast<int64_t>(start);
      },
      CellError::kInvalidArgument);
}

// UTC and fixed offsets. As in PostgreSQL, the sign of a written offset is POSIX's: +02 is west of Greenwich.
std::optional<int64_t> EastOfZone(std::string_view zone) {
  for (std::string_view name : {"UTC", "utc", "GMT", "gmt", "Z", "z", "Etc/UTC"}) {
    if (zone == name) return 0;
  }
  if (zone.starts_with("UTC") || zone.starts_with("GMT")) zone.remove_prefix(3);
  if (!zone.starts_with('+') && !zone.starts_with('-')) return std::nullopt;
  const bool west = zone[0] == '+';
  zone.remove_prefix(1);
  const std::string clock = zone.find(':') == std::string_view::npos ? StrCat(zone, ":00") : std::string(zone);
  std::optional<int64_t> offset = ParseTimeOfDay(clock);
  if (!offset) return std::nullopt;
  return west ? -*offset : *offset;
}

std::string CheckZone(std::span<const Datum* const> constants) {
  if (constants[0] == nullptr || !constants[0]->is_value() || EastOfZone(constants[0]->text_value())) return "";
  return StrCat("the time zone ", constants[0]->text_value(),
                " is not built in this release: UTC and offsets like '-02:00' (which is east) are");
}

template <int64_t kSign>
void AtZone(KernelCall& call) {
  ComputeMoments(
      call,
      [&](uint32_t row) -> std::optional<int64_t> {
        std::optional<int64_t> east = EastOfZone(call.argument(0).At<StringCell>(row).view());
        int64_t moved = 0;
        if (!east || __builtin_add_overflow(call.argument(1).At<int64_t>(row), kSign * *east, &moved))
          return std::nullopt;
        return moved;
      },
      CellError::kInvalidArgument);
}

// A zone as what it is east of Greenwich.
template <int64_t kSign>
void AtOffset(KernelCall& call) {
  ComputeMoments(
      call,
      [&](uint32_t row) -> std::optional<int64_t> {
        const Interval east = IntervalAt(call.argument(0), row);
        int64_t moved = 0;
        if (east.months != 0 || east.days != 0 ||
            __builtin_add_overflow(call.argument(1).At<int64_t>(row), kSign * east.micros, &moved)) {
          return std::nullopt;
        }
        return moved;
      },
      CellError::kInvalidArgument);
}

void MakeTime(KernelCall& call) {
  ComputeMoments(
      call,
      [&](uint32_t row) -> std::optional<int64_t> {
        const int32_t hour = call.argument(0).At<int32_t>(row), minute = call.argument(1).At<int32_t>(row);
        const double second = call.argument(2).At<double>(row);
        if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(second >= 0 && second <= 60)) return std::nullopt;
        const int64_t micros = hour * kMicrosPerHour + minute * kMicrosPerMinute + std::llrint(second * 1e6);
        return micros <= kMicrosPerDay ? std::optional(micros) : std::nullopt;
      },
      CellError::kInvalidArgument);
}

void FromText(KernelCall& call) {
  ComputeIntervals(
      call, [&](uint32_t row) { return ParseInterval(call.argument(0).At<StringCell>(row).view()); },
      CellError::kInvalidText);
}

void ToText(KernelCall& call) {
  std::string& text = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    text.clear();
    AppendInterval(IntervalAt(call.argument(0), row), &text);
    return call.Text(text);
  });
}

void IntervalFromTime(KernelCall& call) {
  ComputeIntervals(call,
                   [&](uint32_t row) { return std::optional(Interval{.micros = call.argument(0).At<int64_t>(row)}); });
}

int64_t TimeOf(int64_t micros) {
  const int64_t rest = micros % kMicrosPerDay;
  return rest < 0 ? rest + kMicrosPerDay : rest;
}

void TimeFromInterval(KernelCall& call) {
  ComputeRows<int64_t>(call, [&](uint32_t row) { return TimeOf(IntervalAt(call.argument(0), row).micros); });
}

void TimeFromMoment(KernelCall& call) { UnaryLanes<int64_t, int64_t>(call, TimeOf); }

}  // namespace

void AddIntervalFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc) { list->push_back({name, std::move(arguments), result, kernel, doc}); };
  add("+", {kInterval, kInterval}, kInterval, AddKernel, "The sum, part by part.");
  add("-", {kInterval, kInterval}, kInterval, SubtractKernel, "The difference, part by part.");
  add("-", {kInterval}, kInterval, NegateKernel, "The interval with the other sign.");
  add("*", {kInterval, kDouble}, kInterval, MultiplyKernel<0>, "The interval so many times.");
  add("*", {kDouble, kInterval}, kInterval, MultiplyKernel<1>, "The interval so many times.");
  add("/", {kInterval, kDouble}, kInterval, DivideKernel, "That part of the interval.");
  constexpr std::string_view kLater = "The moment so much later; a day past its month's end becomes the last one.";
  constexpr std::string_view kEarlier = "The moment so much earlier; a day past its month's end becomes the last one.";
  for (TypeKind moment : {kTimestamp, kTimestamptz}) {
    add("+", {moment, kInterval}, moment, MoveMoment<int64_t, 0, false>, kLater);
    add("+", {kInterval, moment}, moment, MoveMoment<int64_t, 1, false>, kLater);
    add("-", {moment, kInterval}, moment, MoveMoment<int64_t, 0, true>, kEarlier);
    add("-", {moment, moment}, kInterval, DifferenceOfMoments, "The days and time between two moments.");
    add("age", {moment, moment}, kInterval, Age, "The years, months, days and time from the second to the first.");
    add("date_bin", {kInterval, moment, moment}, moment, DateBin,
        "The start of the moment's bin: bins are as wide as the interval, and one begins at the third argument.");
  }
  add("+", {kDate, kInterval}, kTimestamp, MoveMoment<int32_t, 0, false>, kLater);
  add("+", {kInterval, kDate}, kTimestamp, MoveMoment<int32_t, 1, false>, kLater);
  add("-", {kDate, kInterval}, kTimestamp, MoveMoment<int32_t, 0, true>, kEarlier);
  add("+", {kDate, kTime}, kTimestamp, DateAtTime<0>, "The moment at this time of the day.");
  add("+", {kTime, kDate}, kTimestamp, DateAtTime<1>, "The moment at this time of the day.");
  add("+", {kTime, kInterval}, kTime, MoveTime<0, false>, "The time of day so much later, around midnight.");
  add("+", {kInterval, kTime}, kTime, MoveTime<1, false>, "The time of day so much later, around midnight.");
  add("-", {kTime, kInterval}, kTime, MoveTime<0, true>, "The time of day so much earlier, around midnight.");
  add("-", {kTime, kTime}, kInterval, DifferenceOfTimes, "The time between two times of a day.");
  add("justify_hours", {kInterval}, kInterval, JustifyKernel<JustifyHours>, "24 hours become a day.");
  add("justify_days", {kInterval}, kInterval, JustifyKernel<JustifyDays>, "30 days become a month.");
  add("justify_interval", {kInterval}, kInterval, JustifyKernel<JustifyInterval>,
      "24 hours become a day and 30 days a month; all parts have one sign.");
  add("make_time", {kInteger, kInteger, kDouble}, kTime, MakeTime, "The time of hour, minute and seconds.");
  constexpr std::string_view kToZone = "AT TIME ZONE: the time that clocks show in a zone: UTC or an offset.";
  constexpr std::string_view kFromZone = "AT TIME ZONE: the moment at which clocks of a zone show a time.";
  list->push_back({"timezone", {kText, kTimestamptz}, kTimestamp, AtZone<1>, kToZone, true, 1, CheckZone});
  list->push_back({"timezone", {kText, kTimestamp}, kTimestamptz, AtZone<-1>, kFromZone, true, 1, CheckZone});
  add("timezone", {kInterval, kTimestamptz}, kTimestamp, AtOffset<1>, kToZone);
  add("timezone", {kInterval, kTimestamp}, kTimestamptz, AtOffset<-1>, kFromZone);
}

void AddIntervalCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  list->push_back({"cast", {kText}, kInterval, FromText, "Reads 1 year 2 mons 3 days 04:05:06, or ISO 8601."});
  list->push_back({"cast", {kInterval}, kText, ToText, "Writes 1 year 2 mons 3 days 04:05:06."});
  list->push_back({"cast", {kTime}, kInterval, IntervalFromTime, "The time since midnight."});
  list->push_back({"cast", {kInterval}, kTime, TimeFromInterval, "The time of day so long after midnight."});
  list->push_back({"cast", {kTimestamp}, kTime, TimeFromMoment, "The time of day."});
  list->push_back({"cast", {kTimestamptz}, kTime, TimeFromMoment, "The time of day in UTC."});
}

}  // namespace freshet
