#include "engine/functions/aggregate/pair_sums.h"

#include "engine/functions/aggregate/product_sum.h"

namespace freshet {

void PairSums::Add(const AccumulatorInput& input, BlockPool& pool) {
  AccumulatorInput second = input;
  second.column = input.second;
  y_.Add(input, pool);
  x_.Add(second, pool);
  AddProducts(input, *input.column, *input.column, yy_, pool);
  AddProducts(input, *input.second, *input.second, xx_, pool);
  AddProducts(input, *input.column, *input.second, xy_, pool);
}

void PairSums::Release(Entry* entry, BlockPool& pool) {
  for (DoubleSum* sum : {&y_, &x_, &yy_, &xx_, &xy_}) sum->Release(entry, pool);
}

void PairSums::Save(const Entry* entry, std::string* out) const {
  for (const DoubleSum* sum : {&y_, &x_, &yy_, &xx_, &xy_}) sum->Save(entry, out);
}

bool PairSums::Load(std::string_view* bytes, Entry* entry, BlockPool& pool) {
  for (DoubleSum* sum : {&y_, &x_, &yy_, &xx_, &xy_}) {
    if (!sum->Load(bytes, entry, pool)) return false;
  }
  return true;
}

}  // namespace freshet
