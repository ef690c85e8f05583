// What DISTINCT in an aggregate passes on to it: each value of a group once, however often it is there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/functions/aggregate/accumulator.h"

namespace freshet {

class DistinctValues {
 public:
  virtual ~DistinctValues() = default;

  // Adds the values to their groups. What comes back, good until the next call: the values that their groups had not
  // (+1), and those that they no longer have (-1).
  virtual AccumulatorInput Add(const AccumulatorInput& input, BlockPool& pool) = 0;
  // As in Accumulator.
  virtual void Release(Entry* entry, BlockPool& pool) = 0;
  virtual void Save(const Entry* entry, std::string* out) const = 0;
  virtual bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) = 0;
};

std::unique_ptr<DistinctValues> MakeDistinctValues(DataType argument, EntryLayout& layout);

}  // namespace freshet
