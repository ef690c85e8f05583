// Casts between dates and times. The time zone is UTC, so that timestamp and timestamptz are the same moment.
#include "engine/columnar/date_time.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

struct StartOfDay {
  static int64_t Apply(int32_t day, uint64_t& failed) {
    int64_t micros;
    failed |= -static_cast<uint64_t>(__builtin_mul_overflow(int64_t{day}, kMicrosPerDay, &micros));
    return micros;
  }
  static CellError Reason(int32_t) { return CellError::kOverflow; }
};

void DayOfTime(KernelCall& call) {
  UnaryLanes<int32_t, int64_t>(call, [](int64_t micros) {
    int64_t day = micros / kMicrosPerDay;
    return static_cast<int32_t>(day - (micros % kMicrosPerDay < 0 ? 1 : 0));
  });
}

void SameMoment(KernelCall& call) {
  UnaryLanes<int64_t, int64_t>(call, [](int64_t micros) { return micros; });
}

}  // namespace

void AddTimeCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](TypeKind from, TypeKind to, ScalarKernel kernel, std::string_view doc) {
    list->push_back({"cast", {from}, to, kernel, doc});
  };
  add(kDate, kTimestamp, CheckedUnaryLanes<int64_t, int32_t, StartOfDay>, "Midnight of the day.");
  add(kDate, kTimestamptz, CheckedUnaryLanes<int64_t, int32_t, StartOfDay>, "Midnight of the day in UTC.");
  add(kTimestamp, kDate, DayOfTime, "The day of the moment.");
  add(kTimestamptz, kDate, DayOfTime, "The day of the moment in UTC.");
  add(kTimestamp, kTimestamptz, SameMoment, "The moment, taken as UTC.");
  add(kTimestamptz, kTimestamp, SameMoment, "The moment in UTC.");
}

}  // namespace freshet
