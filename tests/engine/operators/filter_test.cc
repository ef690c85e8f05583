#include "engine/operators/filter.h"

#include <gtest/gtest.h>

#include "tests/engine/operators/operator_harness.h"

namespace freshet {
namespace {

const Schema kSchema = {{"id", {TypeKind::kBigint}}, {"keep", {TypeKind::kBoolean}}};

Expression KeepColumn() { return Expression::Column(ColumnIndex(1), {TypeKind::kBoolean}); }

TEST(FilterTest, KeepsTrueDropsFalseAndNullAndCountsErrors) {
  CountingErrors errors;
  OperatorHarness filter(std::make_unique<Filter>(TypesOf(kSchema), KeepColumn(), &errors));
  filter.Push(0, Batch("+1 | 1 | true\n-2 | 2 | true\n+1 | 3 | false\n+1 | 4 | NULL\n+3 | 5 | ERROR(DIVISION_BY_ZERO)",
                       kSchema));
  EXPECT_EQ(filter.TakeOutput().Format(kSchema), Sorted("+1 | 1 | true\n-2 | 2 | true", kSchema));
  EXPECT_EQ(errors.Of(CellError::kDivisionByZero), 3);
  // The retraction of a bad row takes its count back.
  filter.Push(0, Batch("-3 | 5 | ERROR(DIVISION_BY_ZERO)", kSchema));
  EXPECT_TRUE(filter.TakeOutput().empty());
  EXPECT_EQ(errors.Of(CellError::kDivisionByZero), 0);
}

TEST(FilterTest, PassesAWholeBatchThroughWithItsPairs) {
  OperatorHarness filter(std::make_unique<Filter>(TypesOf(kSchema), KeepColumn(), nullptr));
  DeltaBatch batch = Batch("-1 | 1 | true\n+1 | 1 | true", kSchema);
  batch.set_paired(true);
  filter.Push(0, batch);
  EXPECT_TRUE(filter.TakeBatches().at(0).paired());
}

TEST(FilterTest, DropsThePairedHintWithARow) {
  OperatorHarness filter(std::make_unique<Filter>(TypesOf(kSchema), KeepColumn(), nullptr));
  DeltaBatch batch = Batch("-1 | 1 | false\n+1 | 1 | true", kSchema);
  batch.set_paired(true);
  filter.Push(0, batch);
  EXPECT_FALSE(filter.TakeBatches().at(0).paired());
}

}  // namespace
}  // namespace freshet
