// What the columns cost: key hashes, gathers, building, coding. Time per row is 1 / items_per_second.
#include <benchmark/benchmark.h>

#include "engine/columnar/batch_codec.h"
#include "engine/columnar/key_columns.h"
#include "engine/columnar/row_codec.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

DeltaBatch BatchOfType(TypeKind kind, double null_share) {
  Random random(1);
  RandomRowOptions options{.null_share = null_share, .distinct = 1000, .awkward_share = 0, .weight_max = 0};
  return RandomBatch(random, {{"a", {kind}}, {"b", {kind}}}, kBatchRows, options);
}

void CountRows(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * kBatchRows); }

void HashKeysOf(benchmark::State& state, TypeKind kind, double null_share) {
  DeltaBatch batch = BatchOfType(kind, null_share);
  KeyColumns key = {ColumnIndex(0)};
  for (auto _ : state) benchmark::DoNotOptimize(HashKeys(batch, key, 7));
  CountRows(state);
}
BENCHMARK_CAPTURE(HashKeysOf, bigint, TypeKind::kBigint, 0.0);
BENCHMARK_CAPTURE(HashKeysOf, bigint_nulls, TypeKind::kBigint, 0.1);
BENCHMARK_CAPTURE(HashKeysOf, integer, TypeKind::kInteger, 0.0);
BENCHMARK_CAPTURE(HashKeysOf, double, TypeKind::kDouble, 0.0);
BENCHMARK_CAPTURE(HashKeysOf, numeric, TypeKind::kNumeric, 0.0);
BENCHMARK_CAPTURE(HashKeysOf, text, TypeKind::kText, 0.0);

void HashTwoColumns(benchmark::State& state) {
  DeltaBatch batch = BatchOfType(TypeKind::kBigint, 0);
  KeyColumns key = {ColumnIndex(0), ColumnIndex(1)};
  for (auto _ : state) benchmark::DoNotOptimize(HashKeys(batch, key, 7));
  CountRows(state);
}
BENCHMARK(HashTwoColumns);

// Inline texts only: words of a stream.
void HashShortTexts(benchmark::State& state) {
  ColumnBuilder builder({TypeKind::kText});
  Random random(2);
  for (uint32_t row = 0; row < kBatchRows; ++row) builder.AppendString("word" + std::to_string(random() % 1000));
  DeltaBatch batch(kBatchRows, {builder.Finish()});
  KeyColumns key = {ColumnIndex(0)};
  for (auto _ : state) benchmark::DoNotOptimize(HashKeys(batch, key, 7));
  CountRows(state);
}
BENCHMARK(HashShortTexts);

void Gather(benchmark::State& state, TypeKind kind, double null_share) {
  DeltaBatch batch = BatchOfType(kind, null_share);
  std::vector<uint32_t> rows(kBatchRows);
  for (uint32_t i = 0; i < kBatchRows; ++i) rows[i] = (i * 37) % kBatchRows;
  for (auto _ : state) benchmark::DoNotOptimize(GatherColumn(batch.column(ColumnIndex(0)), rows));
  CountRows(state);
}
BENCHMARK_CAPTURE(Gather, boolean, TypeKind::kBoolean, 0.0);
BENCHMARK_CAPTURE(Gather, bigint, TypeKind::kBigint, 0.0);
BENCHMARK_CAPTURE(Gather, bigint_nulls, TypeKind::kBigint, 0.1);
BENCHMARK_CAPTURE(Gather, numeric, TypeKind::kNumeric, 0.0);
BENCHMARK_CAPTURE(Gather, text, TypeKind::kText, 0.0);

void BuildIntegers(benchmark::State& state) {
  ColumnBuilder builder({TypeKind::kBigint});
  for (auto _ : state) {
    for (int64_t row = 0; row < kBatchRows; ++row) builder.Append(row);
    benchmark::DoNotOptimize(builder.Finish());
  }
  CountRows(state);
}
BENCHMARK(BuildIntegers);

void BuildTexts(benchmark::State& state, std::string_view text) {
  ColumnBuilder builder({TypeKind::kText});
  for (auto _ : state) {
    for (uint32_t row = 0; row < kBatchRows; ++row) builder.AppendString(text);
    benchmark::DoNotOptimize(builder.Finish());
  }
  CountRows(state);
}
BENCHMARK_CAPTURE(BuildTexts, inline, "word");
BENCHMARK_CAPTURE(BuildTexts, long, "a word with more than twelve bytes");

void EncodeFrames(benchmark::State& state, TypeKind kind) {
  DeltaBatch batch = BatchOfType(kind, 0);
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    EncodeBatch(batch, &bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  CountRows(state);
}
BENCHMARK_CAPTURE(EncodeFrames, bigint, TypeKind::kBigint);
BENCHMARK_CAPTURE(EncodeFrames, text, TypeKind::kText);

void DecodeFrames(benchmark::State& state, TypeKind kind) {
  std::string bytes;
  EncodeBatch(BatchOfType(kind, 0), &bytes);
  std::vector<DataType> types(2, DataType{kind});
  for (auto _ : state) benchmark::DoNotOptimize(DecodeBatch(bytes, types));
  CountRows(state);
}
BENCHMARK_CAPTURE(DecodeFrames, bigint, TypeKind::kBigint);
BENCHMARK_CAPTURE(DecodeFrames, text, TypeKind::kText);

void EncodeRows(benchmark::State& state, TypeKind kind) {
  DeltaBatch batch = BatchOfType(kind, 0);
  KeyColumns columns = {ColumnIndex(0), ColumnIndex(1)};
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    for (uint32_t row = 0; row < batch.size(); ++row) EncodeRow(batch, columns, row, &bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  CountRows(state);
}
BENCHMARK_CAPTURE(EncodeRows, bigint, TypeKind::kBigint);
BENCHMARK_CAPTURE(EncodeRows, text, TypeKind::kText);

void DecodeRows(benchmark::State& state, TypeKind kind) {
  DeltaBatch batch = BatchOfType(kind, 0);
  KeyColumns columns = {ColumnIndex(0), ColumnIndex(1)};
  std::string bytes;
  for (uint32_t row = 0; row < batch.size(); ++row) EncodeRow(batch, columns, row, &bytes);
  std::vector<ColumnBuilder> builders;
  for (const Column& column : batch.columns()) builders.emplace_back(column.type());
  for (auto _ : state) {
    std::string_view rest = bytes;
    while (!rest.empty()) CHECK(DecodeRow(&rest, builders).ok());
    for (ColumnBuilder& builder : builders) benchmark::DoNotOptimize(builder.Finish());
  }
  CountRows(state);
}
BENCHMARK_CAPTURE(DecodeRows, bigint, TypeKind::kBigint);
BENCHMARK_CAPTURE(DecodeRows, text, TypeKind::kText);

}  // namespace
}  // namespace freshet
