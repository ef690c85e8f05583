#include <algorithm>

#include "engine/columnar/date_time.h"

namespace freshet {
namespace {

constexpr size_t kYearDigitsMax = 6;
constexpr int32_t kOffsetHoursMax = 15;  // as in PostgreSQL

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What a text says: the date and time as written, and the offset that it names.
struct WrittenTime {
  CivilDate date;
  int64_t micros_of_day = 0;
  int64_t offset_micros = 0;
};

// Reads a text from left to right; each method takes what it names off the front or leaves all as it is.
class DateTimeReader {
 public:
  explicit DateTimeReader(std::string_view text) : rest_(text) {
    while (!rest_.empty() && IsBlank(rest_.back())) rest_.remove_suffix(1);
    SkipBlanks();
  }

  bool Read(WrittenTime* out) {
    if (!ReadDate(&out->date)) return false;
    if (ReadTimeSeparator() && (!ReadTime(&out->micros_of_day) || !ReadOffset(&out->offset_micros))) return false;
    SkipBlanks();
    if (rest_ == "BC" || rest_ == "bc") {
      rest_ = {};
      out->date.year = 1 - out->date.year;
      if (out->date.day > DaysInMonth(out->date.year, out->date.month)) return false;
    }
    return rest_.empty();
  }

  bool ReadTimeOnly(int64_t* out) { return ReadTime(out) && rest_.empty(); }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }

  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Between `least` and `most` digits.
  bool ReadNumber(size_t least, size_t most, int64_t* out) {
    size_t count = 0;
    int64_t value = 0;
    while (count < rest_.size() && count < most && IsDigit(rest_[count])) value = value * 10 + (rest_[count++] - '0');
    if (count < least || (count < rest_.size() && count == most && IsDigit(rest_[count]))) return false;
    rest_.remove_prefix(count);
    *out = value;
    return true;
  }

  bool ReadDate(CivilDate* out) {
    int64_t month = 0;
    int64_t day = 0;
    if (!ReadNumber(4, kYearDigitsMax, &out->year) || !Take('-') || !ReadNumber(1, 2, &month) || !Take('-') ||
        !ReadNumber(1, 2, &day)) {
      return false;
    }
    if (out->year < 1 || month < 1 || month > 12 || day < 1) return false;
    out->month = static_cast<int32_t>(month);
    out->day = static_cast<int32_t>(day);
    // Leap days of BC years are looked at once the era is known.
    bool before_christ = rest_.ends_with("BC") || rest_.ends_with("bc");
    return day <= DaysInMonth(before_christ ? 1 - out->year : out->year, out->month);
  }

  // Whether a time follows: behind a T, or behind blanks and beginning with a digit.
  bool ReadTimeSeparator() {
    if (Take('T') || Take('t')) return true;
    if (rest_.empty() || !IsBlank(rest_.front())) return false;
    SkipBlanks();
    return !rest_.empty() && IsDigit(rest_.front());
  }

  bool ReadTime(int64_t* out) {
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t micros = 0;
    if (!ReadNumber(1, 2, &hour) || !Take(':') || !ReadNumber(2, 2, &minute)) return false;
    if (Take(':')) {
      if (!ReadNumber(2, 2, &second)) return false;
      if (Take('.') && !ReadFraction(&micros)) return false;
    }
    if (hour > 24 || minute > 59 || second > 60) return false;
    *out = hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + micros;
    // 24:00:00 is the end of a day; a leap second counts as the first of the next minute.
    return *out <= kMicrosPerDay;
  }

