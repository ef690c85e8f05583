// What the building blocks of the engine cost in instructions, which do not vary from run to run: run by
// tools/bench/instructions under callgrind, which counts only while it is told to.
#include <valgrind/callgrind.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/batch_codec.h"
#include "engine/columnar/column_builder.h"
#include "engine/expr/program.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"
#include "engine/operators/group_aggregate.h"
#include "engine/operators/inner_join.h"
#include "engine/operators/upsert.h"
#include "engine/state/key_table.h"
#include "server/formats/api/record_buffer.h"
#include "server/formats/api/row_writer.h"
#include "server/formats/format_list.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};
constexpr int64_t kBatches = 32;
constexpr int64_t kRows = kBatches * kBatchRows;

// Prepared, warmed up; what it does each time it is called is counted.
using Work = std::function<void()>;

Column Bigints(const std::function<int64_t(uint32_t)>& value) {
  BufferRef cells = BufferRef::Of<int64_t>(kBatchRows);
  for (uint32_t i = 0; i < kBatchRows; ++i) cells.mutable_as<int64_t>()[i] = value(i);
  return Column(kBigint, kBatchRows, std::move(cells));
}

// Batches of a random key below `keys`, and a number.
std::vector<DeltaBatch> Batches(int64_t keys) {
  std::mt19937_64 random(1);
  std::vector<DeltaBatch> batches;
  for (int64_t batch = 0; batch < kBatches; ++batch) {
    batches.emplace_back(
        kBatchRows, std::vector<Column>{
                        Bigints([&](uint32_t) { return static_cast<int64_t>(random() % static_cast<uint64_t>(keys)); }),
                        Bigints([&](uint32_t i) { return batch * kBatchRows + i; })});
  }
  return batches;
}

void Seal(Operator& op, Epoch epoch) {
  Output out;
  Progress progress = op.Seal({epoch, 0}, out);
  while (progress == Progress::kMore) {
    out.TakeBatches();
    progress = op.Resume(out);
  }
  out.TakeBatches();
}

// Pushes the batches to port 0 and seals, again and again.
Work PushAndSeal(std::shared_ptr<Operator> op, std::vector<DeltaBatch> batches) {
  auto epoch = std::make_shared<uint64_t>(1);
  Work work = [=, batches = std::move(batches)] {
    Output out;
    for (const DeltaBatch& batch : batches) {
      Progress progress = op->Push(PortIndex(0), batch, out);
      while (progress == Progress::kMore) {
        out.TakeBatches();
        progress = op->Resume(out);
      }
      out.TakeBatches();
    }
    Seal(*op, Epoch((*epoch)++));
  };
  work();
  return work;
}

Work HashKeysOfBatches() {
  return [batches = Batches(1'000'000), key = KeyColumns{ColumnIndex(0)}] {
    for (const DeltaBatch& batch : batches) HashKeys(batch, key, 7);
  };
}

