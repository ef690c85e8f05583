// The operator seam: takes batches of changes at its ports, gives batches of changes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "engine/base/ids.h"
#include "engine/circuit/output.h"
#include "engine/state/state_store.h"

namespace freshet {

enum class Progress : uint8_t {
  kDone,
  kMore,  // the output is full: call Resume once it is taken; nothing else before that
};

// What an operator may know of the epoch it seals.
struct SealContext {
  Epoch epoch;
  // The clock of the cut, in microseconds since 1970-01-01 UTC.
  int64_t clock_micros = 0;
};

// The rows that an operator could not use, by reason; for /errors and metrics, not part of the result.
class ErrorCounter {
 public:
  virtual ~ErrorCounter() = default;
  // `weight` of the row: a retraction takes its insertion's count back.
  virtual void Count(CellError error, int64_t weight, const DeltaBatch& batch, uint32_t row) = 0;
};

// One node of a circuit on one shard. Deterministic: the same batches in any chunking and order within an epoch give
// the same accumulated output. Single-threaded. Within an epoch: any number of Push, then one Seal when no port will
// get more; every call that answers kMore is followed by Resume until kDone. An operator that got nothing in an epoch
// is not sealed in it.
class Operator {
 public:
  virtual ~Operator() = default;

  // Takes one batch. The batch's columns have the port's types; its weights may be negative before their insertion.
  virtual Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) = 0;

  // Ends the epoch's input. Stateful operators emit what changed here.
  virtual Progress Seal(const SealContext& context, Output& out) {
    (void)context, (void)out;
    return Progress::kDone;
  }

  // Goes on after kMore.
  virtual Progress Resume(Output& out) {
    (void)out;
    return Progress::kDone;
  }

  // Whether the next seal must come although nothing was pushed: a global aggregate owes one row over no input. Asked
  // once, at the begin of the first epoch after the start; false when that row was loaded.
  virtual bool SealsWithoutInput() const { return false; }

  // Nothing comes at this port in this and all later epochs. Between epochs.
  virtual void EndInput(PortIndex port) { (void)port; }

  // Writes the entries that changed since the last call; only between epochs. Stateless operators have none.
  virtual void SaveDirty(StateWriter& writer) { (void)writer; }

  // Reads the entries of one vnode into an empty state, before the first epoch. Loaded entries are not dirty.
  virtual absl::Status Load(StateReader& reader, VnodeId vnode) {
    (void)reader, (void)vnode;
    return absl::OkStatus();
  }

  // Bytes of state, an estimate that costs nothing to ask.
  virtual size_t StateBytes() const { return 0; }
};

}  // namespace freshet
