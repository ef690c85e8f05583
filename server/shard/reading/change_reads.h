// Answers the server's requests for changes on the compute thread, in slices between the steps of the epochs.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/clock.h"
#include "engine/views/change_read.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// A request waits until its epoch is committed here and the load is over. Requests take turns.
class ChangeReads {
 public:
  struct Options {
    uint64_t generation = 0;  // cursors of another one are refused: epochs are cut into other pieces there
    int64_t slice_micros = 200;
    // Of shard 0: what answers say as their history.
    std::function<uint64_t()> history = {};
  };
  using Respond = std::function<void(const v1::ReadResponse&)>;

  // By the plan's view numbers; nullptr: no changes are kept of it. All outlive the reads.
  ChangeReads(Options options, std::vector<ChangeRing*> rings, ChangeRetention* retention, const Clock* clock,
              Respond respond)
      : options_(options),
        rings_(std::move(rings)),
        retention_(retention),
        clock_(clock),
        respond_(std::move(respond)) {}

  void Add(const v1::ReadRequest& request);
  void Cancel(uint64_t id);
  // Works for about a slice. False: no request can go on now.
  bool Step();

 private:
  struct Pending {
    uint64_t id = 0;
    ChangeRing* ring = nullptr;
    ChangeRead::Query query;
    std::unique_ptr<ChangeRead> read;  // nullptr: it waits for its epoch
  };

  absl::StatusOr<Pending> Prepare(const v1::ReadRequest& request) const;
  void Finish(Pending& pending, const absl::Status& status);

  const Options options_;
  const std::vector<ChangeRing*> rings_;
  ChangeRetention* const retention_;
  const Clock* const clock_;
  const Respond respond_;
  std::deque<Pending> pending_;
};

}  // namespace freshet
