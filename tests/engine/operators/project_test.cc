#include "engine/operators/project.h"

#include <gtest/gtest.h>

#include "engine/columnar/key_columns.h"
#include "tests/engine/operators/operator_harness.h"

namespace freshet {
namespace {

const Schema kSchema = {{"a", {TypeKind::kBigint}}, {"b", {TypeKind::kText}}};

Expression A() { return Expression::Column(ColumnIndex(0), {TypeKind::kBigint}); }
Expression B() { return Expression::Column(ColumnIndex(1), {TypeKind::kText}); }

TEST(ProjectTest, ComputesColumnsAndKeepsWeights) {
  const Schema output = {{"b", {TypeKind::kText}}, {"seven", {TypeKind::kBigint}}, {"none", {TypeKind::kBoolean}}};
  OperatorHarness project(std::make_unique<Project>(
      TypesOf(kSchema),
      std::vector<Expression>{B(), Expression::Literal(Datum::Int(7), {TypeKind::kBigint}),
                              Expression::Make(ExpressionKind::kIsNull, {TypeKind::kBoolean}, {A()})}));
  project.Push(0, Batch("+2 | 1 | x\n-1 | NULL | y", kSchema));
  EXPECT_EQ(project.TakeOutput().Format(output), Sorted("+2 | x | 7 | false\n-1 | y | 7 | true", output));
}

TEST(ProjectTest, CarriesHashesWhereTheKeyIsKept) {
  DeltaBatch batch = Batch("+1 | 1 | x\n+1 | 2 | y", kSchema);
  batch.SetHashes({ColumnIndex(0)}, HashKeys(batch, std::vector<ColumnIndex>{ColumnIndex(0)}, 42));

  OperatorHarness keeps(std::make_unique<Project>(TypesOf(kSchema), std::vector<Expression>{B(), A()}));
  keeps.Push(0, batch);
  const DeltaBatch kept = keeps.TakeBatches().at(0);
  const uint64_t* hashes = kept.HashesFor(std::vector<ColumnIndex>{ColumnIndex(1)});
  ASSERT_NE(hashes, nullptr);
  EXPECT_EQ(hashes[1], batch.hashes_buffer().as<uint64_t>()[1]);

  OperatorHarness drops(std::make_unique<Project>(TypesOf(kSchema), std::vector<Expression>{B()}));
  drops.Push(0, batch);
  EXPECT_FALSE(drops.TakeBatches().at(0).hashes_buffer());
}

}  // namespace
}  // namespace freshet
