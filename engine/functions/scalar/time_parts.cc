// Fields of dates and times: date_trunc, extract (numeric, PostgreSQL's scales) and date_part (double). The field is a
// text argument; it is looked up once per batch when it is constant.
#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "engine/columnar/date_time.h"
#include "engine/columnar/interval.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

enum class TimeField : uint8_t {
  kMicroseconds,
  kMilliseconds,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kIsoYear,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kEpoch,
  kJulian,
  kTimezone,
};

struct FieldName {
  std::string_view name;
  TimeField field;
};

constexpr FieldName kFieldNames[] = {
    {"microsecond", TimeField::kMicroseconds},
    {"us", TimeField::kMicroseconds},
    {"millisecond", TimeField::kMilliseconds},
    {"ms", TimeField::kMilliseconds},
    {"second", TimeField::kSecond},
    {"sec", TimeField::kSecond},
    {"minute", TimeField::kMinute},
    {"min", TimeField::kMinute},
    {"hour", TimeField::kHour},
    {"day", TimeField::kDay},
    {"week", TimeField::kWeek},
    {"month", TimeField::kMonth},
    {"mon", TimeField::kMonth},
    {"quarter", TimeField::kQuarter},
    {"year", TimeField::kYear},
    {"decade", TimeField::kDecade},
    {"century", TimeField::kCentury},
    {"centuries", TimeField::kCentury},
    {"millennium", TimeField::kMillennium},
    {"millennia", TimeField::kMillennium},
    {"isoyear", TimeField::kIsoYear},
    {"dow", TimeField::kDayOfWeek},
    {"isodow", TimeField::kIsoDayOfWeek},
    {"doy", TimeField::kDayOfYear},
    {"epoch", TimeField::kEpoch},
    {"julian", TimeField::kJulian},
    {"timezone", TimeField::kTimezone},
};

std::optional<TimeField> FindField(std::string_view name) {
  auto is = [&](std::string_view wanted, std::string_view suffix) {
    if (name.size() != wanted.size() + suffix.size()) return false;
    for (size_t i = 0; i < name.size(); ++i) {
      char c = i < wanted.size() ? wanted[i] : suffix[i - wanted.size()];
      if (absl::ascii_tolower(name[i]) != c) return false;
    }
    return true;
  };
  for (const FieldName& entry : kFieldNames) {
    if (is(entry.name, "") || is(entry.name, "s")) return entry.field;
  }
  return std::nullopt;
}

// The field that the first argument names in each row.
class FieldArgument {
 public:
  explicit FieldArgument(const Vector& names) : names_(names) {}

  std::optional<TimeField> At(uint32_t row) {
    std::string_view name = names_.At<StringCell>(row).view();
    if (!is_known_ || (!names_.constant() && name != known_name_)) {
      known_ = FindField(name);
      known_name_ = name;
      is_known_ = true;
    }
    return known_;
  }

 private:
  const Vector& names_;
  bool is_known_ = false;
  std::string_view known_name_;
  std::optional<TimeField> known_;
};

constexpr int64_t kUnixDayOfJulian = 2440588;  // the Julian day of 1970-01-01

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

int64_t StartOfIsoYear(int64_t iso_year) {
  int64_t fourth = DaysFromCivil({iso_year, 1, 4});  // always in week 1
  return fourth - (IsoWeekday(fourth) - 1);
}

// The year that most of the day's week lies in.
int64_t IsoYearOf(int64_t day) { return CivilFromDays(day - (IsoWeekday(day) - 1) + 3).year; }

// The first year of a period of `years` that counts from year 1, as the 21st century does from 2001.
int64_t StartOfPeriod(int64_t year, int64_t years) { return FloorDivide(year - 1, years) * years + 1; }

// PostgreSQL has no period 0: 1 is the first after, -1 the last before the year 1.
int64_t PeriodOf(int64_t year, int64_t years) {
  return year > 0 ? (year + years - 1) / years : -((years - 1 - (year - 1)) / years);
}