  bool ReadFraction(int64_t* out) {
    size_t count = 0;
    int64_t value = 0;
    while (count < rest_.size() && IsDigit(rest_[count])) {
      if (count < 6) value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    for (size_t i = count; i < 6; ++i) value *= 10;
    if (count > 6 && rest_[6] >= '5') ++value;
    rest_.remove_prefix(count);
    *out = value;
    return true;
  }

  bool ReadOffset(int64_t* out) {
    SkipBlanks();
    if (rest_.starts_with("UTC") || rest_.starts_with("utc")) {
      rest_.remove_prefix(3);
      return true;
    }
    if (Take('Z') || Take('z')) return true;
    bool west = !rest_.empty() && rest_.front() == '-';
    if (!Take('+') && !Take('-')) return true;
    int64_t hours = 0;
    int64_t minutes = 0;
    bool joined = rest_.size() >= 4 && std::all_of(rest_.begin(), rest_.begin() + 4, IsDigit);
    if (joined) {
      if (!ReadNumber(4, 4, &minutes)) return false;
      hours = minutes / 100;
      minutes %= 100;
    } else {
      if (!ReadNumber(1, 2, &hours)) return false;
      if (Take(':') && !ReadNumber(2, 2, &minutes)) return false;
    }
    if (hours > kOffsetHoursMax || minutes > 59) return false;
    *out = (hours * kMicrosPerHour + minutes * kMicrosPerMinute) * (west ? -1 : 1);
    return true;
  }

  std::string_view rest_;
};

void AppendPadded(int64_t value, int width, std::string* out) {
  char digits[20];
  int count = 0;
  for (; value != 0 || count < width; value /= 10) digits[count++] = static_cast<char>('0' + value % 10);
  while (count > 0) out->push_back(digits[--count]);
}

// The year of the era; AppendEra says which.
void AppendCivilDate(const CivilDate& date, std::string* out) {
  AppendPadded(date.year > 0 ? date.year : 1 - date.year, 4, out);
  out->push_back('-');
  AppendPadded(date.month, 2, out);
  out->push_back('-');
  AppendPadded(date.day, 2, out);
}

void AppendEra(const CivilDate& date, std::string* out) {
  if (date.year <= 0) out->append(" BC");
}

void AppendClock(const CivilTime& time, std::string* out) {
  AppendPadded(time.hour, 2, out);
  out->push_back(':');
  AppendPadded(time.minute, 2, out);
  out->push_back(':');
  AppendPadded(time.second, 2, out);
  if (time.microsecond == 0) return;
  out->push_back('.');
  AppendPadded(time.microsecond, 6, out);
  while (out->back() == '0') out->pop_back();
}

void AppendMoment(int64_t micros, std::string_view zone, std::string* out) {
  CivilTime time = CivilFromMicros(micros);
  AppendCivilDate(time.date, out);
  out->push_back('T');
  AppendClock(time, out);
  out->append(zone);
  AppendEra(time.date, out);
}

}  // namespace

std::optional<int32_t> ParseDate(std::string_view text) {
  WrittenTime written;
  if (!DateTimeReader(text).Read(&written)) return std::nullopt;
  return static_cast<int32_t>(DaysFromCivil(written.date));
}

std::optional<int64_t> ParseTimestamp(std::string_view text) {
  WrittenTime written;
  if (!DateTimeReader(text).Read(&written)) return std::nullopt;
  return MicrosFromDay(DaysFromCivil(written.date), written.micros_of_day);
}

std::optional<int64_t> ParseTimestamptz(std::string_view text) {
  WrittenTime written;
  if (!DateTimeReader(text).Read(&written)) return std::nullopt;
  return MicrosFromDay(DaysFromCivil(written.date), written.micros_of_day - written.offset_micros);
}

std::optional<int64_t> ParseTimeOfDay(std::string_view text) {
  int64_t micros = 0;
  if (!DateTimeReader(text).ReadTimeOnly(&micros)) return std::nullopt;
  return micros;
}

void AppendTimeOfDay(int64_t micros, std::string* out) {
  CivilTime time = CivilFromMicros(micros % kMicrosPerDay);
  if (micros == kMicrosPerDay) time.hour = 24;
  AppendClock(time, out);
}

void AppendDate(int64_t days, std::string* out) {
  CivilDate date = CivilFromDays(days);
  AppendCivilDate(date, out);
  AppendEra(date, out);
}

void AppendTimestamp(int64_t micros, std::string* out) { AppendMoment(micros, "", out); }

void AppendTimestamptz(int64_t micros, std::string* out) { AppendMoment(micros, "Z", out); }

}  // namespace freshet
