#include "server/supervisor/restart_policy.h"

#include <algorithm>

#include "server/errors/error_list.h"

namespace freshet {
namespace {

bool IsOneOf(std::string_view code, std::initializer_list<ErrorCode> codes) {
  return std::any_of(codes.begin(), codes.end(), [&](ErrorCode each) { return InfoOf(each).name == code; });
}

}  // namespace

bool IsFinal(std::string_view code) {
  return IsOneOf(
      code, {ErrorCode::kNotFound, ErrorCode::kInvalidOption, ErrorCode::kMissingOption, ErrorCode::kPathOutsideRoot,
             ErrorCode::kUnknownConnector, ErrorCode::kUnknownFormat, ErrorCode::kUnsupported,
             ErrorCode::kSourceChanged, ErrorCode::kSinkChanged, ErrorCode::kLogDamaged, ErrorCode::kFileUnreadable});
}

bool IsOfMachine(std::string_view code) {
  return IsOneOf(code, {ErrorCode::kDiskFull, ErrorCode::kUnavailable, ErrorCode::kShardStalled});
}

bool MayBeOfEpoch(std::string_view code) {
  return IsOneOf(code,
                 {ErrorCode::kShardDied, ErrorCode::kShardStalled, ErrorCode::kMemoryLimit, ErrorCode::kInternal});
}

std::optional<int64_t> RestartPolicy::OnFailure(int64_t now_micros, uint64_t progress, std::string_view code,
                                                EpochMark::Value ran) {
  if (!MayBeOfEpoch(code)) ran = {};
  const bool same_epoch = ran.epoch != 0 && epoch_.epoch != 0 && ran.after == epoch_.after;
  failures_of_epoch_ = ran.epoch == 0 ? 0 : same_epoch ? failures_of_epoch_ + 1 : 1;
  epoch_ = ran;
  if (IsFinal(code)) return std::nullopt;
  bool memory = code == InfoOf(ErrorCode::kMemoryLimit).name;
  bool healthy = !same_epoch && now_micros - started_micros_ >= options_.healthy_micros;
  if (healthy) memory_failures_ = 0;
  if (healthy || (!same_epoch && progress > furthest_)) failures_ = 0;
  furthest_ = std::max(furthest_, progress);
  ++failures_;
  if (memory) ++memory_failures_;
  // Where the disk is full it will have room again one day, and nothing can be written down until then.
  if (code == InfoOf(ErrorCode::kDiskFull).name) failures_ = std::min(failures_, options_.failures_max);
  if (failures_ > options_.failures_max || memory_failures_ >= options_.memory_failures_max) return std::nullopt;
  uint64_t doublings = std::min<uint64_t>(failures_ - 1, 30);
  return std::min(options_.backoff_micros_max, options_.backoff_micros_min << doublings);
}

void RestartPolicy::Reset() {
  failures_ = 0;
  memory_failures_ = 0;
  furthest_ = 0;
  epoch_ = {};
  failures_of_epoch_ = 0;
}

}  // namespace freshet
