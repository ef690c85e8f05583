// Merges the changes that the shards of a pipeline give into whole epochs, and says who is to be asked on.
//
// Idea: an epoch is whole once every shard has given all of it. One that is too large comes in parts: what is there
// goes on as soon as no shard can have anything older.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

class ChangeMerge {
 public:
  // Everything up to `after` is known to the reader.
  ChangeMerge(const Schema& schema, uint32_t shard_count, uint64_t after, uint64_t part_bytes);

  struct Part {
    uint64_t epoch = 0;
    bool partial = false;    // more of the epoch follows
    bool continued = false;  // some of it came before
    std::vector<DeltaBatch> rows;
  };

  // Takes what a shard answered to a request up to `up_to`. Error: it cannot be read.
  absl::Status Add(uint32_t shard, const v1::ReadResponse& response);
  // The next part, in the order of epochs; no value: not before other shards have answered.
  std::optional<Part> Take();

  // The shards that must be asked for more, and their cursors; empty: all have given all that was asked for.
  struct Question {
    uint32_t shard = 0;
    std::string cursor;
  };
  std::vector<Question> Behind() const;

  // Every epoch up to this one has been taken whole.
  uint64_t covered() const;
  // A part of an epoch was taken whose end was not.
  bool in_part() const { return in_part_; }

 private:
  struct Piece {
    uint64_t epoch;
    DeltaBatch rows;
    uint64_t bytes;
  };
  struct Shard {
    uint64_t known = 0;  // everything up to this epoch has been given
    uint64_t part = 0;   // the epoch that was given in part; 0: none
    std::string cursor;  // not empty: there is more
    std::deque<Piece> pieces;
  };

  std::vector<DataType> types_;
  const uint64_t part_bytes_;
  std::vector<Shard> shards_;
  bool in_part_ = false;
};

}  // namespace freshet
