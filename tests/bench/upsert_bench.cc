// Replacements of rows by primary key in memory on one core: 5 M records of 1 M keys, in epochs of 100,000, seal
// included. Floor (issue 7): 0.5 us a record.
#include <benchmark/benchmark.h>

#include <random>

#include "engine/columnar/column_builder.h"
#include "engine/operators/upsert.h"

namespace freshet {
namespace {

constexpr int64_t kKeys = 1'000'000;
constexpr int64_t kRecords = 5'000'000;
constexpr int64_t kEpochRecords = 100'000;

Column Bigints(uint32_t rows, const auto& value) {
  BufferRef buffer = BufferRef::Of<int64_t>(rows);
  for (uint32_t row = 0; row < rows; ++row) buffer.mutable_as<int64_t>()[row] = value(row);
  return Column({TypeKind::kBigint}, rows, buffer);
}

// Key, value, and the stamp.
DeltaBatch RandomRecords(std::mt19937_64& random, int64_t first) {
  ColumnBuilder partition({TypeKind::kText});
  for (uint32_t row = 0; row < kBatchRows; ++row) partition.AppendString("topic/0");
  return DeltaBatch(kBatchRows, {Bigints(kBatchRows, [&](uint32_t) { return static_cast<int64_t>(random() % kKeys); }),
                                 Bigints(kBatchRows, [&](uint32_t) { return static_cast<int64_t>(random() % 1000); }),
                                 Bigints(kBatchRows, [&](uint32_t row) { return first + row; }), partition.Finish(),
                                 Bigints(kBatchRows, [&](uint32_t row) { return first + row; })});
}

void SealAll(Upsert& op, Epoch epoch) {
  Output out;
  Progress progress = op.Seal({epoch, 0}, out);
  while (progress == Progress::kMore) {
    benchmark::DoNotOptimize(out.TakeBatches());
    progress = op.Resume(out);
  }
  benchmark::DoNotOptimize(out.TakeBatches());
}

void Replace(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::vector<DeltaBatch> batches;
  for (int64_t i = 0; i < kRecords; i += kBatchRows) batches.push_back(RandomRecords(random, i));
  UpsertOptions options;
  options.table_types = {{TypeKind::kBigint}, {TypeKind::kBigint}};
  options.key = {ColumnIndex(0)};
  options.node = "upsert";
  options.hash_seed = 7;
  for (auto _ : state) {
    Upsert op(options);
    Output out;
    uint64_t epoch = 0;
    int64_t in_epoch = 0;
    for (const DeltaBatch& batch : batches) {
      op.Push(PortIndex(0), batch, out);
      if ((in_epoch += batch.size()) < kEpochRecords) continue;
      SealAll(op, Epoch(++epoch));
      in_epoch = 0;
    }
    SealAll(op, Epoch(++epoch));
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(Replace)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace freshet
