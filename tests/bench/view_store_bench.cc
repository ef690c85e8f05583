// Millions of rows under one key of a view: epochs of one changed row while an older epoch is pinned, and pages read in
// slices, also of the pinned epoch.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/columnar/column_builder.h"
#include "engine/state/state_store.h"
#include "engine/views/view_read.h"
#include "engine/views/view_store.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kBigint}}};

DeltaBatch Rows(int64_t first, uint32_t count, int64_t weight) {
  BufferRef keys = BufferRef::Of<int64_t>(count), values = BufferRef::Of<int64_t>(count),
            weights = BufferRef::Of<int64_t>(count);
  for (uint32_t i = 0; i < count; ++i) {
    keys.mutable_as<int64_t>()[i] = 1;
    values.mutable_as<int64_t>()[i] = first + i;
    weights.mutable_as<int64_t>()[i] = weight;
  }
  return DeltaBatch(count, {Column({TypeKind::kBigint}, count, keys), Column({TypeKind::kBigint}, count, values)},
                    weights);
}

class Micros {
 public:
  template <typename Work>
  void Time(Work work) {
    auto start = std::chrono::steady_clock::now();
    work();
    all_.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  double Percentile(double percent) {
    std::sort(all_.begin(), all_.end());
    return all_[std::min(all_.size() - 1, static_cast<size_t>(static_cast<double>(all_.size()) * percent / 100))];
  }

 private:
  std::vector<double> all_;
};

class CountingWriter : public StateWriter {
 public:
  void Put(const StateId&, VnodeId, uint64_t, uint32_t, std::string_view value) override { bytes += value.size(); }
  void Delete(const StateId&, VnodeId, uint64_t, uint32_t) override {}
  size_t bytes = 0;
};

struct LargeKey {
  LargeKey(benchmark::State& state) : store({.schema = kSchema, .key = {ColumnIndex(0)}, .hash_seed = 7}) {
    for (int64_t row = 0; row < state.range(0); row += kBatchRows)
      apply.Time([&] { store.Apply(Rows(row, kBatchRows, 1)); });
    Commit();
    CHECK(store.Pin(Epoch(epoch)));
    store.SaveDirty({"view", "rows"}, writer);
    writer.bytes = 0;
  }
  void Commit() { store.Commit({.epoch = Epoch(++epoch), .load_complete = true}); }
  // One row goes, another comes.
  void OneRowEpoch() {
    int64_t row = static_cast<int64_t>(epoch) * 131;
    store.Apply(Rows(row, 1, -1));
    store.Apply(Rows(-row, 1, 1));
    Commit();
    if (epoch > 50) store.SetOldestNeeded(Epoch(epoch - 50));
  }

  ViewStore store;
  CountingWriter writer;
  uint64_t epoch = 0;
  Micros apply;
};

void OneRowEpochs(benchmark::State& state) {
  LargeKey key(state);
  Micros epochs;
  for (auto _ : state) epochs.Time([&] { key.OneRowEpoch(); });
  state.counters["epoch_p50_us"] = epochs.Percentile(50);
  state.counters["epoch_p99_us"] = epochs.Percentile(99);
  state.counters["version_bytes"] = static_cast<double>(key.store.version_bytes());
  state.counters["load_batch_p99_us"] = key.apply.Percentile(99);
  state.counters["load_batch_max_us"] = key.apply.Percentile(100);
  state.counters["state_MB"] = static_cast<double>(key.store.StateBytes()) / 1e6;
  key.store.SaveDirty({"view", "rows"}, key.writer);
  key.writer.bytes = 0;
  key.OneRowEpoch();
  key.store.SaveDirty({"view", "rows"}, key.writer);
  state.counters["one_row_saves_bytes"] = static_cast<double>(key.writer.bytes);
}
BENCHMARK(OneRowEpochs)->Arg(2 << 20)->Iterations(50)->Unit(benchmark::kMicrosecond);

// Pages of 100 rows, in slices of 128 rows, of the newest or of the pinned epoch; epochs go on in between.
void Pages(benchmark::State& state) {
  LargeKey key(state);
  bool pinned = state.range(1) != 0, keyed = state.range(2) != 0;
  Micros pages, slices;
  std::string after;
  for (auto _ : state) {
    key.OneRowEpoch();
    ViewRead::Query query{.epoch = Epoch(pinned ? 1 : key.epoch), .limit = 100, .after = pinned ? after : ""};
    if (keyed) query.keys = DeltaBatch(1, {Rows(0, 1, 1).column(ColumnIndex(0))});
    pages.Time([&] {
      auto read = *ViewRead::Start(key.store, std::move(query));
      for (bool done = false; !done;) slices.Time([&] { done = read->Step(128); });
      ViewPage page = read->TakePage();
      after = page.cursors.back();
    });
  }
  state.counters["page_p50_us"] = pages.Percentile(50);
  state.counters["page_p99_us"] = pages.Percentile(99);
  state.counters["slice_p99_us"] = slices.Percentile(99);
  state.counters["slice_max_us"] = slices.Percentile(100);
}
BENCHMARK(Pages)
    ->ArgNames({"rows", "pinned", "keyed"})
    ->Args({2 << 20, 0, 0})
    ->Args({2 << 20, 1, 0})
    ->Args({2 << 20, 1, 1})
    ->Iterations(30)
    ->Unit(benchmark::kMicrosecond);

void SortedPage(benchmark::State& state) {
  LargeKey key(state);
  Micros slices;
  for (auto _ : state) {
    auto read = *ViewRead::Start(key.store, {.epoch = Epoch(1), .order = {{ColumnIndex(1)}}, .limit = 100});
    for (bool done = false; !done;) slices.Time([&] { done = read->Step(128); });
    benchmark::DoNotOptimize(read->TakePage());
  }
  state.counters["slice_p99_us"] = slices.Percentile(99);
  state.counters["slice_max_us"] = slices.Percentile(100);
}
BENCHMARK(SortedPage)->Arg(2 << 20)->Iterations(1)->Unit(benchmark::kMillisecond);

// Many keys with one row, the usual view: what an update costs.
void UpdateUniqueKeys(benchmark::State& state) {
  ViewStore store({.schema = kSchema, .key = {ColumnIndex(1)}, .hash_seed = 7});
  for (int64_t row = 0; row < state.range(0); row += kBatchRows) store.Apply(Rows(row, kBatchRows, 1));
  uint64_t epoch = 1;
  store.Commit({.epoch = Epoch(epoch), .load_complete = true});
  int64_t row = 0;
  for (auto _ : state) {
    store.Apply(Rows(row, kBatchRows, 1));
    store.Apply(Rows(row, kBatchRows, -1));
    store.Apply(Rows(row, kBatchRows, 1));
    row = (row + kBatchRows) % state.range(0);
    store.Commit({.epoch = Epoch(++epoch), .load_complete = true});
    if (epoch > 50) store.SetOldestNeeded(Epoch(epoch - 50));
  }
  state.SetItemsProcessed(state.iterations() * kBatchRows * 3);
  state.counters["state_MB"] = static_cast<double>(store.StateBytes()) / 1e6;
}
BENCHMARK(UpdateUniqueKeys)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace freshet
