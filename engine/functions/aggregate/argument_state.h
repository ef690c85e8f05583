// Everything that the aggregates over one argument share: how many values and ERRORs a group has, and the accumulators
// that some of them need. NULLs leave no trace.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/functions/aggregate/bit_counts.h"
#include "engine/functions/aggregate/distinct_values.h"
#include "engine/functions/aggregate/double_sum.h"
#include "engine/functions/aggregate/extremes.h"
#include "engine/functions/aggregate/integer_sum.h"
#include "engine/functions/aggregate/numeric_sum.h"
#include "engine/functions/aggregate/pair_sums.h"
#include "engine/functions/aggregate/row_form.h"
#include "engine/functions/aggregate/square_sum.h"

namespace freshet {

// What the aggregates over an argument need beside the count.
struct AccumulatorNeeds {
  bool sum = false;
  bool least = false;
  bool greatest = false;
  bool bits = false;
  bool squares = false;
  bool values = false;  // all of them, in order
  bool pairs = false;

  AccumulatorNeeds operator|(const AccumulatorNeeds& other) const {
    return {sum || other.sum,         least || other.least,   greatest || other.greatest, bits || other.bits,
            squares || other.squares, values || other.values, pairs || other.pairs};
  }
};

// Rows of a batch: rows[i] (row first + i if nullptr), i < count.
struct BatchRows {
  const uint32_t* rows = nullptr;
  uint32_t first = 0;
  uint32_t count = 0;

  uint32_t RowAt(uint32_t i) const { return rows == nullptr ? first + i : rows[i]; }
};

class ArgumentState {
 public:
  struct Options {
    std::optional<ColumnIndex> column;  // none: rows themselves are counted, count(*)
    DataType type;                      // of the column
    std::optional<ColumnIndex> second;  // of pairs: the other column
    RowForm rows;                       // not empty: the values are rows of these, `column` and `second` none
    std::optional<ColumnIndex> filter;  // only rows where this boolean is TRUE
    bool distinct = false;              // each value counts once
    AccumulatorNeeds needs;
    bool append_only = false;  // no row of the input is ever retracted
  };
  explicit ArgumentState(Options options) : options_(options) {}

  // Planning: every aggregate over the argument adds its needs, then the slots are added to the layout, once.
  void AddNeeds(const AccumulatorNeeds& needs) { options_.needs = options_.needs | needs; }
  void AddSlots(EntryLayout& layout);

  // Fetches what Add will touch beyond the entries; those may be nullptr.
  void Prefetch(std::span<const Entry* const> entries) const {
    if (extremes_ != nullptr) extremes_->Prefetch(entries);
  }
  // Adds row i of `rows` to the group entries[i].
  void Add(const DeltaBatch& batch, const BatchRows& rows, Entry* const* entries, BlockPool& pool);

  const Options& options() const { return options_; }
  // Values of a group, each as often as its weight says; once where they are to be distinct.
  int64_t Count(const Entry* entry) const { return entry->At<int64_t>(count_); }
  // Whether an ERROR cell is in the group: all aggregates over the argument are ERROR then.
  bool HasError(const Entry* entry) const { return has_error_.Get(entry); }
  const IntegerSum* integer_sum() const { return integer_sum_.get(); }
  const NumericSum* numeric_sum() const { return numeric_sum_.get(); }
  const DoubleSum* double_sum() const { return double_sum_.get(); }
  const BitCounts* bit_counts() const { return bit_counts_.get(); }
  const DecimalSquareSum* decimal_square_sum() const { return decimal_square_sum_.get(); }
  const DoubleSquareSum* double_square_sum() const { return double_square_sum_.get(); }
  const Extremes* extremes() const { return extremes_.get(); }
  const PairSums* pair_sums() const { return pair_sums_.get(); }

  void Release(Entry* entry, BlockPool& pool);
  void Save(const Entry* entry, std::string* out) const;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool);
  // For what of it is saved in pieces, as Extremes has it; nullptr: nothing is.
  Extremes* pieces() { return extremes_.get(); }

 private:
  void AddSum(EntryLayout& layout);
  template <typename T>
  void Keep(std::unique_ptr<T>& place, std::unique_ptr<T> accumulator) {
    place = std::move(accumulator);
    accumulators_.push_back(place.get());
  }
  // Sorts the batch's rows into values, ERRORs and the rest.
  void SelectRows(const DeltaBatch& batch, const BatchRows& rows, Entry* const* entries);
  void AddErrors(Entry* entry, int64_t weight);

  Options options_;
  uint32_t count_ = 0;
  EntryBit has_error_;
  std::unordered_map<const Entry*, int64_t> errors_;  // ERROR cells by weight; rare
  std::unique_ptr<DistinctValues> distinct_;
  std::unique_ptr<IntegerSum> integer_sum_;
  std::unique_ptr<NumericSum> numeric_sum_;
  std::unique_ptr<DoubleSum> double_sum_;
  std::unique_ptr<BitCounts> bit_counts_;
  std::unique_ptr<DecimalSquareSum> decimal_square_sum_;
  std::unique_ptr<DoubleSquareSum> double_square_sum_;
  std::unique_ptr<PairSums> pair_sums_;
  std::vector<Accumulator*> accumulators_;  // those above that there are, in the order of their saved states
  std::unique_ptr<Extremes> extremes_;

  // A column that decides whether a row takes part.
  struct Checked {
    const Column* column;
    bool skips_null;
  };
  void FindChecked(const DeltaBatch& batch);

  // Of the batch at hand, where not all rows take part or rows have weights.
  std::vector<Checked> checked_;
  Column encoded_;
  std::vector<Entry*> selected_entries_;
  std::vector<uint32_t> selected_rows_;
  std::vector<int64_t> selected_weights_;
};

}  // namespace freshet
