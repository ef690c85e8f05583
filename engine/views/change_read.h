// Reads the changes that a ring keeps, whole epochs in their order, in slices, so that the compute thread is never held
// for long.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/views/change_ring.h"
#include "engine/views/net_rows.h"

namespace freshet {

// Where a reader of changes stands: it has everything up to `epoch`, and so many pieces of the epoch that comes behind.
struct ChangePlace {
  Epoch epoch;
  uint32_t pieces = 0;
  bool operator==(const ChangePlace&) const = default;
};

class ChangeRead {
 public:
  struct Query {
    ChangePlace from;
    Epoch up_to;  // committed
    // Ends before more bytes are taken; one piece is taken anyway.
    uint64_t bytes_max = UINT64_MAX;
  };
  struct Piece {
    Epoch epoch;
    std::string batch;  // coded
  };

  // The ring is visible and outlives the read.
  ChangeRead(ChangeRing& ring, Query query) : ring_(ring), query_(query), place_(query.from) {}

  // Works on one piece, of about kBatchRows rows. True: complete. Errors: OUT_OF_RANGE if changes behind the place are
  // not kept (any more); INVALID_ARGUMENT for a place that no read of this ring gave.
  absl::StatusOr<bool> Step();

  std::vector<Piece> TakePieces() { return std::move(pieces_); }
  // Behind the last piece taken; at up_to with no pieces: there is nothing more.
  const ChangePlace& place() const { return place_; }

 private:
  // Sums up the epoch's rows, a step at a time.
  void StepNet(ChangeRing::Kept& kept);

  ChangeRing& ring_;
  const Query query_;
  ChangePlace place_;
  std::vector<Piece> pieces_;
  uint64_t bytes_ = 0;
  // Of the epoch that is being summed up.
  Epoch net_epoch_;
  std::unique_ptr<NetRows> net_;
  size_t net_added_ = 0;
  std::vector<std::string> net_pieces_;
};

}  // namespace freshet
