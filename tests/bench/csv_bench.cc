// Decoding records into columns. Goal (issue 5): a CSV row of two integers in at most 40 ns, ENGINE.md §7.5: 1-2 GB/s.
#include <benchmark/benchmark.h>

#include <string>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/formats/api/record_buffer.h"
#include "server/formats/api/row_writer.h"
#include "server/formats/format_list.h"

namespace freshet {
namespace {

constexpr int kRows = 100'000;

v1::Table MakeTable(int columns, v1::TypeKind kind) {
  v1::Table table;
  table.set_name("t");
  for (int i = 0; i < columns; ++i) {
    v1::Column& column = *table.add_columns();
    column.set_name(StrCat("c", i));
    column.mutable_type()->set_kind(kind);
  }
  return table;
}

// Frames, decodes and builds batches of all columns, as a source's reading thread does.
void Decode(benchmark::State& state, std::string_view format_name, const v1::Table& table, const std::string& text) {
  const Format* format = FindFormat(format_name);
  auto shape = MakeTableShape(table);
  CHECK(shape.ok());
  RowWriter::Options options;
  for (int i = 0; i < table.columns_size(); ++i) options.wanted.push_back(static_cast<uint32_t>(i));
  RowWriter writer(*shape, options);
  DecoderSpec spec{*shape, writer.needed(), {}, Envelope::kPlain, false};
  auto framer = format->MakeFramer(spec);
  auto decoder = format->MakeDecoder(spec);
  CHECK(decoder.ok());
  FieldRow row;
  row.cells.resize(shape->columns.size());
  RecordBuffer buffer(framer.get(), 1 << 24);
  for (auto unused : state) {
    buffer.Restart(0, 0);
    size_t at = 0;
    while (at < text.size()) {
      size_t size = std::min<size_t>(1 << 20, text.size() - at);
      text.copy(buffer.Prepare(size).data(), size, at);
      buffer.Commit(size);
      at += size;
      while (auto record = buffer.Next()) {
        RecordPlace place;
        place.offset = record->offset;
        CHECK(!(*decoder)->Decode(record->record, row));
        CHECK(!writer.Write(row, place));
        if (writer.rows() == kBatchRows) benchmark::DoNotOptimize(writer.Finish());
      }
    }
    benchmark::DoNotOptimize(writer.Finish());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(kRows) / 1e9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BM_CsvTwoIntegers(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < kRows; ++i) StrAppend(&text, i * 7919 % 4'847'571, ",", i * 104'729 % 4'847'571, "\n");
  Decode(state, "csv", MakeTable(2, v1::BIGINT), text);
}
BENCHMARK(BM_CsvTwoIntegers);

void BM_CsvTwoTexts(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < kRows; ++i) StrAppend(&text, "carrier", i % 97, ",", "a longer name of carrier ", i, "\n");
  Decode(state, "csv", MakeTable(2, v1::TEXT), text);
}
BENCHMARK(BM_CsvTwoTexts);

void BM_JsonTwoIntegers(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < kRows; ++i) StrAppend(&text, "{\"c0\":", i * 7919 % 4'847'571, ",\"c1\":", i, "}\n");
  Decode(state, "json", MakeTable(2, v1::BIGINT), text);
}
BENCHMARK(BM_JsonTwoIntegers);

void BM_JsonWord(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < kRows; ++i) StrAppend(&text, "{\"c0\": \"word", 100 + i * 7919 % 900, "\"}\n");
  Decode(state, "json", MakeTable(1, v1::TEXT), text);
}
BENCHMARK(BM_JsonWord);

// Records of ever other shapes: fields in another order, values that are objects.
void BM_JsonShapesDiffer(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < kRows; ++i) {
    StrAppend(&text, "{\"c", i * 7919 % 97, "\":{\"x", i % 89, "\":1},\"c0\":", i, ",\"c1\":", i, "}\n");
  }
  Decode(state, "json", MakeTable(2, v1::BIGINT), text);
}
BENCHMARK(BM_JsonShapesDiffer);

void BM_RawLines(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < kRows; ++i) StrAppend(&text, "In the beginning God created the heaven and the earth. ", i, "\n");
  Decode(state, "raw", MakeTable(1, v1::TEXT), text);
}
BENCHMARK(BM_RawLines);

}  // namespace
}  // namespace freshet
