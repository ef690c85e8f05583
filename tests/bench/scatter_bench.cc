// Rows of 24 bytes spread over shards by their key, hash included. ENGINE.md §8.1: 7-10 ns a row.
#include <benchmark/benchmark.h>

#include <random>

#include "engine/circuit/scatter.h"

namespace freshet {
namespace {

void ScatterRows(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::vector<DeltaBatch> batches;
  for (int i = 0; i < 16; ++i) {
    std::vector<Column> columns;
    for (int column = 0; column < 3; ++column) {
      BufferRef cells = BufferRef::Of<int64_t>(kBatchRows);
      for (uint32_t row = 0; row < kBatchRows; ++row) cells.mutable_as<int64_t>()[row] = static_cast<int64_t>(random());
      columns.emplace_back(DataType{TypeKind::kBigint}, kBatchRows, std::move(cells));
    }
    batches.emplace_back(kBatchRows, std::move(columns));
  }
  Scatter scatter(Distribution::kHash, {ColumnIndex(0)}, static_cast<uint16_t>(state.range(0)), 7);
  std::vector<Scatter::Block> ready;
  uint64_t next = 0;
  for (auto _ : state) {
    scatter.Add(batches[next++ % batches.size()], &ready);
    benchmark::DoNotOptimize(ready);
    ready.clear();
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows);
}
BENCHMARK(ScatterRows)->Arg(2)->Arg(8);

}  // namespace
}  // namespace freshet
