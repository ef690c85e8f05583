// Reads intervals. A fraction of a unit goes to the smaller ones as in PostgreSQL: of a year to months, of a month to
// days of 30, of a week or day to microseconds.
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/date_time.h"
#include "engine/columnar/interval.h"

namespace freshet {
namespace {

enum class Unit : uint8_t {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
};

constexpr auto kUnits = std::to_array<std::pair<std::string_view, Unit>>({
    {"us", Unit::kMicrosecond},
    {"usec", Unit::kMicrosecond},
    {"usecs", Unit::kMicrosecond},
    {"microsecond", Unit::kMicrosecond},
    {"microseconds", Unit::kMicrosecond},
    {"ms", Unit::kMillisecond},
    {"msec", Unit::kMillisecond},
    {"msecs", Unit::kMillisecond},
    {"millisecond", Unit::kMillisecond},
    {"milliseconds", Unit::kMillisecond},
    {"s", Unit::kSecond},
    {"sec", Unit::kSecond},
    {"secs", Unit::kSecond},
    {"second", Unit::kSecond},
    {"seconds", Unit::kSecond},
    {"m", Unit::kMinute},
    {"min", Unit::kMinute},
    {"mins", Unit::kMinute},
    {"minute", Unit::kMinute},
    {"minutes", Unit::kMinute},
    {"h", Unit::kHour},
    {"hr", Unit::kHour},
    {"hrs", Unit::kHour},
    {"hour", Unit::kHour},
    {"hours", Unit::kHour},
    {"d", Unit::kDay},
    {"day", Unit::kDay},
    {"days", Unit::kDay},
    {"w", Unit::kWeek},
    {"week", Unit::kWeek},
    {"weeks", Unit::kWeek},
    {"mon", Unit::kMonth},
    {"mons", Unit::kMonth},
    {"month", Unit::kMonth},
    {"months", Unit::kMonth},
    {"y", Unit::kYear},
    {"yr", Unit::kYear},
    {"yrs", Unit::kYear},
    {"year", Unit::kYear},
    {"years", Unit::kYear},
    {"dec", Unit::kDecade},
    {"decade", Unit::kDecade},
    {"decades", Unit::kDecade},
    {"c", Unit::kCentury},
    {"cent", Unit::kCentury},
    {"century", Unit::kCentury},
    {"centuries", Unit::kCentury},
    {"mil", Unit::kMillennium},
    {"millennium", Unit::kMillennium},
    {"millennia", Unit::kMillennium},
});

std::optional<Unit> UnitOf(std::string_view word) {
  for (const auto& [name, unit] : kUnits) {
    if (name == word) return unit;
  }
  return std::nullopt;
}

// A number as it is written: whole units and a fraction of one, both of its sign.
struct Written {
  int64_t whole = 0;
  double fraction = 0;
  bool negative = false;
};

class IntervalReader {
 public:
  explicit IntervalReader(std::string_view text) : rest_(text) {}

  std::optional<Interval> Read() {
    SkipBlanks();
    if (rest_.empty()) return std::nullopt;
    const bool good = rest_[0] == 'p' ? ReadIso() : ReadParts();
    if (!good) return std::nullopt;
    Interval result;
    if (!Store(months_, &result.months) || !Store(days_, &result.days) || !Store(micros_, &result.micros)) {
      return std::nullopt;
    }
    return ago_ ? NegateInterval(result) : result;
  }

 private:
  template <typename T>
  static bool Store(int128 value, T* out) {
    *out = static_cast<T>(value);
    return *out == value;
  }

