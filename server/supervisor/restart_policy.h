// Decides whether and when a group that failed starts again. A state machine over times that it is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/storage/epoch_mark.h"

namespace freshet {

// Whether another start would fail just the same, since what the definition names is not there or is not what it was
// (no such file, an option that cannot be used, input that changed behind what was read): the pipeline has failed at
// once. `code`: of the error list.
bool IsFinal(std::string_view code);
// Whether a pipeline that failed so is started again with the server: the machine was the reason (no disk, no process),
// not the pipeline. Others stay FAILED until a user starts or updates them.
bool IsOfMachine(std::string_view code);

// Whether what an epoch did may have been the reason.
bool MayBeOfEpoch(std::string_view code);

class RestartPolicy {
 public:
  struct Options {
    int64_t backoff_micros_min = 100'000;
    int64_t backoff_micros_max = 30'000'000;
    int64_t healthy_micros = 60'000'000;  // after so long the failures before are forgotten
    uint64_t failures_max = 10;           // in a row
    uint64_t memory_failures_max = 3;
  };

  explicit RestartPolicy(Options options) : options_(options) {}

  // The group has been started.
  void OnStart(int64_t now_micros) { started_micros_ = now_micros; }
  // It has failed, having got to `progress` (records read, over all sources): further than ever before means that
  // this failure is not the one before again. `code`: of the error list; memory failures are not excused by progress,
  // and what IsFinal is not tried again. `ran`: the epoch, where one did; nothing excuses a failure in the same epoch
  // as the one before (in the one that follows the same one: what was not journaled gets a new number), however long it
  // took to get there again. The wait before the next start; no value: give up.
  std::optional<int64_t> OnFailure(int64_t now_micros, uint64_t progress, std::string_view code, EpochMark::Value ran);
  // A user starts it anew.
  void Reset();

  // How often in a row the epoch of the last failure was the one that ran; 0 where none did.
  uint64_t failures_of_epoch() const { return failures_of_epoch_; }

 private:
  const Options options_;
  int64_t started_micros_ = 0;
  uint64_t failures_ = 0;
  uint64_t memory_failures_ = 0;
  uint64_t furthest_ = 0;
  EpochMark::Value epoch_;
  uint64_t failures_of_epoch_ = 0;
};

}  // namespace freshet
