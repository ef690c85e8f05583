// Civil dates by 400-year eras that start on a first of March, so that the leap day is the last of its year
// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
#include "engine/base/int128.h"
#include "engine/columnar/date_time.h"

namespace freshet {
namespace {

constexpr int64_t kDaysPerEra = 146'097;
constexpr int64_t kYearsPerEra = 400;
constexpr int64_t kDaysToEpoch = 719'468;  // 0000-03-01 to 1970-01-01

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

}  // namespace

int32_t DaysInMonth(int64_t year, int32_t month) {
  constexpr int32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

int64_t DaysFromCivil(const CivilDate& date) {
  int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  int64_t era = FloorDivide(year, kYearsPerEra);
  int64_t year_of_era = year - era * kYearsPerEra;
  int64_t month_from_march = (date.month + 9) % 12;
  int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysToEpoch;
}

CivilDate CivilFromDays(int64_t days) {
  int64_t shifted = days + kDaysToEpoch;
  int64_t era = FloorDivide(shifted, kDaysPerEra);
  int64_t day_of_era = shifted - era * kDaysPerEra;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  date.month = static_cast<int32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  date.year = year_of_era + era * kYearsPerEra + (date.month <= 2 ? 1 : 0);
  return date;
}

int32_t IsoWeekday(int64_t days) {
  int64_t from_monday = (days + 3) - FloorDivide(days + 3, 7) * 7;  // 1970-01-01 was a Thursday
  return static_cast<int32_t>(from_monday) + 1;
}

std::optional<int64_t> MicrosFromDay(int64_t day, int64_t micros) {
  int128 sum = static_cast<int128>(day) * kMicrosPerDay + micros;
  if (sum != static_cast<int64_t>(sum)) return std::nullopt;
  return static_cast<int64_t>(sum);
}

std::optional<int64_t> MicrosFromCivil(const CivilTime& time) {
  int64_t seconds = (time.hour * 60 + time.minute) * 60 + time.second;
  return MicrosFromDay(DaysFromCivil(time.date), seconds * kMicrosPerSecond + time.microsecond);
}

int64_t DayOfMicros(int64_t micros) { return FloorDivide(micros, kMicrosPerDay); }

CivilTime CivilFromMicros(int64_t micros) {
  int64_t days = DayOfMicros(micros);
  int64_t of_day = micros % kMicrosPerDay;
  if (of_day < 0) of_day += kMicrosPerDay;
  CivilTime time;
  time.date = CivilFromDays(days);
  time.microsecond = static_cast<int32_t>(of_day % kMicrosPerSecond);
  int32_t seconds = static_cast<int32_t>(of_day / kMicrosPerSecond);
  time.second = seconds % 60;
  time.minute = seconds / 60 % 60;
  time.hour = seconds / 3600;
  return time;
}

}  // namespace freshet
