// to_char of moments: PostgreSQL's template patterns. The longest pattern at a place counts; FM in front of it leaves
// out blanks and zeros, TH or th behind it adds an English ending.
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/date_time.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

enum class Pattern : uint8_t {
  kHour24,
  kHour12,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kFraction,  // FF1 .. FF6
  kSecondOfDay,
  kMeridiem,
  kYear,
  kYearWithComma,
  kIsoYear,
  kEra,
  kMonthName,
  kMonthShort,
  kMonth,
  kDayName,
  kDayShort,
  kDayOfYear,
  kIsoDayOfYear,
  kDay,
  kDayOfWeek,
  kIsoDayOfWeek,
  kWeekOfMonth,
  kWeekOfYear,
  kIsoWeek,
  kCentury,
  kJulian,
  kQuarter,
  kRomanMonth,
  kZone,
  kOffsetHours,
  kOffsetMinutes,
  kOffset,
};

struct PatternName {
  std::string_view name;
  Pattern pattern;
  int digits = 0;  // of numbers, or letters of names
};

// Of several that fit the longest is taken.
constexpr PatternName kPatterns[] = {
    {"HH24", Pattern::kHour24, 2},
    {"HH12", Pattern::kHour12, 2},
    {"HH", Pattern::kHour12, 2},
    {"MI", Pattern::kMinute, 2},
    {"SS", Pattern::kSecond, 2},
    {"MS", Pattern::kMillisecond, 3},
    {"US", Pattern::kMicrosecond, 6},
    {"FF1", Pattern::kFraction, 1},
    {"FF2", Pattern::kFraction, 2},
    {"FF3", Pattern::kFraction, 3},
    {"FF4", Pattern::kFraction, 4},
    {"FF5", Pattern::kFraction, 5},
    {"FF6", Pattern::kFraction, 6},
    {"SSSSS", Pattern::kSecondOfDay},
    {"SSSS", Pattern::kSecondOfDay},
    {"A.M.", Pattern::kMeridiem},
    {"P.M.", Pattern::kMeridiem},
    {"AM", Pattern::kMeridiem},
    {"PM", Pattern::kMeridiem},
    {"Y,YYY", Pattern::kYearWithComma},
    {"YYYY", Pattern::kYear, 4},
    {"YYY", Pattern::kYear, 3},
    {"YY", Pattern::kYear, 2},
    {"Y", Pattern::kYear, 1},
    {"IYYY", Pattern::kIsoYear, 4},
    {"IYY", Pattern::kIsoYear, 3},
    {"IY", Pattern::kIsoYear, 2},
    {"I", Pattern::kIsoYear, 1},
    {"B.C.", Pattern::kEra},
    {"A.D.", Pattern::kEra},
    {"BC", Pattern::kEra},
    {"AD", Pattern::kEra},
    {"MONTH", Pattern::kMonthName},
    {"MON", Pattern::kMonthShort},
    {"MM", Pattern::kMonth, 2},
    {"DAY", Pattern::kDayName},
    {"DY", Pattern::kDayShort},
    {"DDD", Pattern::kDayOfYear, 3},
    {"IDDD", Pattern::kIsoDayOfYear, 3},
    {"DD", Pattern::kDay, 2},
    {"D", Pattern::kDayOfWeek, 1},
    {"ID", Pattern::kIsoDayOfWeek, 1},
    {"WW", Pattern::kWeekOfYear, 2},
    {"W", Pattern::kWeekOfMonth, 1},
    {"IW", Pattern::kIsoWeek, 2},
    {"CC", Pattern::kCentury, 2},
    {"J", Pattern::kJulian, 1},
    {"Q", Pattern::kQuarter, 1},
    {"RM", Pattern::kRomanMonth},
    {"TZH", Pattern::kOffsetHours},
    {"TZM", Pattern::kOffsetMinutes},
    {"TZ", Pattern::kZone},
    {"OF", Pattern::kOffset},
};

constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::string_view kRoman[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

const PatternName* PatternAt(std::string_view text) {
  const PatternName* longest = nullptr;
  for (const PatternName& each : kPatterns) {
    const bool fits = absl::StartsWithIgnoreCase(AbslView(text), AbslView(each.name));
    if (fits && (longest == nullptr || each.name.size() > longest->name.size())) longest = &each;
  }
  return longest;
}

std::string_view EndingOf(int64_t number) {
  if (number % 100 / 10 != 1) {
    if (number % 10 == 1) return "st";
    if (number % 10 == 2) return "nd";
    if (number % 10 == 3) return "rd";
  }
  return "th";
}

class MomentFormatter {
 public:
  MomentFormatter(int64_t micros, bool has_zone, std::string* out)
      : time_(CivilFromMicros(micros)), day_(DayOfMicros(micros)), has_zone_(has_zone), out_(out) {}

  void Write(std::string_view form) {
    while (!form.empty()) {
      if (form[0] == '"') {
        form.remove_prefix(1);
        TakeQuoted(form);
        continue;
      }
      if (form.starts_with("\\\"")) form.remove_prefix(1);
      const bool fill = !absl::StartsWithIgnoreCase(AbslView(form), "FM");
      if (!fill) form.remove_prefix(2);
      const PatternName* pattern = PatternAt(form);
      if (pattern == nullptr) {
        if (form.empty()) return;
        if (!fill) continue;
        out_->push_back(form[0]);
        form.remove_prefix(1);
        continue;
      }
      const std::string_view written = form.substr(0, pattern->name.size());
      form.remove_prefix(written.size());
      fill_ = fill;
      WritePattern(*pattern, written);
      if (number_ && (form.starts_with("TH") || form.starts_with("th"))) {
        const std::string ending(EndingOf(*number_));
        out_->append(form[0] == 'T' ? absl::AsciiStrToUpper(ending) : ending);
        form.remove_prefix(2);
      }
    }
  }

 private:
  void TakeQuoted(std::string_view& form) {
    while (!form.empty() && form[0] != '"') {
      if (form[0] == '\\' && form.size() > 1) form.remove_prefix(1);
      out_->push_back(form[0]);
      form.remove_prefix(1);
    }
    if (!form.empty()) form.remove_prefix(1);
  }

  void Number(int64_t value, int digits) {
    number_ = value;
    std::string text = StrCat(value);
    if (fill_ && static_cast<int>(text.size()) < digits) text.insert(0, static_cast<size_t>(digits) - text.size(), '0');
    out_->append(text);
  }

  // Only the last digits of a year.
  void Year(int64_t year, int digits) {
    int64_t power = 1;
    for (int i = 0; i < digits; ++i) power *= 10;
    Number(digits < 4 ? year % power : year, digits);
  }

  // In the case of the pattern: all upper, all lower, or as a name begins.
  void Name(std::string_view name, std::string_view written, size_t width) {
    std::string text(name);
    if (absl::ascii_islower(written[0])) {
      absl::AsciiStrToLower(&text);
    } else if (absl::ascii_isupper(written[1])) {
      absl::AsciiStrToUpper(&text);
    }
    out_->append(text);
    if (fill_ && text.size() < width) out_->append(width - text.size(), ' ');
  }

  void Cased(std::string_view upper, std::string_view written) {
    out_->append(absl::ascii_islower(written[0]) ? absl::AsciiStrToLower(AbslView(upper)) : std::string(upper));
  }

  int64_t YearOfEra(int64_t year) const { return year > 0 ? year : 1 - year; }
  int64_t DayOfYear() const { return day_ - DaysFromCivil({time_.date.year, 1, 1}) + 1; }
  int64_t IsoYear() const { return CivilFromDays(day_ - (IsoWeekday(day_) - 1) + 3).year; }
  int64_t IsoDayOfYear() const {
    const int64_t fourth = DaysFromCivil({IsoYear(), 1, 4});
    return day_ - (fourth - (IsoWeekday(fourth) - 1)) + 1;
  }
  int64_t Century() const {
    const int64_t year = time_.date.year;
    return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100);
  }

  void WritePattern(const PatternName& pattern, std::string_view written) {
    constexpr int64_t kUnixDayOfJulian = 2440588;
    number_.reset();
    const auto month = static_cast<size_t>(time_.date.month - 1);
    const auto weekday = static_cast<size_t>(IsoWeekday(day_) - 1);
    const bool dots = pattern.name.find('.') != std::string_view::npos;
    switch (pattern.pattern) {
      case Pattern::kHour24:
        return Number(time_.hour, pattern.digits);
      case Pattern::kHour12:
        return Number(time_.hour % 12 == 0 ? 12 : time_.hour % 12, pattern.digits);
      case Pattern::kMinute:
        return Number(time_.minute, pattern.digits);
      case Pattern::kSecond:
        return Number(time_.second, pattern.digits);
      case Pattern::kMillisecond:
        fill_ = true;
        return Number(time_.microsecond / 1000, pattern.digits);
      case Pattern::kMicrosecond:
        fill_ = true;
        return Number(time_.microsecond, pattern.digits);
      case Pattern::kFraction: {
        int64_t unit = 1;
        for (int i = pattern.digits; i < 6; ++i) unit *= 10;
        fill_ = true;
        return Number(time_.microsecond / unit, pattern.digits);
      }
      case Pattern::kSecondOfDay:
        return Number(time_.hour * 3600 + time_.minute * 60 + time_.second, 0);
      case Pattern::kMeridiem:
        return Cased(time_.hour >= 12 ? dots ? "P.M." : "PM" : dots ? "A.M." : "AM", written);
      case Pattern::kYear:
        return Year(YearOfEra(time_.date.year), pattern.digits);
      case Pattern::kYearWithComma: {
        const int64_t year = YearOfEra(time_.date.year);
        const std::string rest = StrCat(1000 + year % 1000);
        StrAppend(out_, year / 1000, ",", rest.substr(1));
        return;
      }
      case Pattern::kIsoYear:
        return Year(YearOfEra(IsoYear()), pattern.digits);
      case Pattern::kEra:
        return Cased(time_.date.year > 0 ? dots ? "A.D." : "AD" : dots ? "B.C." : "BC", written);
      case Pattern::kMonthName:
        return Name(kMonths[month], written, 9);
      case Pattern::kMonthShort:
        return Name(kMonths[month].substr(0, 3), written, 0);
      case Pattern::kMonth:
        return Number(time_.date.month, pattern.digits);
      case Pattern::kDayName:
        return Name(kDays[weekday], written, 9);
      case Pattern::kDayShort:
        return Name(kDays[weekday].substr(0, 3), written, 0);
      case Pattern::kDayOfYear:
        return Number(DayOfYear(), pattern.digits);
      case Pattern::kIsoDayOfYear:
        return Number(IsoDayOfYear(), pattern.digits);
      case Pattern::kDay:
        return Number(time_.date.day, pattern.digits);
      case Pattern::kDayOfWeek:
        return Number(IsoWeekday(day_) % 7 + 1, pattern.digits);
      case Pattern::kIsoDayOfWeek:
        return Number(IsoWeekday(day_), pattern.digits);
      case Pattern::kWeekOfMonth:
        return Number((time_.date.day - 1) / 7 + 1, pattern.digits);
      case Pattern::kWeekOfYear:
        return Number((DayOfYear() - 1) / 7 + 1, pattern.digits);
      case Pattern::kIsoWeek:
        return Number((IsoDayOfYear() - 1) / 7 + 1, pattern.digits);
      case Pattern::kCentury:
        return Number(Century(), pattern.digits);
      case Pattern::kJulian:
        return Number(day_ + kUnixDayOfJulian, pattern.digits);
      case Pattern::kQuarter:
        return Number((time_.date.month - 1) / 3 + 1, pattern.digits);
      case Pattern::kRomanMonth:
        Cased(kRoman[month], written);
        if (fill_ && kRoman[month].size() < 4) out_->append(4 - kRoman[month].size(), ' ');
        return;
      case Pattern::kZone:
        if (has_zone_) Cased("UTC", written);
        return;
      case Pattern::kOffsetHours:
      case Pattern::kOffset:
        out_->append("+00");
        return;
      case Pattern::kOffsetMinutes:
        out_->append("00");
        return;
    }
  }

  CivilTime time_;
  int64_t day_;
  bool has_zone_;
  std::string* out_;
  bool fill_ = true;
  std::optional<int64_t> number_;  // that was written last
};

template <bool kHasZone>
void ToChar(KernelCall& call) {
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    out.clear();
    if (call.argument(1).At<StringCell>(row).size() == 0) {  // as in PostgreSQL
      call.SetNull(row);
      return StringCell();
    }
    MomentFormatter(call.argument(0).At<int64_t>(row), kHasZone, &out)
        .Write(call.argument(1).At<StringCell>(row).view());
    return call.TextOrFail(row, out);
  });
}

}  // namespace

void AddTimeFormatFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  constexpr std::string_view kDoc = "The moment as text by a template: YYYY-MM-DD HH24:MI:SS, Month, Dy, FMDDth ...";
  list->push_back({"to_char", {kTimestamp, kText}, kText, ToChar<false>, kDoc});
  list->push_back({"to_char", {kTimestamptz, kText}, kText, ToChar<true>, kDoc});
}

}  // namespace freshet
