// The part of a left, semi or anti join that depends on whether a left row's key has partners on the right.
//
// With g = 1 where the key's left rows are wanted, the change of that part is, for each key touched in the epoch,
//   dN = (g_new - g_old) * L_new + g_old * dL
// (DBSP; the outer joins need no distinct, negation or second arrangement). g_old is noted at the first touch. dL is
// kept aside only for keys that had left rows before and g_old = 1; for a key without, dL = L_new and dN = g_new *
// L_new.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/operators/symmetric_join.h"
#include "engine/state/entry_list.h"

namespace freshet {

class MatchIndicator {
 public:
  enum class Wanted : uint8_t { kMatched, kUnmatched };

  // `padding`: types of NULL columns behind the left columns.
  MatchIndicator(EntryLayout& layout, Wanted wanted, std::vector<DataType> padding);

  // Inserts a batch into the join.
  void Insert(SymmetricJoin& join, PortIndex port, const DeltaBatch& batch);

  // Emits the part's change. On kMore, the same again goes on.
  Progress Emit(SymmetricJoin& join, Output& out);

 private:
  enum class Stage : uint8_t { kStart, kLeftChanges, kTouched };

  // Left rows of one batch that make up dL.
  struct LeftChanges {
    DeltaBatch batch;
    std::vector<uint32_t> rows;
    std::vector<Entry*> entries;  // nullptr: the key is NULL, the row never matches
    // Those of keys with g_old = 1 and g_new = 0, moved here from the above.
    std::vector<uint32_t> undone_rows;
    std::vector<Entry*> undone_entries;
  };

  bool IsWanted(SymmetricJoin& join, const Entry* entry) const {
    return join.right().slot().IsEmpty(entry) == (wanted_ == Wanted::kUnmatched);
  }
  void Touch(SymmetricJoin& join, std::span<Entry* const> entries);
  void KeepLeftChanges(const KeyBatch& keys, const DeltaBatch& batch, std::span<Entry* const> entries);
  void UndoChangesOfLostKeys(SymmetricJoin& join);
  bool EmitLeftChanges(Output& out);
  bool EmitTouched(SymmetricJoin& join, Output& out);
  void EmitStored(SymmetricJoin& join, Output& out);
  void EmitPadded(uint32_t size, std::vector<Column> columns, BufferRef weights, Output& out);
  int64_t FactorOf(SymmetricJoin& join, const Entry* entry) const;
  void Finish(SymmetricJoin& join);

  Wanted wanted_;
  std::vector<DataType> padding_;
  EntryBit touched_, was_wanted_, had_left_;

  EntryList entries_;  // touched in the epoch
  std::vector<LeftChanges> changes_;

  Stage stage_ = Stage::kStart;
  size_t next_ = 0;  // in changes_ or entries_
  uint32_t position_ = 0;
  // Stored rows to emit.
  std::vector<const Entry*> row_entries_;
  std::vector<const StoredRow*> rows_;
  std::vector<int64_t> weights_;
};

}  // namespace freshet
