// The messages between the shards of one pipeline, and between a shard and its conductor. Only values: a test keeps,
// delays and reorders them (between links), a socket codes them (server/shard).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/ids.h"
#include "engine/circuit/sink.h"
#include "engine/circuit/source.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

// Per source of the circuit, by SourceId.
using SourcePositions = std::vector<Positions>;

// Conductor to all: run this epoch.
struct CutFrame {
  Epoch epoch;
  bool load = false;        // part of the load: take input until a limit is reached or the load's input is all taken
  bool checkpoint = false;  // save dirty entries at its seal
  int64_t clock_micros = 0;
  // Per source table, what DONE brought up to the last epoch; no value: not known yet.
  std::vector<std::optional<int64_t>> watermarks;
  // Replay: take exactly up to these positions. No value: take what is there.
  std::optional<SourcePositions> until;
  // The last epoch of a replay: after it the sources read on without an end.
  bool replay_ends = false;
  // Per source table: it has ended on all shards, everything of it was taken into epochs before this one. Empty: none.
  std::vector<bool> ended;
  // The first cut of a group: how far the sinks got before.
  struct Sinks {
    Epoch history;
    SinkPositions positions;
  };
  std::optional<Sinks> sinks;
};

// Shard to conductor: what the epoch took. The journal's record needs it; the epoch runs meanwhile.
struct TakenFrame {
  Epoch epoch;
  SourcePositions positions;  // of the partitions that moved
  uint64_t rows = 0;
  bool loaded = false;  // every source of this shard has taken its load
};

// Shard to conductor: rows wait and none did before, or more than an epoch takes wait and did not before, or (with 0
// rows) the end of a source has become known since the last DONE.
struct WaitingFrame {
  WaitingInput waiting;
};

// Shard to conductor: the epoch is computed here.
struct DoneFrame {
  Epoch epoch;
  WaitingInput waiting;
  std::vector<std::optional<int64_t>> event_times;  // per source
  std::vector<bool> ended;                          // per source: it has ended on this shard
  int64_t run_micros = 0;
  SinkPositions sinks;      // that got further
  bool sinks_full = false;  // no further epoch, please
};

// Shard to conductor, outside of epochs: the sinks have room again or none left; or, once every source has ended,
// everything is written.
struct SinksFrame {
  bool full = false;
  bool drained = false;
};

// Conductor to all: the epoch is visible; sinks may release it.
struct CommitFrame {
  Epoch epoch;
  bool load_complete = false;  // views show from here on
  bool finished = false;       // every source of every shard has ended
  bool replaying = false;      // further journaled epochs follow: sinks release nothing
};

// Shard to shard: rows of an exchange.
struct DataFrame {
  ExchangeId exchange;
  Epoch epoch;
  uint32_t iteration = 0;
  DeltaBatch batch;
  uint64_t bytes = 0;  // what it takes of the sender's window; comes back in a CreditFrame
};

// Shard to shard: nothing more of this epoch (and iteration) comes from the exchanges that start in `stage`. One frame
// for all exchanges; those that had no rows are not listed.
struct MarkerFrame {
  Epoch epoch;
  StageId stage;
  uint32_t iteration = 0;
  std::vector<std::pair<ExchangeId, uint64_t>> rows_sent;
  std::optional<uint32_t> pending_iteration;  // loops: the smallest iteration with work, for their vote
};

// Shard to shard: the receiver has taken so many bytes of an exchange.
struct CreditFrame {
  ExchangeId exchange;
  uint64_t bytes = 0;
};

using Frame = std::variant<CutFrame, TakenFrame, WaitingFrame, DoneFrame, CommitFrame, DataFrame, MarkerFrame,
                           CreditFrame, SinksFrame>;

}  // namespace freshet
