// Planning takes time in proportion to the definition. Processor time is compared with itself: four times the views may
// take about four times as long; quadratic work would take sixteen times.
#include <algorithm>
#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/str_cat.h"
#include "server/planner/compile.h"

namespace freshet {
namespace {

// A table with so many columns, and the views, written as `view_text(i)`.
template <typename ViewText>
v1::Definition DefinitionOf(int columns, int views, ViewText view_text) {
  std::string text = "name: p\ntables:\n  t:\n    columns: [";
  for (int i = 0; i < columns; ++i) StrAppend(&text, i > 0 ? ", " : "", "{name: c", i, ", type: bigint}");
  StrAppend(&text, "]\n    sources: [{connector: files, path: \"a*.csv\", format: csv, mode: static}]\nviews:\n");
  for (int i = 0; i < views; ++i) {
    StrAppend(&text, "  v", i, ":\n", i + 1 == views ? "    materialized: true\n" : "", view_text(i));
  }
  v1::Definition definition;
  definition.add_files()->set_name("scaling.yaml");
  definition.mutable_files(0)->set_text(std::move(text));
  return definition;
}

std::string InputOf(int view) { return view == 0 ? "t" : StrCat("v", view - 1); }

v1::Definition Chain(int views) {
  return DefinitionOf(
      2, views, [](int i) { return StrCat("    filter: {input: ", InputOf(i), ", condition: \"t.c0 > ", i, "\"}\n"); });
}

v1::Definition Fan(int views) {
  return DefinitionOf(2, views, [](int i) { return StrCat("    filter: {input: t, condition: \"c0 > ", i, "\"}\n"); });
}

v1::Definition WideChain(int columns) {
  return DefinitionOf(columns, 50, [](int i) {
    return StrCat("    project: {input: ", InputOf(i), ", keep_input: true, columns: {c0: \"c0 + 1\"}}\n");
  });
}

double ProcessorMs() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The best of some runs, since other processes disturb caches.
double CompileMs(const v1::Definition& definition) {
  double best = 1e9;
  for (int run = 0; run < 4; ++run) {
    double start = ProcessorMs();
    CompileResult result = Compile(definition, {"/srv/data", 1});
    best = std::min(best, ProcessorMs() - start);
    EXPECT_TRUE(result.ok()) << result.problems[0].message();
  }
  return best;
}

constexpr double kMostForFourTimes = 9;

TEST(CompileScalingTest, AChainOfViewsCostsItsLength) {
  double small = CompileMs(Chain(240));
  double large = CompileMs(Chain(960));
  RecordProperty("ms", static_cast<int>(large));
  EXPECT_LT(large, kMostForFourTimes * small) << small << " ms, then " << large << " ms";
}

TEST(CompileScalingTest, ManyViewsOverOneTableCostTheirNumber) {
  double small = CompileMs(Fan(240));
  double large = CompileMs(Fan(960));
  EXPECT_LT(large, kMostForFourTimes * small) << small << " ms, then " << large << " ms";
}

TEST(CompileScalingTest, WideTablesCostTheirWidth) {
  double small = CompileMs(WideChain(250));
  double large = CompileMs(WideChain(1000));
  EXPECT_LT(large, kMostForFourTimes * small) << small << " ms, then " << large << " ms";
}

}  // namespace
}  // namespace freshet
