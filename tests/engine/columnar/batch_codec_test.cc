#include "engine/columnar/batch_codec.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/columnar/key_columns.h"
#include "tests/support/random_rows.h"

namespace freshet {
namespace {

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

std::string Encode(const DeltaBatch& batch) {
  std::string bytes;
  EncodeBatch(batch, &bytes);
  EXPECT_LE(bytes.size(), CodedBytesMax(batch));
  return bytes;
}

// In memory that ends where the frame ends, so that sanitizers see a read past it.
absl::StatusOr<DeltaBatch> DecodeExactly(std::string_view bytes, const std::vector<DataType>& types) {
  std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  return DecodeBatch(std::string_view(copy.get(), bytes.size()), types);
}

TEST(BatchCodecTest, BatchesReadBack) {
  Random random(1);
  Schema schema = SchemaOfAllTypes();
  for (int round = 0; round < 100; ++round) {
    RandomRowOptions options{.null_share = round % 3 == 0 ? 0.0 : 0.2,
                             .error_share = round % 4 == 0 ? 0.1 : 0.0,
                             .awkward_share = 0.2,
                             .weight_max = round % 2};
    DeltaBatch batch = RandomBatch(random, schema, random() % 300, options);
    KeyColumns key = {ColumnIndex(7), ColumnIndex(0)};
    if (round % 2 == 0) batch.SetHashes(key, HashKeys(batch, key, 1));
    batch.set_paired(round % 5 == 0 && batch.size() % 2 == 0);

    absl::StatusOr<DeltaBatch> back = DecodeExactly(Encode(batch), TypesOf(schema));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(RowsOf(*back), RowsOf(batch));
    EXPECT_EQ(back->paired(), batch.paired());
    EXPECT_EQ(back->weights() == nullptr, batch.weights() == nullptr);
    EXPECT_EQ(back->hash_key(), batch.hash_key());
    ASSERT_EQ(back->HashesFor(key) != nullptr, batch.HashesFor(key) != nullptr);
    for (uint32_t row = 0; row < batch.size() && round % 2 == 0; ++row) {
      EXPECT_EQ(back->HashesFor(key)[row], batch.HashesFor(key)[row]);
    }
    EXPECT_EQ(Encode(*back), Encode(batch)) << "frames are the same bit for bit";
  }
}

TEST(BatchCodecTest, RowsWithoutColumnsReadBack) {
  absl::StatusOr<DeltaBatch> back = DecodeExactly(Encode(DeltaBatch(7, {})), {});
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->size(), 7u);
}

TEST(BatchCodecTest, TheEmptyKeysHashesReadBack) {
  DeltaBatch batch(3, {});
  batch.SetHashes({}, HashKeys(batch, {}, 1));
  absl::StatusOr<DeltaBatch> back = DecodeExactly(Encode(batch), {});
  ASSERT_TRUE(back.ok());
  ASSERT_NE(back->HashesFor({}), nullptr);
  EXPECT_EQ(back->HashesFor({})[2], batch.HashesFor({})[2]);
}

// Kernels may leave anything where no value is, also cells that point nowhere.
TEST(BatchCodecTest, WhatLiesInInvalidCellsIsNotSent) {
  BufferRef cells = BufferRef::Of<StringCell>(2);
  cells.mutable_as<StringCell>()[0] = StringCell(reinterpret_cast<const char*>(&cells), 1000);
  cells.mutable_as<StringCell>()[1] = StringCell("ok", 2);
  BufferRef numbers = BufferRef::Of<Numeric>(2);
  numbers.mutable_as<Numeric>()[0] = {1, 2, 77, 5};
  numbers.mutable_as<Numeric>()[1] = Numeric::Make(1, 0);
  BufferRef valid = BufferRef::Of<uint64_t>(1);
  valid.mutable_as<uint64_t>()[0] = 2;
  DataType text{TypeKind::kText};
  DataType numeric{TypeKind::kNumeric};
  DeltaBatch batch(2, {Column(text, 2, cells, valid), Column(numeric, 2, numbers, valid)});
  absl::StatusOr<DeltaBatch> back = DecodeExactly(Encode(batch), {text, numeric});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(DatumAt(back->column(ColumnIndex(0)), 0), Datum::Null());
  EXPECT_EQ(DatumAt(back->column(ColumnIndex(0)), 1), Datum::Text("ok"));
  EXPECT_EQ(DatumAt(back->column(ColumnIndex(1)), 1), Datum::Decimal(Numeric::Make(1, 0)));
}

TEST(BatchCodecTest, ATextUnderManyRowsIsSentOnce) {
  const std::string text(1000, 'x');
  const Schema schema = {{"name", {TypeKind::kText}}};
  const DeltaBatch two = BatchOf({{{Datum::Text(text)}, 1}, {{Datum::Text("another text that is long")}, 1}}, schema);
  const std::vector<uint32_t> rows = {0, 0, 0, 1, 1, 0, 0, 0};
  const DeltaBatch batch = GatherBatch(two, rows);
  const std::string bytes = Encode(batch);
  EXPECT_LT(bytes.size(), 2500u);
  absl::StatusOr<DeltaBatch> back = DecodeExactly(bytes, TypesOf(schema));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(RowsOf(*back), RowsOf(batch));
}

TEST(BatchCodecTest, RefusesOtherColumns) {
  Random random(2);
  Schema schema = {{"a", {TypeKind::kBigint}}, {"b", {TypeKind::kText}}};
  std::string bytes = Encode(RandomBatch(random, schema, 3));
  EXPECT_EQ(DecodeExactly(bytes, {{TypeKind::kBigint}}).status().message(),
            "a coded batch is malformed: 2 columns instead of 1");
  EXPECT_EQ(DecodeExactly(bytes, {{TypeKind::kDouble}, {TypeKind::kText}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BatchCodecTest, EveryCutAndEveryExtraByteIsAnError) {
  Random random(3);
  Schema schema = SchemaOfAllTypes();
  std::string bytes = Encode(RandomBatch(random, schema, 20, {.error_share = 0.1}));
  for (size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(DecodeExactly(std::string_view(bytes).substr(0, size), TypesOf(schema)).ok()) << size;
  }
  EXPECT_FALSE(DecodeExactly(bytes + "x", TypesOf(schema)).ok());
}

// Changed frames are refused or read as some batch whose invariants hold: all of it can be looked at, and coded again.
void ExpectSound(const std::string& bytes, const std::vector<DataType>& types) {
  absl::StatusOr<DeltaBatch> batch = DecodeExactly(bytes, types);
  if (!batch.ok()) {
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kInvalidArgument);
    return;
  }
  if (types.empty()) return;
  EXPECT_EQ(RowsOf(*batch).size(), batch->size());
  FormatBatch(*batch);
  KeyColumns key;
  for (uint32_t index = 0; index < types.size(); ++index) key.push_back(ColumnIndex(index));
  HashKeys(*batch, key, 1);
  for (ColumnIndex index : batch->hash_key()) ASSERT_LT(index.value(), types.size());
  if (batch->paired()) {
    ASSERT_EQ(batch->size() % 2, 0u);
  }
  for (const Column& column : batch->columns()) {
    for (uint32_t row = 0; row < batch->size(); ++row) {
      // A copy is built anew, in the one right form; equality would miss bytes behind a text.
      ColumnBuilder builder(column.type(), 1);
      builder.AppendFrom(column, row);
      ASSERT_TRUE(CellsEqual(column, row, builder.Finish(), 0));
      if (column.physical() == PhysicalType::kBool) {
        ASSERT_LE(column.values<uint8_t>()[row], 1);
      }
      if (column.IsError(row)) {
        ASSERT_TRUE(IsCellErrorNumber(static_cast<uint8_t>(column.ErrorAt(row))));
        ASSERT_FALSE(column.IsValue(row));
      }
      CompareCells(column, 0, column, row);
    }
  }
  EXPECT_TRUE(DecodeExactly(Encode(*batch), types).ok());
}

TEST(BatchCodecTest, ChangedFramesNeverBreakIt) {
  Random random(4);
  Schema schema = SchemaOfAllTypes();
  for (int frame = 0; frame < 100; ++frame) {
    DeltaBatch batch = RandomBatch(random, schema, 1 + random() % 12, {.error_share = 0.1, .awkward_share = 0.3});
    KeyColumns key = {ColumnIndex(7)};
    if (frame % 2 == 0) batch.SetHashes(key, HashKeys(batch, key, 1));
    std::string bytes = Encode(batch);
    for (int round = 0; round < 200; ++round) {
      std::string changed = bytes;
      for (size_t i = 0; i < 1 + random() % 3; ++i) {
        size_t place = random() % (round % 2 == 0 ? changed.size() : std::min<size_t>(changed.size(), 40));
        changed[place] =
            random() % 2 == 0 ? static_cast<char>(random()) : static_cast<char>(changed[place] ^ (1 << random() % 8));
      }
      if (random() % 8 == 0) changed.resize(random() % changed.size());
      ExpectSound(changed, TypesOf(schema));
    }
  }
}

TEST(BatchCodecTest, RandomBytesNeverBreakIt) {
  Random random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 120, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 3);
    if (bytes.size() > 2) std::memcpy(bytes.data(), "\x01\xFB", 2);
    ExpectSound(bytes, {{TypeKind::kText}});
  }
}

}  // namespace
}  // namespace freshet
