#include "engine/state/relation_slot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "engine/columnar/text_form.h"
#include "tests/engine/state/map_state_store.h"

namespace freshet {
namespace {

constexpr uint64_t kSeed = 42;
const Schema kSchema = {{"key", {TypeKind::kBigint}},          {"flag", {TypeKind::kBoolean}},
                        {"number", {TypeKind::kInteger}},      {"amount", {TypeKind::kNumeric}},
                        {"ratio", {TypeKind::kDouble}},        {"name", {TypeKind::kText}},
                        {"price", {TypeKind::kNumeric, 12, 2}}};
const KeyColumns kKey = {ColumnIndex(0)};
const KeyColumns kCells = {ColumnIndex(0), ColumnIndex(1), ColumnIndex(2), ColumnIndex(3),
                           ColumnIndex(4), ColumnIndex(5), ColumnIndex(6)};
const StateId kId = {"node", "rows"};

// A table with one relation, and what the tests do with it. The first column is the key.
struct Relation {
  explicit Relation(Schema schema = kSchema, KeyColumns cells = kCells)
      : schema(std::move(schema)),
        cells(std::move(cells)),
        layout({{TypeKind::kBigint}}),
        slot(layout, CellTypes()),
        table(layout) {}

  std::vector<DataType> CellTypes() const {
    std::vector<DataType> types;
    for (ColumnIndex cell : cells) types.push_back(schema[cell.value()].type);
    return types;
  }

  void Add(const DeltaBatch& batch) {
    keys.Assign(batch);
    std::vector<Entry*> entries(keys.size());
    table.FindOrInsert(keys, entries.data());
    slot.Add(table, batch, cells, keys.rows(), entries);
    for (Entry* entry : std::set<Entry*>(entries.begin(), entries.end())) {
      if (slot.IsEmpty(entry)) table.Retire(entry);
    }
  }

  // The cells of all rows.
  ZSet Rows() const {
    ZSet all;
    KeyTable::Cursor cursor;
    std::vector<Entry*> entries;
    while (table.Scan(&cursor, 7, &entries)) {
    }
    for (Entry* entry : entries) {
      std::vector<const StoredRow*> rows;
      while (rows.size() < slot.RowCount(entry)) {
        StoredRowRun run = slot.RowsFrom(entry, static_cast<uint32_t>(rows.size()));
        for (uint32_t i = 0; i < run.count; ++i) rows.push_back(run.Row(i));
      }
      BufferRef weights = BufferRef::Of<int64_t>(rows.size());
      for (size_t i = 0; i < rows.size(); ++i) weights.mutable_as<int64_t>()[i] = rows[i]->weight();
      std::vector<Column> columns;
      for (uint32_t i = 0; i < cells.size(); ++i) columns.push_back(slot.Gather(i, rows));
      all.Add(DeltaBatch(static_cast<uint32_t>(rows.size()), std::move(columns), std::move(weights)));
    }
    return all;
  }