Work ProbeKeyTable() {
  EntryLayout layout({kBigint});
  layout.AddSlot(40);
  auto table = std::make_shared<KeyTable>(layout);
  Work work = [table, batches = Batches(50'000)] {
    KeyBatch keys({ColumnIndex(0)}, {kBigint}, 7, NullKeys::kGroup);
    std::vector<Entry*> entries(kBatchRows);
    for (const DeltaBatch& batch : batches) {
      keys.Assign(batch);
      table->FindOrInsert(keys, entries.data());
    }
  };
  work();
  return work;
}

Work Aggregate(bool append_only) {
  GroupAggregate::Options options;
  options.input_types = {kBigint, kBigint};
  options.key = {ColumnIndex(0)};
  const std::vector<TypeKind> argument = {TypeKind::kBigint};
  options.aggregates = {{FindAggregate("count", {}), {}, {}},
                        {FindAggregate("sum", argument), {ColumnIndex(1)}, {}},
                        {FindAggregate("max", argument), {ColumnIndex(1)}, {}}};
  options.append_only = append_only;
  options.hash_seed = 7;
  return PushAndSeal(std::make_shared<GroupAggregate>(std::move(options)), Batches(5000));
}

Work JoinWithDimension() {
  JoinOptions options;
  options.left = {{kBigint, kBigint}, {ColumnIndex(0)}};
  options.right = {{kBigint, kBigint}, {ColumnIndex(0)}};
  options.node = "join";
  options.hash_seed = 7;
  auto join = std::make_shared<InnerJoin>(options);
  Output out;
  for (int64_t first = 0; first < 50'000; first += kBatchRows) {
    Column keys = Bigints([&](uint32_t i) { return first + i; });
    join->Push(PortIndex(1), DeltaBatch(kBatchRows, {keys, keys}), out);
  }
  Seal(*join, Epoch(1));
  return PushAndSeal(join, Batches(50'000));
}

Work ReplaceByKey() {
  UpsertOptions options;
  options.table_types = {kBigint, kBigint};
  options.key = {ColumnIndex(0)};
  options.node = "upsert";
  options.hash_seed = 7;
  std::vector<DeltaBatch> batches;
  for (const DeltaBatch& batch : Batches(20'000)) {
    ColumnBuilder partition({TypeKind::kText});
    for (uint32_t row = 0; row < kBatchRows; ++row) partition.AppendString("topic/0");
    batches.emplace_back(kBatchRows, std::vector<Column>{batch.column(ColumnIndex(0)), batch.column(ColumnIndex(1)),
                                                         batch.column(ColumnIndex(1)), partition.Finish(),
                                                         batch.column(ColumnIndex(1))});
  }
  return PushAndSeal(std::make_shared<Upsert>(options), std::move(batches));
}

Work Evaluate() {
  const Expression a = Expression::Column(ColumnIndex(0), kBigint), b = Expression::Column(ColumnIndex(1), kBigint);
  auto call = [](std::string_view name, std::vector<Expression> arguments) {
    const std::vector<TypeKind> kinds(arguments.size(), TypeKind::kBigint);
    return Expression::Call(*FindScalarFunction(name, kinds), std::move(arguments));
  };
  auto sum = std::make_shared<Program>(std::vector<DataType>{kBigint, kBigint},
                                       std::vector<Expression>{call("+", {a, call("*", {b, a})})});
  auto condition =
      std::make_shared<Program>(std::vector<DataType>{kBigint, kBigint}, std::vector<Expression>{call("<", {a, b})});
  return [=, batches = Batches(50'000)] {
    std::vector<uint32_t> selected;
    for (const DeltaBatch& batch : batches) {
      condition->Select(batch, &selected);
      sum->Evaluate(batch);
    }
  };
}

Work CodeBatches() {
  return [batches = Batches(1'000'000), types = std::vector<DataType>{kBigint, kBigint}] {
    for (const DeltaBatch& batch : batches) {
      std::string bytes;
      EncodeBatch(batch, &bytes);
      CHECK(DecodeBatch(bytes, types).ok());
    }
  };
}

// Frames, decodes and builds batches of all columns, as a source's reading thread does.
Work Decode(std::string_view format_name, int columns, v1::TypeKind kind,
            const std::function<std::string(int64_t)>& line) {
  v1::Table table;
  table.set_name("t");
  RowWriter::Options options;
  for (int i = 0; i < columns; ++i) {
    v1::Column& column = *table.add_columns();
    column.set_name(StrCat("c", i));
    column.mutable_type()->set_kind(kind);
    options.wanted.push_back(static_cast<uint32_t>(i));
  }
  auto shape = MakeTableShape(table);
  CHECK(shape.ok());
  auto writer = std::make_shared<RowWriter>(*shape, options);
  const Format* format = FindFormat(format_name);
  const DecoderSpec spec{*shape, writer->needed(), {}, Envelope::kPlain, false};
  std::shared_ptr<Framer> framer = format->MakeFramer(spec);
  auto made = format->MakeDecoder(spec);
  CHECK(made.ok());
  std::shared_ptr<RecordDecoder> decoder = *std::move(made);
  auto buffer = std::make_shared<RecordBuffer>(framer.get(), 1 << 24);
  std::string text;
  for (int64_t i = 0; i < kRows; ++i) text += line(i);
  Work work = [=] {
    FieldRow row;
    row.cells.resize(static_cast<size_t>(columns));
    buffer->Restart(0, 0);
    text.copy(buffer->Prepare(text.size()).data(), text.size());
    buffer->Commit(text.size());
    (void)framer;
    while (auto record = buffer->Next()) {
      RecordPlace place;
      place.offset = record->offset;
      CHECK(!decoder->Decode(record->record, row));
      CHECK(!writer->Write(row, place));
      if (writer->rows() == kBatchRows) writer->Finish();
    }
    writer->Finish();
  };
  work();
  return work;
}

struct Block {
  const char* name;
  std::function<Work()> prepare;
};

const Block kBlocks[] = {
    {"hash of a bigint key", HashKeysOfBatches},
    {"look-up in a key table", ProbeKeyTable},
    {"group by: count, sum, max; append-only", [] { return Aggregate(true); }},
    {"group by: count, sum, max", [] { return Aggregate(false); }},
    {"join with a dimension", JoinWithDimension},
    {"replacement by primary key", ReplaceByKey},
    {"a filter and two operations", Evaluate},
    {"two bigints coded and decoded for another shard", CodeBatches},
    {"CSV: two bigints",
     [] { return Decode("csv", 2, v1::BIGINT, [](int64_t i) { return StrCat(i * 7919 % 4'847'571, ",", i, "\n"); }); }},
    {"JSON: a word",
     [] {
       return Decode("json", 1, v1::TEXT,
                     [](int64_t i) { return StrCat("{\"c0\": \"word", 100 + i * 7919 % 900, "\"}\n"); });
     }},
};

}  // namespace
}  // namespace freshet

// Without an argument: the names of the blocks, a line each. With a name: does its work once, and prints its rows.
int main(int argc, char** argv) {
  for (const freshet::Block& block : freshet::kBlocks) {
    if (argc < 2) std::printf("%s\n", block.name);
    if (argc < 2 || std::string_view(argv[1]) != block.name) continue;
    const freshet::Work work = block.prepare();
    CALLGRIND_TOGGLE_COLLECT;
    work();
    CALLGRIND_TOGGLE_COLLECT;
    std::printf("%ld\n", static_cast<long>(freshet::kRows));
  }
  return 0;
}
