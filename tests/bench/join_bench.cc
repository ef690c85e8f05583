// Joins in memory on one core. Floor: a symmetric join of 5 M rows with a dimension of 1 M unique integer keys at most
// 100 ns a row (ENGINE.md §8.1: 24-28 ns for one look-up of an entry on 10 M keys, 12-25 ns for an upsert); a one-row
// epoch 1-2 us.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "engine/operators/inner_join.h"
#include "engine/operators/left_join.h"
#include "engine/operators/semi_join.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};
constexpr int64_t kFacts = 5'000'000, kDimension = 1'000'000;

JoinOptions Options() {
  JoinOptions options;
  options.left = {{kBigint, kBigint}, {ColumnIndex(0)}};
  options.right = {{kBigint, kBigint}, {ColumnIndex(0)}};
  options.node = "bench";
  options.hash_seed = 42;
  return options;
}

enum class Kind { kInner, kLeft, kSemi };

std::unique_ptr<Operator> MakeJoin(Kind kind) {
  switch (kind) {
    case Kind::kInner:
      return std::make_unique<InnerJoin>(Options());
    case Kind::kLeft:
      return std::make_unique<LeftJoin>(Options());
    case Kind::kSemi:
      return std::make_unique<SemiJoin>(SemiJoin::Kind::kSemi, Options());
  }
  __builtin_unreachable();
}

// Batches of (key, row number).
template <typename NextKey>
std::vector<DeltaBatch> MakeRows(int64_t count, NextKey next_key) {
  std::vector<DeltaBatch> batches;
  for (int64_t begin = 0; begin < count; begin += kBatchRows) {
    const uint32_t size = static_cast<uint32_t>(std::min<int64_t>(kBatchRows, count - begin));
    BufferRef keys = BufferRef::Of<int64_t>(size), values = BufferRef::Of<int64_t>(size);
    for (uint32_t i = 0; i < size; ++i) {
      keys.mutable_as<int64_t>()[i] = next_key(begin + i);
      values.mutable_as<int64_t>()[i] = begin + i;
    }
    batches.emplace_back(
        size, std::vector<Column>{Column(kBigint, size, std::move(keys)), Column(kBigint, size, std::move(values))});
  }
  return batches;
}

const std::vector<DeltaBatch>& Facts() {
  static const auto* const kRows = new std::vector<DeltaBatch>(MakeRows(
      kFacts, [random = std::mt19937_64(1)](int64_t) mutable { return static_cast<int64_t>(random() % kDimension); }));
  return *kRows;
}
const std::vector<DeltaBatch>& Dimension() {
  static const auto* const kRows =
      new std::vector<DeltaBatch>(MakeRows(kDimension, [](int64_t i) { return i * 7919 % kDimension; }));
  return *kRows;
}

int64_t Drain(Operator& op, Progress progress, Output& out) {
  int64_t rows = 0;
  for (;;) {
    for (const DeltaBatch& batch : out.TakeBatches()) rows += batch.size();
    if (progress == Progress::kDone) return rows;
    progress = op.Resume(out);
  }
}

int64_t PushAll(Operator& op, uint32_t port, const std::vector<DeltaBatch>& batches, Output& out) {
  int64_t rows = 0;
  for (const DeltaBatch& batch : batches) rows += Drain(op, op.Push(PortIndex(port), batch, out), out);
  return rows;
}

// ns a row of both inputs: the dimension first, then the facts, one epoch.
void BM_JoinFactsWithDimension(benchmark::State& state, Kind kind) {
  Facts();
  Dimension();
  int64_t rows = 0;
  for (auto _ : state) {
    std::unique_ptr<Operator> join = MakeJoin(kind);
    Output out;
    rows = PushAll(*join, 1, Dimension(), out) + PushAll(*join, 0, Facts(), out);
    rows += Drain(*join, join->Seal({Epoch(1), 0}, out), out);
    state.PauseTiming();
    state.counters["state_bytes"] = static_cast<double>(join->StateBytes());
    join.reset();
    state.ResumeTiming();
  }
  if (rows != kFacts) state.SkipWithError("wrong number of rows");
  state.counters["per_row"] =
      benchmark::Counter(static_cast<double>(kFacts + kDimension),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(BM_JoinFactsWithDimension, inner, Kind::kInner)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK_CAPTURE(BM_JoinFactsWithDimension, left, Kind::kLeft)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK_CAPTURE(BM_JoinFactsWithDimension, semi, Kind::kSemi)->Unit(benchmark::kMillisecond)->Iterations(2);

std::vector<DeltaBatch> Negated(const std::vector<DeltaBatch>& batches) {
  std::vector<DeltaBatch> negated;
  for (const DeltaBatch& batch : batches) {
    BufferRef weights = BufferRef::Of<int64_t>(batch.size());
    std::fill_n(weights.mutable_as<int64_t>(), batch.size(), -1);
    negated.emplace_back(batch.size(), batch.columns(), std::move(weights));
  }
  return negated;
}

// ns a fact, in memory that the state has had before: without the page faults of a first fill.
void BM_JoinFactsInWarmMemory(benchmark::State& state) {
  const std::vector<DeltaBatch> retractions = Negated(Facts());
  InnerJoin join(Options());
  Output out;
  PushAll(join, 1, Dimension(), out);
  PushAll(join, 0, Facts(), out);
  for (auto _ : state) {
    state.PauseTiming();
    PushAll(join, 0, retractions, out);
    Drain(join, join.Seal({Epoch(1), 0}, out), out);
    state.ResumeTiming();
    if (PushAll(join, 0, Facts(), out) != kFacts) state.SkipWithError("wrong number of rows");
  }
  state.counters["per_row"] = benchmark::Counter(
      static_cast<double>(kFacts), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_JoinFactsInWarmMemory)->Unit(benchmark::kMillisecond)->Iterations(2);

// An epoch of one fact, on a state of the whole dimension.
void BM_OneRowEpoch(benchmark::State& state, Kind kind) {
  std::unique_ptr<Operator> join = MakeJoin(kind);
  Output out;
  PushAll(*join, 1, Dimension(), out);
  Drain(*join, join->Seal({Epoch(1), 0}, out), out);
  const std::vector<DeltaBatch>& facts = Facts();
  std::vector<DeltaBatch> single;
  for (uint32_t i = 0; i < kBatchRows; ++i) single.push_back(GatherBatch(facts[0], std::vector<uint32_t>{i}));
  uint64_t epoch = 2;
  for (auto _ : state) {
    int64_t rows = Drain(*join, join->Push(PortIndex(0), single[epoch % kBatchRows], out), out);
    rows += Drain(*join, join->Seal({Epoch(epoch), 0}, out), out);
    benchmark::DoNotOptimize(rows);
    ++epoch;
  }
}
BENCHMARK_CAPTURE(BM_OneRowEpoch, inner, Kind::kInner);
BENCHMARK_CAPTURE(BM_OneRowEpoch, left, Kind::kLeft);
BENCHMARK_CAPTURE(BM_OneRowEpoch, semi, Kind::kSemi);

}  // namespace
}  // namespace freshet