std::optional<int64_t> Truncate(TimeField field, int64_t micros) {
  auto down_to = [micros](int64_t unit) -> std::optional<int64_t> {
    int64_t start;
    if (__builtin_mul_overflow(FloorDivide(micros, unit), unit, &start)) return std::nullopt;
    return start;
  };
  auto date = [](int64_t year, int32_t month) { return MicrosFromDay(DaysFromCivil({year, month, 1}), 0); };
  int64_t day = DayOfMicros(micros);
  CivilDate civil = CivilFromDays(day);
  switch (field) {
    case TimeField::kMicroseconds:
      return micros;
    case TimeField::kMilliseconds:
      return down_to(1000);
    case TimeField::kSecond:
      return down_to(kMicrosPerSecond);
    case TimeField::kMinute:
      return down_to(kMicrosPerMinute);
    case TimeField::kHour:
      return down_to(kMicrosPerHour);
    case TimeField::kDay:
      return down_to(kMicrosPerDay);
    case TimeField::kWeek:
      return MicrosFromDay(day - (IsoWeekday(day) - 1), 0);
    case TimeField::kMonth:
      return date(civil.year, civil.month);
    case TimeField::kQuarter:
      return date(civil.year, (civil.month - 1) / 3 * 3 + 1);
    case TimeField::kYear:
      return date(civil.year, 1);
    case TimeField::kDecade:
      return date(FloorDivide(civil.year, 10) * 10, 1);
    case TimeField::kCentury:
      return date(StartOfPeriod(civil.year, 100), 1);
    case TimeField::kMillennium:
      return date(StartOfPeriod(civil.year, 1000), 1);
    case TimeField::kIsoYear:
    case TimeField::kDayOfWeek:
    case TimeField::kIsoDayOfWeek:
    case TimeField::kDayOfYear:
    case TimeField::kEpoch:
    case TimeField::kJulian:
    case TimeField::kTimezone:
      return std::nullopt;
  }
  __builtin_unreachable();
}

// A field's value: unscaled / 10^scale.
struct FieldValue {
  int64_t unscaled = 0;
  int32_t scale = 0;
};

std::optional<FieldValue> FieldOfDay(TimeField field, int64_t day) {
  CivilDate civil = CivilFromDays(day);
  switch (field) {
    case TimeField::kDay:
      return FieldValue{civil.day};
    case TimeField::kWeek:
      return FieldValue{(day - StartOfIsoYear(IsoYearOf(day))) / 7 + 1};
    case TimeField::kMonth:
      return FieldValue{civil.month};
    case TimeField::kQuarter:
      return FieldValue{(civil.month - 1) / 3 + 1};
    case TimeField::kYear:
      return FieldValue{civil.year > 0 ? civil.year : civil.year - 1};
    case TimeField::kDecade:
      return FieldValue{FloorDivide(civil.year, 10)};
    case TimeField::kCentury:
      return FieldValue{PeriodOf(civil.year, 100)};
    case TimeField::kMillennium:
      return FieldValue{PeriodOf(civil.year, 1000)};
    case TimeField::kIsoYear: {
      int64_t year = IsoYearOf(day);
      return FieldValue{year > 0 ? year : year - 1};
    }
    case TimeField::kDayOfWeek:
      return FieldValue{IsoWeekday(day) % 7};
    case TimeField::kIsoDayOfWeek:
      return FieldValue{IsoWeekday(day)};
    case TimeField::kDayOfYear:
      return FieldValue{day - DaysFromCivil({civil.year, 1, 1}) + 1};
    case TimeField::kEpoch:
      return FieldValue{day * (kMicrosPerDay / kMicrosPerSecond)};
    case TimeField::kJulian:
      return FieldValue{day + kUnixDayOfJulian};
    case TimeField::kMicroseconds:
    case TimeField::kMilliseconds:
    case TimeField::kSecond:
    case TimeField::kMinute:
    case TimeField::kHour:
    case TimeField::kTimezone:
      return std::nullopt;
  }
  __builtin_unreachable();
}

