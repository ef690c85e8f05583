#include "engine/state/key_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "engine/columnar/text_form.h"

namespace freshet {
namespace {

constexpr uint64_t kSeed = 42;

Schema SchemaOf(std::span<const DataType> types) {
  Schema schema;
  for (DataType type : types) schema.push_back({"c" + std::to_string(schema.size()), type});
  return schema;
}

KeyColumns AllColumns(size_t count) {
  KeyColumns key;
  for (uint32_t i = 0; i < count; ++i) key.push_back(ColumnIndex(i));
  return key;
}

DeltaBatch BatchOfKeys(const std::vector<Row>& keys, std::span<const DataType> types) {
  std::vector<std::pair<Row, int64_t>> rows;
  for (const Row& key : keys) rows.push_back({key, 1});
  return BatchOf(rows, SchemaOf(types));
}

Row KeyOf(const KeyTable& table, const Entry* entry) {
  Row row;
  for (uint32_t i = 0; i < table.layout().key().size(); ++i) row.push_back(DatumAt(table.GatherKey(i, {&entry, 1}), 0));
  return row;
}

Datum RandomDatum(DataType type, std::mt19937_64& random, bool nulls) {
  if (nulls && random() % 6 == 0) return Datum::Null();
  int64_t value = static_cast<int64_t>(random() % 12) - 4;
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
      return Datum::Bool(value % 2 == 0);
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      return Datum::Int(value);
    case PhysicalType::kDouble:
      return Datum::Double(value == 0   ? (random() % 2 == 0 ? 0.0 : -0.0)
                           : value == 1 ? __builtin_nan("")
                                        : value / 3.0);
    case PhysicalType::kNumeric:
      return Datum::Decimal(random() % 2 == 0 ? Numeric::Make(value, 0) : Numeric::Make(value * 100, 2));
    case PhysicalType::kString:
      return Datum::Text(value % 2 == 0 ? "s" + std::to_string(value) : std::string(30, 'x') + std::to_string(value));
  }
  __builtin_unreachable();
}

struct KeyShape {
  std::string name;
  std::vector<DataType> types;
};

class KeyTableTest : public testing::TestWithParam<KeyShape> {};

// Inserts, finds, retires and saves random keys against a std::map.
TEST_P(KeyTableTest, AgreesWithAMap) {
  const std::vector<DataType>& types = GetParam().types;
  EntryLayout layout(types);
  uint32_t slot = layout.AddSlot(8);
  KeyTable table(layout);
  KeyBatch keys(AllColumns(types.size()), types, kSeed, NullKeys::kGroup);
  std::map<Row, int64_t> model;
  std::mt19937_64 random(3);
  for (int step = 0; step < 300; ++step) {
    std::vector<Row> rows(random() % 40);
    for (Row& row : rows) {
      for (DataType type : types) row.push_back(RandomDatum(type, random, step % 2 == 0));
    }
    DeltaBatch batch = BatchOfKeys(rows, types);
    keys.Assign(batch);
    ASSERT_EQ(keys.size(), rows.size());
    std::vector<Entry*> entries(rows.size());
    if (random() % 3 == 0) {
      table.Find(keys, entries.data());
      for (size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(entries[i] != nullptr, model.contains(rows[i])) << step;
        if (entries[i] != nullptr) ASSERT_EQ(entries[i]->At<int64_t>(slot), model[rows[i]]);
      }
    } else {
      table.FindOrInsert(keys, entries.data());
      for (size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(KeyOf(table, entries[i]), rows[i]);
        ASSERT_EQ(entries[i]->At<int64_t>(slot), model[rows[i]]);
        entries[i]->At<int64_t>(slot) = model[rows[i]] = static_cast<int64_t>(random() % 100);
        if (random() % 2 == 0) table.MarkDirty(entries[i]);
      }
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      auto it = model.find(rows[i]);
      if (it == model.end() || entries[i] == nullptr || random() % 2 == 0) continue;
      entries[i]->At<int64_t>(slot) = 0;
      table.Retire(entries[i]);
      model.erase(it);
    }
    if (random() % 20 == 0) table.DrainDirty([](auto live, auto retired) {});
    ASSERT_EQ(table.size(), model.size());
  }
  size_t seen = 0;
  for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) {
    table.ForEachInVnode(VnodeId(vnode), [&](Entry* entry) {
      EXPECT_EQ(entry->At<int64_t>(slot), model.at(KeyOf(table, entry)));
      EXPECT_EQ(VnodeOf(entry->hash), VnodeId(vnode));
      ++seen;
    });
  }
  EXPECT_EQ(seen, model.size());
}

