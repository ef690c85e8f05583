#include "engine/operators/union.h"

#include <gtest/gtest.h>

#include "tests/engine/operators/operator_harness.h"

namespace freshet {
namespace {

TEST(UnionTest, AddsUpTheRowsOfAllInputs) {
  const Schema schema = {{"x", {TypeKind::kBigint}}};
  OperatorHarness all(std::make_unique<Union>());
  all.Push(0, Batch("+1 | 1\n+1 | 2", schema));
  all.Push(1, Batch("+1 | 1", schema));
  all.Push(2, Batch("-1 | 2\n-1 | 3", schema));
  EXPECT_EQ(all.TakeOutput().Format(schema), Sorted("+2 | 1\n-1 | 3", schema));
}

}  // namespace
}  // namespace freshet