  void Save(MapStateStore& store) {
    table.DrainDirty([&](auto live, auto retired) { slot.Save(table, live, retired, kId, store); });
  }
  absl::Status Load(MapStateStore& store) {
    for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) {
      if (absl::Status status = slot.Load(table, kSeed, kId, VnodeId(vnode), store); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  Schema schema;
  KeyColumns cells;
  EntryLayout layout;
  RelationSlot slot;
  KeyTable table;
  KeyBatch keys{kKey, {{TypeKind::kBigint}}, kSeed, NullKeys::kGroup};
};

Row RandomRow(std::mt19937_64& random, int64_t key, uint64_t variety) {
  uint64_t n = random() % variety;
  auto maybe = [&](Datum datum) {
    if (random() % 16 == 0) return Datum::Null();
    if (random() % 16 == 0) return Datum::Error(CellError::kDivisionByZero);
    return datum;
  };
  return {Datum::Int(key),
          maybe(Datum::Bool(n % 2 == 0)),
          maybe(Datum::Int(static_cast<int32_t>(n))),
          maybe(Datum::Decimal(Numeric::Make(static_cast<int64_t>(n) + 1, 2))),
          maybe(Datum::Double(n == 3 ? __builtin_nan("") : static_cast<double>(n) / 7)),
          maybe(Datum::Text(n % 3 == 0 ? "short" : "a long text, number " + std::to_string(n))),
          maybe(Datum::Decimal(Numeric::Make(50 - static_cast<int64_t>(n), 2)))};
}

class RelationSlotTest : public testing::TestWithParam<int> {};

// Random histories of small and hub keys; saved now and then, and read into a new table in the middle.
TEST_P(RelationSlotTest, AgreesWithAZSetOverRestarts) {
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  auto relation = std::make_unique<Relation>();
  MapStateStore store;
  ZSet model;
  uint64_t keys = 1 + random() % 20;
  for (int step = 0; step < 120; ++step) {
    std::vector<std::pair<Row, int64_t>> rows;
    bool shrink = step / 20 % 2 == 1;
    uint64_t retractions = random() % 50;
    for (const auto& [row, weight] : model.rows()) {
      if (shrink ? random() % 4 == 0 : random() % 200 < retractions) rows.push_back({row, -weight});
    }
    for (uint64_t i = random() % (shrink ? 5 : 150); i > 0; --i) {
      rows.push_back({RandomRow(random, static_cast<int64_t>(random() % keys), 1000), random() % 5 == 0 ? 2 : 1});
    }
    std::shuffle(rows.begin(), rows.end(), random);
    DeltaBatch batch = BatchOf(rows, kSchema);
    relation->Add(batch);
    model.Add(batch);
    ASSERT_EQ(relation->Rows(), model) << "step " << step;
    if (random() % 8 == 0) relation->Save(store);
    if (random() % 15 == 0) {
      relation->Save(store);
      relation = std::make_unique<Relation>();
      ASSERT_TRUE(relation->Load(store).ok());
      ASSERT_EQ(relation->Rows(), model) << "loaded at step " << step;
    }
  }
  std::vector<std::pair<Row, int64_t>> all;
  for (const auto& [row, weight] : model.rows()) all.push_back({row, -weight});
  relation->Add(BatchOf(all, kSchema));
  EXPECT_TRUE(relation->Rows().empty());
  EXPECT_EQ(relation->table.size(), 0u);
  relation->Save(store);
  EXPECT_EQ(store.size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RelationSlotTest, testing::Range(0, 12));

// Rows that fit into the entry, weights that do not fit beside the marks of a row.
TEST_P(RelationSlotTest, KeepsNarrowRowsAndWeightsOfAnySize) {
  constexpr int64_t kWeights[] = {1, 1, 1, -1, 3, int64_t{1} << 47, -(int64_t{1} << 47) - 1, int64_t{1} << 61};
  const Schema schema = {{"key", {TypeKind::kBigint}}, {"value", {TypeKind::kBigint}}};
  const KeyColumns cells = {ColumnIndex(1)};
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  auto relation = std::make_unique<Relation>(schema, cells);
  MapStateStore store;
  ZSet model;  // of values, which tell their keys
  const size_t empty = relation->table.pool().used_bytes();
  auto add = [&](const std::vector<std::pair<Row, int64_t>>& rows) {
    DeltaBatch batch = BatchOf(rows, schema);
    relation->Add(batch);
    model.Add(DeltaBatch(batch.size(), {batch.column(ColumnIndex(1))}, batch.weights_buffer()));
  };
  auto retract_all = [&] {
    std::vector<std::pair<Row, int64_t>> rows;
    for (const auto& [row, weight] : model.rows()) {
      const int64_t key = row[0].is_value() ? row[0].int_value() / 1000 : 0;
      rows.push_back({{Datum::Int(key), row[0]}, -weight});
    }
    add(rows);
  };
  for (int step = 0; step < 60; ++step) {
    std::vector<std::pair<Row, int64_t>> rows;
    for (uint64_t i = random() % 60; i > 0; --i) {
      const int64_t key = static_cast<int64_t>(random() % 8);
      const int64_t number = static_cast<int64_t>(random() % (1 + static_cast<uint64_t>(key * key)));
      const bool null = key == 0 && random() % 2 == 0;
      rows.push_back({{Datum::Int(key), null ? Datum::Null() : Datum::Int(key * 1000 + number)}, 0});
      const int64_t weight = kWeights[random() % std::size(kWeights)];
      const auto found = model.rows().find({rows.back().first[1]});
      const int64_t old = found == model.rows().end() ? 0 : found->second;
      rows.back().second = old > 1 << 20 || old < -(1 << 20) ? -old : weight;  // no sum overflows
      add({rows.back()});
    }
    ASSERT_EQ(relation->Rows(), model) << "step " << step;
    if (step % 20 == 19) {
      relation->Save(store);
      relation = std::make_unique<Relation>(schema, cells);
      ASSERT_TRUE(relation->Load(store).ok());
      ASSERT_EQ(relation->Rows(), model) << "loaded at step " << step;
    }
    if (step % 15 == 14) {
      retract_all();
      EXPECT_TRUE(relation->Rows().empty());
      EXPECT_EQ(relation->table.size(), 0u);
    }
  }
  retract_all();
  relation->Save(store);
  EXPECT_EQ(store.size(), 0u);
  EXPECT_LE(relation->table.pool().used_bytes(), empty + 4096);
}

TEST(RelationSlotFormTest, TellsNullsOfManyColumns) {
  Schema schema;
  KeyColumns cells;
  for (uint32_t i = 0; i < 40; ++i) {
    schema.push_back({"column" + std::to_string(i), {TypeKind::kBigint}});
    cells.push_back(ColumnIndex(i));
  }
  Relation relation(schema, cells);
  ZSet model;
  std::vector<std::pair<Row, int64_t>> rows;
  for (size_t null = 0; null < schema.size(); ++null) {
    Row row(schema.size(), Datum::Int(0));
    if (null > 0) row[null] = Datum::Null();
    rows.push_back({row, 1});
  }
  relation.Add(BatchOf(rows, schema));
  model.Add(BatchOf(rows, schema));
  EXPECT_EQ(relation.Rows(), model);
  EXPECT_EQ(model.rows().size(), schema.size());
}

TEST(RelationSlotHubTest, SavesOnlyThePagesThatChanged) {
  Relation relation;
  MapStateStore store;
  std::vector<std::pair<Row, int64_t>> rows;
  for (int i = 0; i < 20000; ++i) {
    rows.push_back({{Datum::Int(1), Datum::Bool(true), Datum::Int(i), Datum::Null(), Datum::Null(), Datum::Text("x"),
                     Datum::Null()},
                    1});
  }
  relation.Add(BatchOf(rows, kSchema));
  relation.Save(store);
  int64_t pages = store.puts;
  EXPECT_GT(pages, 20);
  rows.resize(1);
  rows[0].second = -1;
  relation.Add(BatchOf(rows, kSchema));
  relation.Save(store);
  EXPECT_LE(store.puts - pages, 2);
  Relation loaded;
  ASSERT_TRUE(loaded.Load(store).ok());
  EXPECT_EQ(loaded.Rows(), relation.Rows());
}

TEST(RelationSlotFormTest, CellsOfOtherFormAreOtherRows) {
  Relation relation;
  auto row = [](Numeric amount, double ratio) {
    return Row{Datum::Int(1),        Datum::Bool(true), Datum::Int(1), Datum::Decimal(amount),
               Datum::Double(ratio), Datum::Null(),     Datum::Null()};
  };
  relation.Add(BatchOf({{row(Numeric::Make(10, 1), 1), 1}, {row(Numeric::Make(100, 2), 1), 1}}, kSchema));
  DeltaBatch any = BatchOf({{row(Numeric(), 0), 1}}, kSchema);
  relation.keys.Assign(any);
  Entry* entry;
  relation.table.Find(relation.keys, &entry);
  EXPECT_EQ(relation.slot.RowCount(entry), 2u);
}

TEST(RelationSlotFormTest, ClearFreesEverything) {
  Relation relation;
  size_t empty = relation.table.pool().used_bytes();
  for (int count : {1, 50, 5000}) {
    std::vector<std::pair<Row, int64_t>> rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back({{Datum::Int(1), Datum::Null(), Datum::Int(i), Datum::Null(), Datum::Null(),
                       Datum::Text("a text of some length " + std::to_string(i)), Datum::Null()},
                      1});
    }
    relation.Add(BatchOf(rows, kSchema));
    DeltaBatch any = BatchOf({rows[0]}, kSchema);
    relation.keys.Assign(any);
    Entry* entry;
    relation.table.Find(relation.keys, &entry);
    relation.slot.Clear(relation.table, entry);
    EXPECT_TRUE(relation.slot.IsEmpty(entry));
    EXPECT_LE(relation.table.pool().used_bytes(), empty + 4096) << count;
  }
}

TEST(RelationSlotLoadTest, TellsAnotherSeed) {
  Relation relation;
  MapStateStore store;
  relation.Add(BatchOf(
      {{Row{Datum::Int(1), Datum::Null(), Datum::Null(), Datum::Null(), Datum::Null(), Datum::Null(), Datum::Null()},
        1}},
      kSchema));
  relation.Save(store);
  Relation other;
  absl::Status status;
  for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) {
    status.Update(other.slot.Load(other.table, kSeed + 1, kId, VnodeId(vnode), store));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace freshet
