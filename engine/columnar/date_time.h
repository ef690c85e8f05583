// Turns days and microseconds since 1970-01-01 into calendar dates and text, and back. Proleptic Gregorian calendar, as
// in PostgreSQL; no time zones but fixed offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// A day of the calendar. Year 0 is 1 BC.
struct CivilDate {
  int64_t year = 1970;
  int32_t month = 1;  // 1 .. 12
  int32_t day = 1;    // 1 .. 31

  bool operator==(const CivilDate&) const = default;
};

// A moment of the calendar.
struct CivilTime {
  CivilDate date;
  int32_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int32_t microsecond = 0;

  bool operator==(const CivilTime&) const = default;
};

// Days of a month, 28 .. 31.
int32_t DaysInMonth(int64_t year, int32_t month);
// Days since 1970-01-01. The date need not exist: a day past the month's end counts on into the next one.
int64_t DaysFromCivil(const CivilDate& date);
CivilDate CivilFromDays(int64_t days);
// 1 = Monday .. 7 = Sunday.
int32_t IsoWeekday(int64_t days);

// Microseconds since 1970-01-01 of a moment `micros` after the start of a day (any number, also below 0 or past its
// end); no value when they do not fit 64 bits.
std::optional<int64_t> MicrosFromDay(int64_t day, int64_t micros);
std::optional<int64_t> MicrosFromCivil(const CivilTime& time);
CivilTime CivilFromMicros(int64_t micros);
// The day that a moment lies in, also before 1970.
int64_t DayOfMicros(int64_t micros);

// Reads `YYYY-MM-DD`, also with a time behind it (that is dropped), a year of 4 to 6 digits, ` BC` at the end and
// blanks around. No value: not a date, or one that does not exist.
std::optional<int32_t> ParseDate(std::string_view text);
// Reads a date, or a date, `T` or blanks, and `HH:MM[:SS[.digits]]`; digits past microseconds are rounded half up. An
// offset (`Z`, `UTC`, `+hh`, `+hhmm`, `+hh:mm`) may follow; a timestamp without a zone ignores it, as in PostgreSQL.
std::optional<int64_t> ParseTimestamp(std::string_view text);
// The same, and takes the offset away: the moment in UTC. No offset = UTC.
std::optional<int64_t> ParseTimestamptz(std::string_view text);

// Reads `HH:MM[:SS[.digits]]` up to 24:00:00: microseconds since midnight.
std::optional<int64_t> ParseTimeOfDay(std::string_view text);

// Appends `2026-01-31`.
void AppendDate(int64_t days, std::string* out);
// Appends `12:00:00.25`.
void AppendTimeOfDay(int64_t micros, std::string* out);
// Appends RFC 3339 without an offset, `2026-01-31T12:00:00.25`: no fraction when it is 0, no zeros at its end.
void AppendTimestamp(int64_t micros, std::string* out);
// The same with `Z`.
void AppendTimestamptz(int64_t micros, std::string* out);

}  // namespace freshet
