// Probing the key table: ENGINE.md gives 12-28 ns a row over 10 M keys with two cache misses.
#include <benchmark/benchmark.h>

#include <random>

#include "engine/state/key_table.h"
#include "engine/state/relation_slot.h"

namespace freshet {
namespace {

const KeyColumns kKey = {ColumnIndex(0)};

std::vector<DeltaBatch> Batches(int64_t keys, int64_t rows, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<DeltaBatch> batches;
  for (int64_t done = 0; done < rows; done += kBatchRows) {
    BufferRef values = BufferRef::Of<int64_t>(kBatchRows);
    for (uint32_t i = 0; i < kBatchRows; ++i) {
      values.mutable_as<int64_t>()[i] = static_cast<int64_t>(random() % static_cast<uint64_t>(keys));
    }
    batches.push_back(DeltaBatch(kBatchRows, {Column({TypeKind::kBigint}, kBatchRows, values)}));
  }
  return batches;
}

void FindOrInsert(benchmark::State& state) {
  EntryLayout layout({{TypeKind::kBigint}});
  layout.AddSlot(40);
  KeyTable table(layout);
  KeyBatch keys(kKey, {{TypeKind::kBigint}}, 7, NullKeys::kGroup);
  std::vector<DeltaBatch> batches = Batches(state.range(0), state.range(0) * 2, 1);
  std::vector<Entry*> entries(kBatchRows);
  for (const DeltaBatch& batch : batches) {
    keys.Assign(batch);
    table.FindOrInsert(keys, entries.data());
  }
  size_t next = 0;
  for (auto _ : state) {
    keys.Assign(batches[next++ % batches.size()]);
    table.FindOrInsert(keys, entries.data());
    benchmark::DoNotOptimize(entries.data());
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows);
}
BENCHMARK(FindOrInsert)->Arg(5000)->Arg(2'400'000)->Arg(10'000'000);

// Rows of a join side: most keys with a few rows.
void AddRows(benchmark::State& state) {
  EntryLayout layout({{TypeKind::kBigint}});
  RelationSlot slot(layout, {{TypeKind::kBigint}});
  KeyTable table(layout);
  KeyBatch keys(kKey, {{TypeKind::kBigint}}, 7, NullKeys::kGroup);
  std::vector<DeltaBatch> batches = Batches(state.range(0), int64_t{1} << 21, 1);
  std::vector<Entry*> entries(kBatchRows);
  size_t next = 0;
  for (auto _ : state) {
    bool retract = next / batches.size() % 2 == 1;
    const DeltaBatch& batch = batches[next++ % batches.size()];
    keys.Assign(batch);
    table.FindOrInsert(keys, entries.data());
    slot.Add(table, batch, kKey, nullptr, entries, retract ? -1 : 1);
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows);
}
BENCHMARK(AddRows)->Arg(1'000'000);

}  // namespace
}  // namespace freshet
