// Groups rows by key columns and keeps aggregates of each group: GROUP BY, and over no key the global aggregate.
//
// Port 0 takes the rows. The output has the key columns, then one column for each aggregate, and comes at seal: for
// each group that changed its old row with weight -1 and its new one with +1, adjacent (a paired batch); groups that
// appeared or vanished in batches of their own. A group exists while the weights of its rows add up to more than 0.
// Rows with an ERROR in their key are counted and left out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/functions/aggregate/aggregate_function.h"
#include "engine/state/key_table.h"

namespace freshet {

class GroupAggregate : public Operator {
 public:
  struct OrderedColumn {
    ColumnIndex column;
    SortOrder order;
  };
  struct Aggregate {
    const AggregateFunction* function = nullptr;
    std::vector<ColumnIndex> arguments;
    std::optional<ColumnIndex> filter;   // FILTER (WHERE column): a boolean column of the input
    bool distinct = false;               // each value of the argument counts once in a group
    std::vector<OrderedColumn> order{};  // ORDER BY of the call, or of WITHIN GROUP
    std::vector<Datum> parameters{};     // as the function declares them
  };
  struct Options {
    std::vector<DataType> input_types;
    KeyColumns key;  // empty: the global aggregate, whose one row is there over no input too
    std::vector<Aggregate> aggregates;
    // No row of the input is ever retracted: min and max keep one value a group.
    bool append_only = false;
    // Global aggregate: whether this shard owns the vnode of the empty key, and so emits the row. See
    // SealsWithoutInput.
    bool owns_empty_key = true;
    StateId state;
    uint64_t hash_seed = 0;
    ErrorCounter* errors = nullptr;  // may be absent
  };

  explicit GroupAggregate(Options options);

  // Of the output's columns.
  std::vector<DataType> OutputTypes() const;

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  // True for the global aggregate on its shard until its first row is out.
  bool SealsWithoutInput() const override;
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;
  size_t StateBytes() const override { return table_->StateBytes(); }

 private:
  // Groups that the epoch touched and that existed before it, with their rows of then; up to kTouchChunk.
  struct Touched {
    std::vector<Entry*> entries;
    std::vector<Column> old_results;
  };
  static constexpr uint32_t kTouchChunk = EntryList::kBlock;

  void PlanArguments();
  ArgumentState::Options StateOptionsFor(const Aggregate& aggregate, AggregateForm* form) const;
  ArgumentState& ArgumentFor(ArgumentState::Options options);
  std::vector<Column> Results(std::span<Entry* const> entries) const;
  bool Exists(const Entry* entry) const { return is_global() ? emitted_ : arguments_[0]->Count(entry) > 0; }
  // Of the pieces of an argument's values.
  StateId PiecesId(size_t argument) const;
  bool is_global() const { return options_.key.empty(); }

  void CountKeyErrors(const DeltaBatch& batch);
  void Touch(std::span<Entry* const> entries);
  void AddTouched(std::span<Entry* const> fresh);
  void TouchGlobal();

  Progress EmitTouched(Output& out);
  Touched TakeTouched();
  void EmitChanges(const Touched& touched, Output& out);
  void EmitCreated(std::span<Entry* const> entries, Output& out);
  void EmitChanged(const Touched& touched, std::span<const uint32_t> places, Output& out);
  void EmitAppeared(std::span<Entry* const> entries, Output& out);
  void EmitVanished(const Touched& touched, std::span<const uint32_t> places, Output& out);
  std::vector<Column> KeysOf(std::span<Entry* const> entries) const;
  void Emit(std::vector<Column> keys, std::vector<Column> results, std::span<Entry* const> entries, BufferRef weights,
            bool paired, Output& out) const;
  void Finish(std::span<Entry* const> entries);

  Options options_;
  // Of each distinct argument; the first counts the rows.
  std::vector<std::unique_ptr<ArgumentState>> arguments_;
  std::vector<const ArgumentState*> argument_of_;  // by aggregate
  std::vector<AggregateForm> forms_;               // by aggregate
  EntryBit touched_bit_;
  std::unique_ptr<KeyTable> table_;
  KeyBatch keys_;
  KeyColumns output_key_;
  bool emitted_ = false;  // global: its row is out

  std::vector<Touched> touched_;
  EntryList created_;  // groups that the epoch touched and that did not exist before it
  size_t touched_sealed_ = 0, created_sealed_ = 0;
  // Scratch of one call.
  std::vector<Entry*> entries_, fresh_, existed_, appeared_, pairs_;
  std::vector<uint32_t> kept_, vanished_, old_rows_, new_rows_;
  std::vector<uint8_t> differs_;
};

}  // namespace freshet
