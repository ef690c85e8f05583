#include "server/pipelines/rows_request.h"

#include <set>

#include "engine/circuit/scatter.h"
#include "engine/columnar/column_builder.h"
#include "engine/columnar/datum.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr uint16_t kShards = 4;
constexpr uint64_t kSeed = 77;

// A view over (name text, k bigint) with this key.
v1::CatalogRevision RevisionOf(std::vector<uint32_t> key) {
  v1::CatalogRevision revision;
  revision.mutable_plan()->mutable_options()->set_shards(kShards);
  revision.mutable_physical()->set_hash_seed(kSeed);
  v1::PhysicalView& view = *revision.mutable_physical()->add_views();
  view.set_name("v");
  v1::Field& name = *view.add_schema();
  name.set_name("name");
  *name.mutable_type() = TypeToProto({TypeKind::kText});
  v1::Field& k = *view.add_schema();
  k.set_name("k");
  *k.mutable_type() = TypeToProto({TypeKind::kBigint});
  for (uint32_t column : key) view.add_key(column);
  return revision;
}

RowsQuery QueryOf(std::vector<std::vector<std::optional<std::string>>> keys) {
  RowsQuery query;
  query.relation = "v";
  query.keys = std::move(keys);
  return query;
}

// Where the exchange before the view sends a row of that key.
uint32_t SentTo(int64_t k) {
  ColumnBuilder names(DataType{TypeKind::kText}), numbers(DataType{TypeKind::kBigint});
  AppendDatum(*ParseDatum("some", {TypeKind::kText}), names);
  AppendDatum(*ParseDatum(std::to_string(k), {TypeKind::kBigint}), numbers);
  std::vector<Column> columns;
  columns.push_back(names.Finish());
  columns.push_back(numbers.Finish());
  Scatter scatter(Distribution::kHash, {ColumnIndex(1)}, kShards, kSeed);
  std::vector<Scatter::Block> blocks;
  scatter.Add(DeltaBatch(1, std::move(columns)), &blocks);
  scatter.Flush(&blocks);
  return blocks.at(0).to.value();
}

TEST(RowsRequestTest, AsksTheShardsThatOwnTheKeys) {
  v1::CatalogRevision revision = RevisionOf({1});
  std::set<uint32_t> asked;
  for (int64_t k = -50; k < 50; ++k) {
    auto bound = BindRows(QueryOf({{std::to_string(k)}}), revision);
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_THAT(bound->shards, ElementsAre(SentTo(k)));
    asked.insert(bound->shards[0]);
  }
  EXPECT_THAT(asked, SizeIs(kShards));
}

TEST(RowsRequestTest, AsksEachShardOnceAndAllWithoutKeys) {
  v1::CatalogRevision revision = RevisionOf({1});
  std::vector<std::vector<std::optional<std::string>>> keys;
  for (int k = 0; k < 100; ++k) keys.push_back({std::to_string(k)});
  EXPECT_THAT(BindRows(QueryOf(keys), revision)->shards, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(BindRows(QueryOf({}), revision)->shards, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(BindRows(QueryOf({{std::nullopt}}), revision)->shards, SizeIs(1));
  // Without key columns a key is a whole row.
  EXPECT_THAT(BindRows(QueryOf({{"some", "7"}}), RevisionOf({}))->shards, SizeIs(1));
}

RowsQuery Where(std::string condition) {
  RowsQuery query = QueryOf({});
  query.where = std::move(condition);
  return query;
}

// A view with a key, and an index on both columns.
v1::CatalogRevision IndexedRevision() {
  v1::CatalogRevision revision = RevisionOf({1});
  v1::PhysicalView index = revision.physical().views(0);
  index.set_name("v_name_k_idx");
  index.set_index_on("v");
  index.clear_key();
  index.add_key(0);
  index.add_key(1);
  *revision.mutable_physical()->add_views() = std::move(index);
  return revision;
}

TEST(RowsRequestTest, LooksUpTheKeyThatAConditionNames) {
  const v1::CatalogRevision revision = IndexedRevision();
  for (const char* condition : {"k = 7", "7 = k AND name <> 'x'", "(name > 'a' AND k = 7) AND k < 9"}) {
    auto bound = BindRows(Where(condition), revision);
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_EQ(bound->request.view(), 0u) << condition;
    EXPECT_EQ(bound->request.keys_size(), 1) << condition;
    EXPECT_FALSE(bound->request.where().empty()) << condition;
    EXPECT_THAT(bound->shards, ElementsAre(SentTo(7))) << condition;
  }
}

TEST(RowsRequestTest, LooksUpInTheIndexWithTheLongestKey) {
  auto bound = BindRows(Where("name = 'some' AND k = 7"), IndexedRevision());
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->request.view(), 1u);
  EXPECT_EQ(bound->request.keys_size(), 1);
  EXPECT_THAT(bound->shards, SizeIs(1));
}

TEST(RowsRequestTest, LooksAtAllRowsWhereAConditionLeavesTheKeyOpen) {
  for (const char* condition : {"name = 'some'", "k = 7 OR name = 'some'", "NOT k = 7", "k = NULL", "k > 7", "k = k"}) {
    auto bound = BindRows(Where(condition), IndexedRevision());
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_EQ(bound->request.view(), 0u) << condition;
    EXPECT_EQ(bound->request.keys_size(), 0) << condition;
    EXPECT_THAT(bound->shards, ElementsAre(0, 1, 2, 3)) << condition;
  }
}

TEST(RowsRequestTest, AnIndexIsNoView) {
  RowsQuery query = QueryOf({});
  query.relation = "v_name_k_idx";
  EXPECT_FALSE(BindRows(query, IndexedRevision()).ok());
}

}  // namespace
}  // namespace freshet
