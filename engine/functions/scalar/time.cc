// Arithmetic on dates, and making of dates and times. Zones are UTC.
#include <cmath>
#include <limits>

#include "engine/columnar/date_time.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

template <int kSign>
struct MoveDate {
  static int32_t Apply(int32_t date, int32_t days, uint32_t& failed) {
    int64_t moved = int64_t{date} + int64_t{days} * kSign;
    failed |= -static_cast<uint32_t>(moved != static_cast<int32_t>(moved));
    return static_cast<int32_t>(moved);
  }
  static CellError Reason(int32_t, int32_t) { return CellError::kOverflow; }
};

struct MoveByDate {
  static int32_t Apply(int32_t days, int32_t date, uint32_t& failed) { return MoveDate<1>::Apply(date, days, failed); }
  static CellError Reason(int32_t, int32_t) { return CellError::kOverflow; }
};

// A negative year is BC, as in PostgreSQL: -1 = 1 BC; there is no year 0.
bool MakeCivil(int32_t year, int32_t month, int32_t day, CivilDate* date) {
  constexpr int32_t kYearMax = 294276;  // PostgreSQL's last year of a timestamp
  if (year == 0 || year > kYearMax || year < -4713 || month < 1 || month > 12 || day < 1) return false;
  *date = {year < 0 ? year + 1 : year, month, day};
  return day <= DaysInMonth(date->year, month);
}

void MakeDate(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    CivilDate date;
    if (MakeCivil(call.argument(0).At<int32_t>(row), call.argument(1).At<int32_t>(row),
                  call.argument(2).At<int32_t>(row), &date)) {
      return static_cast<int32_t>(DaysFromCivil(date));
    }
    call.Fail(row, CellError::kInvalidArgument);
    return 0;
  });
}

void MakeTimestamp(KernelCall& call) {
  auto field = [&](size_t index, uint32_t row) { return call.argument(index).At<int32_t>(row); };
  ComputeRows<int64_t>(call, [&](uint32_t row) {
    CivilDate date;
    int32_t hour = field(3, row);
    int32_t minute = field(4, row);
    double seconds = call.argument(5).At<double>(row);
    bool good = MakeCivil(field(0, row), field(1, row), field(2, row), &date) && hour >= 0 && hour <= 24 &&
                minute >= 0 && minute <= 59 && seconds >= 0 && seconds <= 60;
    int64_t of_day = good ? hour * kMicrosPerHour + minute * kMicrosPerMinute + std::llrint(seconds * 1e6) : 0;
    if (!good || of_day > kMicrosPerDay) {
      call.Fail(row, CellError::kInvalidArgument);
      return int64_t{0};
    }
    return DaysFromCivil(date) * kMicrosPerDay + of_day;
  });
}

void ToTimestamp(KernelCall& call) {
  const Vector& seconds = call.argument(0);
  ComputeRows<int64_t>(call, [&](uint32_t row) {
    double micros = std::rint(seconds.At<double>(row) * 1e6);
    if (micros >= -0x1p63 && micros < 0x1p63) return static_cast<int64_t>(micros);
    call.Fail(row, CellError::kOverflow);
    return int64_t{0};
  });
}

}  // namespace

void AddTimeFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc) { list->push_back({name, std::move(arguments), result, kernel, doc}); };
  add("+", {kDate, kInteger}, kDate, CheckedBinaryLanes<int32_t, int32_t, int32_t, MoveDate<1>>, "So many days later.");
  add("+", {kInteger, kDate}, kDate, CheckedBinaryLanes<int32_t, int32_t, int32_t, MoveByDate>, "So many days later.");
  add("-", {kDate, kInteger}, kDate, CheckedBinaryLanes<int32_t, int32_t, int32_t, MoveDate<-1>>,
      "So many days earlier.");
  add("-", {kDate, kDate}, kInteger, CheckedBinaryLanes<int32_t, int32_t, int32_t, MoveDate<-1>>,
      "The days from the second date to the first.");
  add("make_date", {kInteger, kInteger, kInteger}, kDate, MakeDate,
      "The date of year, month and day; ERROR if there is none.");
  add("make_timestamp", {kInteger, kInteger, kInteger, kInteger, kInteger, kDouble}, kTimestamp, MakeTimestamp,
      "The moment of year, month, day, hour, minute and seconds; ERROR if there is none.");
  add("to_timestamp", {kDouble}, kTimestamptz, ToTimestamp, "The moment so many seconds after 1970-01-01 UTC.");
}

}  // namespace freshet
