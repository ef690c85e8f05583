// The core of every equi-join: the rows of both inputs under one key table, and the pairs that a batch makes.
//
// A batch is inserted whole into its own side, then probes what the other side holds now. So every pair of rows is met
// once, when the later of the two arrives, in any order and chunking of the inputs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/circuit/operator.h"
#include "engine/expr/program.h"
#include "engine/operators/join_options.h"
#include "engine/operators/keyed_rows.h"
#include "engine/state/key_table.h"

namespace freshet {

class SymmetricJoin {
 public:
  static constexpr PortIndex kLeft = PortIndex(0), kRight = PortIndex(1);

  // `layout` may have slots and bits of the operator's own; it starts as LayoutOf(options). With right cells dropped
  // there is no Probe.
  SymmetricJoin(const JoinOptions& options, EntryLayout layout, KeyedRows::Cells right_cells);

  static EntryLayout LayoutOf(const JoinOptions& options);

  // Adds a batch's rows to their side; rows with ERROR in the key are counted and left out, rows with NULL in it left
  // out. The entries of the rows, as keys(port) has them, are valid until the next call. `touch` is given them slice by
  // slice before their rows are added.
  using Touch = absl::FunctionRef<void(std::span<Entry* const> entries)>;
  std::span<Entry* const> Insert(PortIndex port, const DeltaBatch& batch, Touch touch = [](std::span<Entry* const>) {});

  // From now on Insert adds no rows to a side. Entries that are not there are nullptr then.
  void StopKeeping(PortIndex port) { keeps_[port.value()] = false; }

  // Emits the pairs of the batch's rows with those of the other side: left columns, then right columns. On kMore, the
  // same goes on with ContinueProbe; both sides stay as they are in between.
  Progress StartProbe(PortIndex port, const DeltaBatch& batch, Output& out);
  Progress ContinueProbe(Output& out);

  // Gives up the entry if neither side has rows; true if so. Its bits must be clear.
  bool RetireIfEmpty(Entry* entry);
  // Likewise those of the last Insert.
  void RetireEmpty();

  KeyedRows& left() { return left_; }
  KeyedRows& right() { return right_; }
  KeyedRows& side(PortIndex port) { return port == kLeft ? left_ : right_; }
  KeyTable& table() { return table_; }

  void SaveDirty(StateWriter& writer);
  absl::Status Load(StateReader& reader, VnodeId vnode);
  size_t StateBytes() const { return table_.StateBytes(); }

 private:
  void CollectMatches(size_t capacity);
  void EmitMatches(Output& out);
  std::vector<Column> ProbeColumns(bool one_to_one) const;
  BufferRef MatchWeights() const;
  bool MatchesAreOneToOne() const;
  void EmitWhereConditionHolds(DeltaBatch pairs, Output& out);

  EntryLayout layout_;  // complete once all members up to table_ are made
  KeyedRows left_;
  KeyedRows right_;
  EntryBit retiring_;
  KeyTable table_;
  std::optional<Program> condition_;
  ErrorCounter* errors_;

  std::array<bool, 2> keeps_ = {true, true};  // by port

  std::vector<Entry*> entries_;  // of the batch at work, by the position in keys()
  std::vector<Entry*> empty_entries_;

  // The probe at work.
  PortIndex port_;
  DeltaBatch batch_;
  uint32_t next_ = 0;      // in entries_
  uint32_t position_ = 0;  // within the matches of entries_[next_]
  // Pairs found: the row of the batch and the stored row.
  std::vector<uint32_t> batch_rows_;
  std::vector<const StoredRow*> matches_;
  std::vector<uint32_t> selected_;
  std::vector<std::pair<uint32_t, CellError>> failed_;
};

}  // namespace freshet
