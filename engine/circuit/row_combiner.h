// Puts equal rows together on their way to another shard: rows that are nothing but their key, as those below a count.
// One row with the weight of all goes instead of each, which spares the exchange and the receiver what the sender does
// anyway once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/state/key_table.h"

namespace freshet {

class RowCombiner {
 public:
  RowCombiner(KeyColumns key, uint64_t hash_seed);
  ~RowCombiner();

  // Takes the rows of a batch. False: not these (they have more than their key, weights or ERRORs; they are few so far;
  // those before were nearly all different): they are to go as they are.
  bool Take(const DeltaBatch& batch);
  // Whether Drain is due.
  bool full() const;
  // Appends what was taken, each row once, with its weight.
  void Drain(std::vector<DeltaBatch>* batches);
  // The rows of a stage end: what comes next begins anew. Drained before.
  void EndStage() { rows_of_stage_ = 0; }

 private:
  struct Table;

  bool Fits(const DeltaBatch& batch);

  KeyColumns key_;
  uint64_t hash_seed_;
  bool looked_ = false;  // at the columns of a batch
  bool fits_ = false;
  uint64_t rows_of_stage_ = 0;
  uint64_t pause_rows_ = 0;  // to go before it is tried again
  uint64_t taken_ = 0;       // since the last Drain
  std::unique_ptr<Table> table_;
  std::vector<Entry*> entries_;  // scratch
};

}  // namespace freshet
