// Sums what covariances and regressions are made of over pairs of doubles: both sides, their squares and their
// products, exactly up to what the product of two doubles rounds to; see DoubleSum.
#pragma once

#include "engine/functions/aggregate/accumulator.h"
#include "engine/functions/aggregate/double_sum.h"

namespace freshet {

class PairSums : public Accumulator {
 public:
  explicit PairSums(EntryLayout& layout) : y_(layout), x_(layout), yy_(layout), xx_(layout), xy_(layout) {}

  // The input's column is y, its second one x.
  void Add(const AccumulatorInput& input, BlockPool& pool) override;
  void Release(Entry* entry, BlockPool& pool) override;
  void Save(const Entry* entry, std::string* out) const override;
  bool Load(std::string_view* bytes, Entry* entry, BlockPool& pool) override;

  const DoubleSum& y() const { return y_; }
  const DoubleSum& x() const { return x_; }
  const DoubleSum& yy() const { return yy_; }
  const DoubleSum& xx() const { return xx_; }
  const DoubleSum& xy() const { return xy_; }

 private:
  DoubleSum y_, x_, yy_, xx_, xy_;
};

}  // namespace freshet
