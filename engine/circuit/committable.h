// The commit seam: what changes for readers when an epoch becomes visible.
#pragma once

#include "engine/base/ids.h"

namespace freshet {

struct Commitment {
  Epoch epoch;
  // The load is over, with this epoch or an earlier one: results may be shown.
  bool load_complete = false;
  // Every source of every shard has ended: no rows follow.
  bool finished = false;
  // A replay goes on: nothing may leave the process.
  bool replaying = false;
};

// Views and sinks. They take an epoch's rows as operators do and show nothing of them before its Commit. Called on the
// compute thread, once per epoch, in the order of epochs, between the epoch's seal and the next epoch's first row.
class Committable {
 public:
  virtual ~Committable() = default;

  // Before the first epoch. Those before `history` are run again only for what states hold: their results count from
  // the first epoch of the history on, together with its own.
  virtual void StartHistory(Epoch history) { (void)history; }
  // An epoch begins, before its first row. `load`: it is part of the load, so that its rows are first content.
  virtual void Begin(Epoch epoch, bool load) { (void)epoch, (void)load; }
  virtual void Commit(const Commitment& commitment) = 0;
};

}  // namespace freshet
