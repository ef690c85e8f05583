// Aggregates against PostgreSQL's answers (aggregate_cases.txt), also after other values came and went, and the state
// was saved and loaded.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "absl/strings/str_split.h"
#include "tests/engine/functions/one_group.h"

namespace freshet {
namespace {

const std::map<std::string, TypeKind> kTypes = {{"smallint", TypeKind::kSmallint},
                                                {"integer", TypeKind::kInteger},
                                                {"bigint", TypeKind::kBigint},
                                                {"numeric", TypeKind::kNumeric},
                                                {"boolean", TypeKind::kBoolean}};

TEST(AggregateCases, EqualPostgres) {
  std::ifstream file("tests/engine/functions/aggregate_cases.txt");
  ASSERT_TRUE(file);
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    ASSERT_EQ(parts.size(), 4u) << line;
    const DataType type{kTypes.at(parts[1])};
    const std::vector<std::string> values = absl::StrSplit(parts[2], ' ');
    OneGroup group(parts[0], type);
    group.AddTexts(values);
    EXPECT_EQ(group.Text(), parts[3]) << line;
    const std::vector<std::string> others = type.kind == TypeKind::kBoolean ? std::vector<std::string>{"true", "false"}
                                                                            : std::vector<std::string>{"17", "-120"};
    group.AddTexts(others);
    group.Reload();
    group.AddTexts(others, -1);
    EXPECT_EQ(group.Text(), parts[3]) << line << ", after others came and went";
    ++cases;
  }
  EXPECT_GT(cases, 250);
}

constexpr DataType kDouble{TypeKind::kDouble};

double Of(std::string_view name, const std::vector<std::string>& texts) {
  OneGroup group(name, kDouble);
  group.AddTexts(texts);
  group.Reload();
  return group.Result().double_value();
}

TEST(VarianceOfDoubles, KeepsWhatCancels) {
  EXPECT_NEAR(Of("var_pop", {"1000000000.1", "1000000000.2", "1000000000.3"}), 0.006666661898296727, 1e-13);
  EXPECT_DOUBLE_EQ(Of("variance", {"1e9", "1000000001", "1000000002"}), 1);
  EXPECT_DOUBLE_EQ(Of("var_pop", {"1e15", "1000000000000001"}), 0.25);
  EXPECT_DOUBLE_EQ(Of("stddev", {"2", "4", "4", "4", "5", "5", "7", "9"}), 2.138089935299395);
  EXPECT_EQ(Of("var_pop", {"0.1", "0.1", "0.1"}), 0);
  EXPECT_EQ(Of("stddev_pop", {"5e-324"}), 0);
}

TEST(VarianceOfDoubles, HasNoneOfOneValueAndHealsFromInfinity) {
  OneGroup group("stddev", kDouble);
  group.AddTexts({"3"});
  EXPECT_EQ(group.Text(), "NULL");
  group.AddTexts({"Infinity", "5"});
  EXPECT_EQ(group.Text(), "NaN");
  group.AddTexts({"Infinity"}, -1);
  EXPECT_EQ(group.Text(), "1.4142135623730951");
  group.AddTexts({"1e200"});
  EXPECT_EQ(group.Text(), "ERROR(NUMERIC_OUT_OF_RANGE)");
  group.AddTexts({"1e200"}, -1);
  EXPECT_EQ(group.Text(), "1.4142135623730951");
}

TEST(VarianceOfNumerics, TakesTheLargestOnes) {
  const std::string huge(38, '9');
  OneGroup group("var_pop", {TypeKind::kNumeric});
  group.AddTexts({huge, "-" + huge});
  EXPECT_EQ(group.Text(), "ERROR(NUMERIC_OUT_OF_RANGE)");
  group.AddTexts({"-" + huge}, -1);
  EXPECT_EQ(group.Text(), "0");
  group.AddTexts({huge.substr(0, 37) + "7", "0." + std::string(38, '1')});
  group.AddTexts({"0." + std::string(38, '1')}, -1);
  EXPECT_EQ(group.Text(), "1.00000000000000000000");
}

}  // namespace
}  // namespace freshet
