// Sums up the changes of an epoch: each row once, with the weight that remains of it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"

namespace freshet {

// Rows are equal if their cells have the same form, as in a RelationSlot: 1.0 and 1.00 are two rows.
class NetRows {
 public:
  explicit NetRows(const Schema& schema);

  void Add(const DeltaBatch& batch);
  // The next rows, at most so many looked at: first those that go, then those that come, each in the order in which
  // they came first. So who takes an epoch in parts never sees a row of a key go after its successor has come. False:
  // there are none left.
  bool Take(uint32_t rows, DeltaBatch* batch);

 private:
  struct Item {
    std::string row;
    int64_t weight = 0;
  };

  const Schema schema_;
  KeyColumns columns_;
  std::deque<Item> items_;  // the index refers to their rows
  std::unordered_map<std::string_view, Item*> index_;
  std::string row_;
  size_t taken_ = 0;
  bool coming_ = false;  // those that go are taken
};

}  // namespace freshet