// `has_zone`: a timestamptz, whose zone is UTC.
template <bool kHasZone>
std::optional<FieldValue> FieldOfMoment(TimeField field, int64_t micros) {
  int64_t day = DayOfMicros(micros);
  int64_t of_day = micros - day * kMicrosPerDay;
  int64_t of_minute = of_day % kMicrosPerMinute;
  switch (field) {
    case TimeField::kMicroseconds:
      return FieldValue{of_minute};
    case TimeField::kMilliseconds:
      return FieldValue{of_minute, 3};
    case TimeField::kSecond:
      return FieldValue{of_minute, 6};
    case TimeField::kMinute:
      return FieldValue{of_day / kMicrosPerMinute % 60};
    case TimeField::kHour:
      return FieldValue{of_day / kMicrosPerHour};
    case TimeField::kEpoch:
      return FieldValue{micros, 6};
    case TimeField::kTimezone:
      return kHasZone ? std::optional<FieldValue>(FieldValue{0}) : std::nullopt;
    case TimeField::kJulian:
      return std::nullopt;  // a fraction of a day without a fixed scale
    case TimeField::kDay:
    case TimeField::kWeek:
    case TimeField::kMonth:
    case TimeField::kQuarter:
    case TimeField::kYear:
    case TimeField::kDecade:
    case TimeField::kCentury:
    case TimeField::kMillennium:
    case TimeField::kIsoYear:
    case TimeField::kDayOfWeek:
    case TimeField::kIsoDayOfWeek:
    case TimeField::kDayOfYear:
      return FieldOfDay(field, day);
  }
  __builtin_unreachable();
}

// The clock of a span: of its sign, and hours of any number.
std::optional<FieldValue> FieldOfClock(TimeField field, int64_t micros) {
  switch (field) {
    case TimeField::kMicroseconds:
      return FieldValue{micros % kMicrosPerMinute};
    case TimeField::kMilliseconds:
      return FieldValue{micros % kMicrosPerMinute, 3};
    case TimeField::kSecond:
      return FieldValue{micros % kMicrosPerMinute, 6};
    case TimeField::kMinute:
      return FieldValue{micros / kMicrosPerMinute % 60};
    case TimeField::kHour:
      return FieldValue{micros / kMicrosPerHour};
    case TimeField::kEpoch:
      return FieldValue{micros, 6};
    case TimeField::kDay:
    case TimeField::kWeek:
    case TimeField::kMonth:
    case TimeField::kQuarter:
    case TimeField::kYear:
    case TimeField::kDecade:
    case TimeField::kCentury:
    case TimeField::kMillennium:
    case TimeField::kIsoYear:
    case TimeField::kDayOfWeek:
    case TimeField::kIsoDayOfWeek:
    case TimeField::kDayOfYear:
    case TimeField::kJulian:
    case TimeField::kTimezone:
      return std::nullopt;
  }
  __builtin_unreachable();
}

std::optional<FieldValue> FieldOfInterval(TimeField field, const Interval& interval) {
  const int64_t years = interval.months / 12, months = interval.months % 12;
  switch (field) {
    case TimeField::kDay:
      return FieldValue{interval.days};
    case TimeField::kMonth:
      return FieldValue{months};
    case TimeField::kQuarter:
      return FieldValue{months / 3 + 1};
    case TimeField::kYear:
      return FieldValue{years};
    case TimeField::kDecade:
      return FieldValue{years / 10};
    case TimeField::kCentury:
      return FieldValue{years / 100};
    case TimeField::kMillennium:
      return FieldValue{years / 1000};
    case TimeField::kEpoch: {  // a year has 365.25 days
      const int128 days = static_cast<int128>(months) * 30 + interval.days;
      const int128 micros =
          days * kMicrosPerDay + static_cast<int128>(years) * (kMicrosPerDay / 4 * 1461) + interval.micros;
      if (micros != static_cast<int64_t>(micros)) return std::nullopt;
      return FieldValue{static_cast<int64_t>(micros), 6};
    }
    case TimeField::kMicroseconds:
    case TimeField::kMilliseconds:
    case TimeField::kSecond:
    case TimeField::kMinute:
    case TimeField::kHour:
    case TimeField::kWeek:
    case TimeField::kIsoYear:
    case TimeField::kDayOfWeek:
    case TimeField::kIsoDayOfWeek:
    case TimeField::kDayOfYear:
    case TimeField::kJulian:
    case TimeField::kTimezone:
      return FieldOfClock(field, interval.micros);
  }
  __builtin_unreachable();
}

