// What a checkpoint writes when one value changes in a group of a million, min and max under retraction: time, bytes
// and pieces. Run: large_group_bench
#include <benchmark/benchmark.h>

#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/operators/group_aggregate.h"

namespace freshet {
namespace {

constexpr int64_t kRows = 1'000'000;
constexpr DataType kBigint{TypeKind::kBigint};

class CountingWriter : public StateWriter {
 public:
  void Put(const StateId&, VnodeId, uint64_t, uint32_t, std::string_view value) override {
    ++puts;
    bytes += static_cast<int64_t>(value.size());
  }
  void Delete(const StateId&, VnodeId, uint64_t, uint32_t) override {}

  int64_t puts = 0, bytes = 0;
};

// Rows (1, first), (1, first + 1), ...
DeltaBatch RowsFrom(int64_t first, uint32_t count, int64_t weight) {
  BufferRef keys = BufferRef::Of<int64_t>(count), values = BufferRef::Of<int64_t>(count);
  BufferRef weights = BufferRef::Of<int64_t>(count);
  for (uint32_t i = 0; i < count; ++i) {
    keys.mutable_as<int64_t>()[i] = 1;
    values.mutable_as<int64_t>()[i] = first + i;
    weights.mutable_as<int64_t>()[i] = weight;
  }
  return DeltaBatch(count, {Column(kBigint, count, keys), Column(kBigint, count, values)}, std::move(weights));
}

void Report(benchmark::State& state, const CountingWriter& writer) {
  const auto saves = static_cast<double>(state.iterations());
  state.counters["bytes"] = static_cast<double>(writer.bytes) / saves;
  state.counters["puts"] = static_cast<double>(writer.puts) / saves;
}

void SaveAfterOneChange(benchmark::State& state) {
  GroupAggregate::Options options;
  options.input_types = {kBigint, kBigint};
  options.key = {ColumnIndex(0)};
  for (const char* name : {"min", "max"}) {
    options.aggregates.push_back({FindAggregate(name, std::vector{TypeKind::kBigint}), {ColumnIndex(1)}, std::nullopt});
  }
  options.state = {"node", "groups"};
  GroupAggregate op(std::move(options));
  Output out(INT64_MAX);
  uint64_t epoch = 0;
  auto apply = [&](const DeltaBatch& batch) {
    op.Push(PortIndex(0), batch, out);
    op.Seal({Epoch(++epoch), 0}, out);
    benchmark::DoNotOptimize(out.TakeBatches());
  };
  for (int64_t row = 0; row < kRows; row += 1000) apply(RowsFrom(row, 1000, 1));
  CountingWriter load, writer;
  op.SaveDirty(load);
  int64_t row = 0;
  for (auto _ : state) {
    apply(RowsFrom(row = (row + 7919) % kRows, 1, -1));
    op.SaveDirty(writer);
    state.PauseTiming();
    apply(RowsFrom(row, 1, 1));
    op.SaveDirty(load);
    state.ResumeTiming();
  }
  Report(state, writer);
}
BENCHMARK(SaveAfterOneChange)->Iterations(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace freshet