  void SkipBlanks() {
    while (!rest_.empty() && absl::ascii_isspace(rest_.front())) rest_.remove_prefix(1);
  }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool ReadDigits(int64_t* out) {
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), *out);
    if (rest_.empty() || !absl::ascii_isdigit(rest_.front()) || error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }
  // Digits behind a point; `.` alone is none.
  bool ReadFraction(double* out) {
    size_t size = 0;
    while (size < rest_.size() && absl::ascii_isdigit(rest_[size])) ++size;
    const std::string digits = StrCat("0.", rest_.substr(0, size), "0");
    std::from_chars(digits.data(), digits.data() + digits.size(), *out);
    rest_.remove_prefix(size);
    return true;
  }
  bool ReadNumber(Written* out) {
    out->negative = Take('-');
    if (!out->negative) Take('+');
    const bool whole = ReadDigits(&out->whole);
    if (Take('.'))
      ReadFraction(&out->fraction);
    else if (!whole)
      return false;
    if (out->negative) out->whole = -out->whole, out->fraction = -out->fraction;
    return true;
  }
  std::string_view ReadWord() {
    size_t size = 0;
    while (size < rest_.size() && absl::ascii_isalpha(rest_[size])) ++size;
    std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  void AddMicros(double fraction, int64_t micros_a_unit) {
    micros_ += static_cast<int128>(std::rint(fraction * static_cast<double>(micros_a_unit)));
  }
  void AddDays(double fraction) {
    const double whole = std::trunc(fraction);
    days_ += static_cast<int128>(whole);
    AddMicros(fraction - whole, kMicrosPerDay);
  }
  bool Add(const Written& number, Unit unit) {
    auto micros = [&](int64_t a_unit) {
      micros_ += static_cast<int128>(number.whole) * a_unit;
      AddMicros(number.fraction, a_unit);
    };
    auto years = [&](int64_t a_unit) {
      months_ += static_cast<int128>(number.whole) * a_unit * 12;
      months_ += static_cast<int128>(std::rint(number.fraction * static_cast<double>(a_unit) * 12));
    };
    switch (unit) {
      case Unit::kMicrosecond:
        micros(1);
        break;
      case Unit::kMillisecond:
        micros(1000);
        break;
      case Unit::kSecond:
        micros(kMicrosPerSecond);
        break;
      case Unit::kMinute:
        micros(kMicrosPerMinute);
        break;
      case Unit::kHour:
        micros(kMicrosPerHour);
        break;
      case Unit::kDay:
        days_ += number.whole;
        AddMicros(number.fraction, kMicrosPerDay);
        break;
      case Unit::kWeek:
        days_ += static_cast<int128>(number.whole) * 7;
        AddDays(number.fraction * 7);
        break;
      case Unit::kMonth:
        months_ += number.whole;
        AddDays(number.fraction * 30);
        break;
      case Unit::kYear:
        years(1);
        break;
      case Unit::kDecade:
        years(10);
        break;
      case Unit::kCentury:
        years(100);
        break;
      case Unit::kMillennium:
        years(1000);
        break;
    }
    return true;
  }

  // `:MM[:SS[.f]]` behind hours; with a point in it and no hours it is minutes and seconds, as in PostgreSQL.
  bool ReadClock(const Written& first) {
    int64_t minutes = 0, seconds = 0;
    double fraction = 0;
    bool has_seconds = false;
    if (first.fraction != 0 || !ReadDigits(&minutes)) return false;
    if (Take(':')) {
      has_seconds = true;
      if (!ReadDigits(&seconds)) return false;
    }
    int64_t hours = first.whole < 0 ? -first.whole : first.whole;
    if (Take('.')) {
      ReadFraction(&fraction);
      if (!has_seconds) seconds = std::exchange(minutes, std::exchange(hours, 0));
    }
    if (minutes > 59 || seconds > 59) return false;
    int128 micros = static_cast<int128>(hours) * kMicrosPerHour + minutes * kMicrosPerMinute +
                    seconds * kMicrosPerSecond + static_cast<int64_t>(std::rint(fraction * 1e6));
    micros_ += first.negative ? -micros : micros;
    return true;
  }

  bool ReadParts() {
    bool any = false;
    while (!rest_.empty()) {
      if (!any) Take('@');
      SkipBlanks();
      if (any && rest_ == "ago") {
        ago_ = true;
        return true;
      }
      Written number;
      if (!ReadNumber(&number)) return false;
      any = true;
      if (Take(':')) {
        if (!ReadClock(number)) return false;
      } else if (number.fraction == 0 && Take('-')) {
        Written months;
        if (!ReadDigits(&months.whole) || months.whole > 11) return false;
        if (number.negative) months.whole = -months.whole;
        Add(number, Unit::kYear);
        Add(months, Unit::kMonth);
      } else {
        SkipBlanks();
        if (!ReadUnit(number)) return false;
      }
      SkipBlanks();
    }
    return any;
  }

  // A number without a unit is of days before a clock, else of seconds.
  bool ReadUnit(const Written& number) {
    std::string_view word = ReadWord();
    if (word.empty()) {
      const bool clock = rest_.find(':') != std::string_view::npos;
      return (clock || rest_.empty()) && Add(number, clock ? Unit::kDay : Unit::kSecond);
    }
    auto unit = UnitOf(word);
    return unit && Add(number, *unit);
  }

  bool ReadIso() {
    Take('p');
    bool time = false, any = false;
    while (!rest_.empty()) {
      if (!time && Take('t')) {
        time = true;
        continue;
      }
      Written number;
      if (!ReadNumber(&number) || rest_.empty()) return false;
      const char letter = rest_.front();
      rest_.remove_prefix(1);
      any = true;
      std::optional<Unit> unit;
      if (time) {
        if (letter == 'h') unit = Unit::kHour;
        if (letter == 'm') unit = Unit::kMinute;
        if (letter == 's') unit = Unit::kSecond;
      } else {
        if (letter == 'y') unit = Unit::kYear;
        if (letter == 'm') unit = Unit::kMonth;
        if (letter == 'w') unit = Unit::kWeek;
        if (letter == 'd') unit = Unit::kDay;
      }
      if (!unit || !Add(number, *unit)) return false;
    }
    return any;
  }

  std::string_view rest_;
  int128 months_ = 0, days_ = 0, micros_ = 0;
  bool ago_ = false;
};

}  // namespace

std::optional<Interval> ParseInterval(std::string_view text) {
  if (text.size() > 1000) return std::nullopt;
  std::string lower = absl::AsciiStrToLower(AbslView(text));
  absl::StripAsciiWhitespace(&lower);
  return IntervalReader(lower).Read();
}

}  // namespace freshet