std::vector<DataType> ManyTypes() {
  std::vector<DataType> types(18, DataType{TypeKind::kBoolean});
  types.push_back({TypeKind::kText});
  return types;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, KeyTableTest,
    testing::Values(KeyShape{"Nothing", {}}, KeyShape{"Bigint", {{TypeKind::kBigint}}},
                    KeyShape{"Integer", {{TypeKind::kInteger}}}, KeyShape{"Boolean", {{TypeKind::kBoolean}}},
                    KeyShape{"Double", {{TypeKind::kDouble}}}, KeyShape{"Text", {{TypeKind::kText}}},
                    KeyShape{"Numeric", {{TypeKind::kNumeric}}},
                    KeyShape{"Two", {{TypeKind::kBigint}, {TypeKind::kDate}}},
                    KeyShape{"Mixed", {{TypeKind::kText}, {TypeKind::kNumeric}, {TypeKind::kDouble}}},
                    KeyShape{"Many", ManyTypes()}),
    [](const auto& info) { return info.param.name; });

// All rows carry one hash, as an adversary or bad luck may have it.
TEST(KeyTableCollisionTest, KeysOfOneHashHaveParts) {
  std::vector<DataType> types{{TypeKind::kBigint}};
  EntryLayout layout(types);
  KeyTable table(layout);
  KeyBatch keys(AllColumns(1), types, kSeed, NullKeys::kGroup);
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) rows.push_back({Datum::Int(i)});
  DeltaBatch batch = BatchOfKeys(rows, types);
  BufferRef hashes = BufferRef::AllocateZeroed(20 * 8);
  batch.SetHashes(AllColumns(1), hashes);
  keys.Assign(batch);
  std::vector<Entry*> entries(20);
  table.FindOrInsert(keys, entries.data());
  std::set<uint32_t> parts;
  for (Entry* entry : entries) parts.insert(KeyTable::PartOf(entry));
  EXPECT_EQ(parts.size(), 20u);
  EXPECT_EQ(*parts.rbegin(), 19u);
  table.Retire(entries[7]);
  std::vector<Entry*> found(20);
  table.Find(keys, found.data());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(found[i], i == 7 ? nullptr : entries[i]);
  table.FindOrInsert(keys, found.data());
  EXPECT_EQ(KeyTable::PartOf(found[7]), 7u);
}

TEST(KeyTableLifeTest, ARetiredEntryStaysUntilTheStoreKnows) {
  std::vector<DataType> types{{TypeKind::kText}};
  EntryLayout layout(types);
  KeyTable table(layout);
  KeyBatch keys(AllColumns(1), types, kSeed, NullKeys::kGroup);
  DeltaBatch batch = BatchOfKeys({{Datum::Text("a text of more than twelve bytes")}}, types);
  keys.Assign(batch);
  Entry* entry;
  table.FindOrInsert(keys, &entry);
  table.MarkDirty(entry);
  size_t live = 0, retired = 0;
  auto count = [&](std::span<Entry* const> some, std::span<Entry* const> others) {
    live += some.size();
    retired += others.size();
  };
  table.DrainDirty(count);
  EXPECT_EQ(live, 1u);
  table.DrainDirty(count);
  EXPECT_EQ(live, 1u);
  table.Retire(entry);
  EXPECT_EQ(table.size(), 0u);
  Entry* found;
  table.Find(keys, &found);
  EXPECT_EQ(found, nullptr);
  table.FindOrInsert(keys, &found);
  EXPECT_EQ(found, entry);
  table.Retire(entry);
  size_t before = table.StateBytes();
  table.DrainDirty(count);
  EXPECT_EQ(live, 1u);
  EXPECT_EQ(retired, 1u);
  EXPECT_LT(table.StateBytes(), before);
}

