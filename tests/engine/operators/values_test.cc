#include "engine/operators/values.h"

#include <gtest/gtest.h>

#include "tests/engine/operators/operator_harness.h"

namespace freshet {
namespace {

const Schema kRow = {{"number", {TypeKind::kInteger}}, {"text", {TypeKind::kText}}};

std::vector<Expression> Row(int number, const char* text) {
  return {Expression::Literal(Datum::Int(number), kRow[0].type), Expression::Literal(Datum::Text(text), kRow[1].type)};
}

std::unique_ptr<Values> Make(bool owns_empty_key = true) {
  Values::Options options;
  options.rows = {Row(1, "a"), Row(2, "b"), Row(2, "b")};
  options.owns_empty_key = owns_empty_key;
  options.state = {"node", "given"};
  return std::make_unique<Values>(std::move(options));
}

TEST(ValuesTest, AreGivenOnceOnOneShard) {
  EXPECT_FALSE(Make(false)->SealsWithoutInput());
  for (size_t budget : {size_t{1}, Output::kDefaultRowBudget}) {
    auto values = Make();
    const Values& operation = *values;
    EXPECT_TRUE(operation.SealsWithoutInput());
    OperatorHarness harness(std::move(values), budget);
    harness.Seal(1);
    EXPECT_EQ(harness.TakeOutput().Format(kRow), Sorted("+1 | 1 | a\n+2 | 2 | b", kRow));
    EXPECT_FALSE(operation.SealsWithoutInput());
  }
}

TEST(ValuesTest, AreNotGivenAgainAfterARestart) {
  MapStateStore store;
  OperatorHarness harness(Make());
  harness.Seal(1);
  harness.op().SaveDirty(store);
  std::unique_ptr<Values> loaded = Make();
  for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) {
    ASSERT_TRUE(loaded->Load(store, VnodeId(vnode)).ok());
  }
  EXPECT_FALSE(loaded->SealsWithoutInput());
}

}  // namespace
}  // namespace freshet
