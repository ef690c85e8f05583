// Keeps what min and max of an argument need, and counts its values on the way: the count's slot tells whether the
// group is empty, and in an ordered state of one value it is that value's weight.
#pragma once

#include <memory>
#include <span>

#include "absl/functional/function_ref.h"
#include "engine/base/check.h"
#include "engine/functions/aggregate/accumulator.h"
#include "engine/state/entry_store.h"

namespace freshet {

class Extremes : public Accumulator {
 public:
  // Fetches what Add, Least and Greatest will read of these groups beyond the entries. An entry may be nullptr.
  virtual void Prefetch(std::span<const Entry* const> entries) const {}
  // The smallest (largest) value of a group that is not empty, as a cell of the argument's type: its address, or
  // nullptr for an empty group. `scratch` has room for a cell; text refers to the state.
  virtual const void* Least(const Entry* entry, void* scratch) const = 0;
  virtual const void* Greatest(const Entry* entry, void* scratch) const = 0;

  // Of text: calls visit(text, weight) for each value in order, until it answers false. Only where all are kept.
  using VisitText = absl::FunctionRef<bool(std::string_view text, int64_t weight)>;
  virtual void ForEachText(const Entry* entry, VisitText visit) const { CHECK(false) << "not all values are kept"; }

  // A group of many values is saved in pieces of bounded size; Save writes only what stands beside them. After Save of
  // a group, or once it is retired: writes the pieces that changed and deletes those that are gone.
  virtual void SavePieces(Entry* entry, PieceWriter& writer) {}
  // Takes a piece, after Load of its group. False: it is broken.
  virtual bool LoadPiece(std::string_view bytes, uint32_t piece, Entry* entry, BlockPool& pool) { return false; }
  // Ends the loading of groups and pieces. False: a piece is missing.
  virtual bool EndLoad() { return true; }
};

// `count_offset` is the slot of the argument's count (int64_t), which Add keeps, and which must be saved and loaded by
// its owner, loaded before this.

// For any history: all values in order; while a group has one distinct value, only that.
std::unique_ptr<Extremes> MakeOrderedExtremes(DataType argument, uint32_t count_offset, EntryLayout& layout);
// For arguments whose rows are never retracted: one value for each of the ends that are wanted.
struct WantedExtremes {
  bool least = false;
  bool greatest = false;
};
std::unique_ptr<Extremes> MakeAppendOnlyExtremes(DataType argument, WantedExtremes wanted, uint32_t count_offset,
                                                 EntryLayout& layout);

}  // namespace freshet