// Without checkpoints, keys that come and go must not pile up on the dirty list.
TEST(KeyTableLifeTest, KeysThatComeAndGoUnsavedTakeNoMemory) {
  std::vector<DataType> types{{TypeKind::kBigint}};
  EntryLayout layout(types);
  KeyTable table(layout);
  KeyBatch keys(AllColumns(1), types, kSeed, NullKeys::kGroup);
  std::vector<Entry*> entries(1000);
  size_t bytes = 0;
  for (int step = 0; step < 100; ++step) {
    std::vector<Row> rows;
    for (int i = 0; i < 1000; ++i) rows.push_back({Datum::Int(step * 1000 + i)});
    DeltaBatch batch = BatchOfKeys(rows, types);
    keys.Assign(batch);
    table.FindOrInsert(keys, entries.data());
    for (Entry* entry : entries) table.MarkDirty(entry);
    for (Entry* entry : entries) table.Retire(entry);
    if (step == 10) bytes = table.StateBytes();
  }
  EXPECT_EQ(table.size(), 0u);
  EXPECT_LT(table.StateBytes(), bytes * 2);
}

TEST(KeyTableScanTest, SeesEveryEntryThatStays) {
  std::vector<DataType> types{{TypeKind::kBigint}};
  EntryLayout layout(types);
  KeyTable table(layout);
  KeyBatch keys(AllColumns(1), types, kSeed, NullKeys::kGroup);
  int64_t next = 0;
  auto insert = [&](int count) {
    std::vector<Row> rows;
    for (int i = 0; i < count; ++i) rows.push_back({Datum::Int(next++)});
    DeltaBatch batch = BatchOfKeys(rows, types);
    keys.Assign(batch);
    std::vector<Entry*> entries(static_cast<size_t>(count));
    table.FindOrInsert(keys, entries.data());
    return entries;
  };
  std::vector<Entry*> first = insert(5000);
  KeyTable::Cursor cursor;
  std::vector<Entry*> seen;
  int step = 0;
  while (table.Scan(&cursor, 100, &seen)) {
    insert(50);
    table.Retire(first[static_cast<size_t>(step++)]);
  }
  std::multiset<Entry*> times(seen.begin(), seen.end());
  for (size_t i = static_cast<size_t>(step); i < first.size(); ++i) EXPECT_EQ(times.count(first[i]), 1u);
}

TEST(KeyBatchTest, LeavesOutErrorsAndNulls) {
  std::vector<DataType> types{{TypeKind::kBigint}, {TypeKind::kText}};
  DeltaBatch batch = BatchOfKeys({{Datum::Int(1), Datum::Text("a")},
                                  {Datum::Null(), Datum::Text("b")},
                                  {Datum::Error(CellError::kOverflow), Datum::Null()},
                                  {Datum::Int(2), Datum::Text("c")}},
                                 types);
  KeyBatch joins(AllColumns(2), types, kSeed, NullKeys::kSkip);
  joins.Assign(batch);
  EXPECT_EQ(joins.size(), 2u);
  EXPECT_EQ(joins.RowAt(1), 3u);
  EXPECT_EQ(std::vector<uint32_t>(joins.null_rows().begin(), joins.null_rows().end()), std::vector<uint32_t>{1});
  EXPECT_EQ(std::vector<uint32_t>(joins.error_rows().begin(), joins.error_rows().end()), std::vector<uint32_t>{2});
  EXPECT_EQ(joins.ErrorOf(2), CellError::kOverflow);
  KeyBatch groups(AllColumns(2), types, kSeed, NullKeys::kGroup);
  groups.Assign(batch);
  EXPECT_EQ(groups.size(), 3u);
  EXPECT_TRUE(groups.null_rows().empty());
}

}  // namespace
}  // namespace freshet