void DateTrunc(KernelCall& call) {
  FieldArgument fields(call.argument(0));
  const Vector& moment = call.argument(1);
  ComputeRows<int64_t>(call, [&](uint32_t row) {
    std::optional<TimeField> field = fields.At(row);
    std::optional<int64_t> start = field ? Truncate(*field, moment.At<int64_t>(row)) : std::nullopt;
    if (start) return *start;
    call.Fail(row, CellError::kInvalidArgument);
    return int64_t{0};
  });
}

template <typename R>
R ResultOf(const FieldValue& value);
template <>
Numeric ResultOf<Numeric>(const FieldValue& value) {
  return Numeric::Make(value.unscaled, value.scale);
}
template <>
double ResultOf<double>(const FieldValue& value) {
  return static_cast<double>(value.unscaled) / static_cast<double>(PowerOfTen(value.scale));
}

template <typename R, typename T, typename FieldOf>
void ExtractBy(KernelCall& call, FieldOf field_of) {
  FieldArgument fields(call.argument(0));
  const Vector& time = call.argument(1);
  ComputeRows<R>(call, [&](uint32_t row) {
    std::optional<TimeField> field = fields.At(row);
    std::optional<FieldValue> value = field ? field_of(*field, time.At<T>(row)) : std::nullopt;
    if (value) return ResultOf<R>(*value);
    call.Fail(row, CellError::kInvalidArgument);
    return R{};
  });
}

template <typename R, bool kHasZone>
void ExtractFromMoment(KernelCall& call) {
  ExtractBy<R, int64_t>(call, FieldOfMoment<kHasZone>);
}

void ExtractFromDate(KernelCall& call) { ExtractBy<Numeric, int32_t>(call, FieldOfDay); }

template <typename R>
void ExtractFromInterval(KernelCall& call) {
  ExtractBy<R, StringCell>(call, [](TimeField field, const StringCell& cell) {
    return FieldOfInterval(field, DecodeInterval(cell.view()));
  });
}

template <typename R>
void ExtractFromTime(KernelCall& call) {
  ExtractBy<R, int64_t>(call, FieldOfClock);
}

// date_part takes a date as its midnight.
void DatePartOfDate(KernelCall& call) {
  ExtractBy<double, int32_t>(call, [](TimeField field, int32_t day) {
    return field == TimeField::kJulian ? FieldOfDay(field, day) : FieldOfMoment<false>(field, day * kMicrosPerDay);
  });
}

}  // namespace

void AddTimePartFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, TypeKind of, TypeKind result, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kText, of}, result, kernel, doc});
  };
  constexpr std::string_view kTruncDoc =
      "The start of the second, minute, hour, day, week, month, quarter, year ... of a moment.";
  constexpr std::string_view kExtractDoc =
      "A field of a time: year, month, day, hour, minute, second, week, dow, doy, epoch ...";
  add("date_trunc", kTimestamp, kTimestamp, DateTrunc, kTruncDoc);
  add("date_trunc", kTimestamptz, kTimestamptz, DateTrunc, kTruncDoc);
  add("extract", kDate, kNumeric, ExtractFromDate, kExtractDoc);
  add("extract", kTimestamp, kNumeric, ExtractFromMoment<Numeric, false>, kExtractDoc);
  add("extract", kTimestamptz, kNumeric, ExtractFromMoment<Numeric, true>, kExtractDoc);
  add("extract", kTime, kNumeric, ExtractFromTime<Numeric>, kExtractDoc);
  add("extract", kInterval, kNumeric, ExtractFromInterval<Numeric>, kExtractDoc);
  add("date_part", kTime, kDouble, ExtractFromTime<double>, kExtractDoc);
  add("date_part", kInterval, kDouble, ExtractFromInterval<double>, kExtractDoc);
  add("date_part", kDate, kDouble, DatePartOfDate, kExtractDoc);
  add("date_part", kTimestamp, kDouble, ExtractFromMoment<double, false>, kExtractDoc);
  add("date_part", kTimestamptz, kDouble, ExtractFromMoment<double, true>, kExtractDoc);
}

}  // namespace freshet
