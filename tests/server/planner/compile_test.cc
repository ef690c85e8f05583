// The whole way from text to physical plan: each testdata/X.yaml or X.sql against X.expected, which has its problems or
// its EXPLAIN. FRESHET_UPDATE_GOLDEN=1 writes them anew.
#include "server/planner/compile.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "engine/base/str_cat.h"
#include "server/planner/build_tree.h"
#include "server/planner/explain.h"
#include "server/planner/rule_list.h"

namespace freshet {
namespace {

constexpr char kFolder[] = "tests/server/planner/testdata";

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

v1::Definition DefinitionOf(std::string text, const std::string& name = "test.yaml") {
  v1::Definition definition;
  v1::DefinitionFile* file = definition.add_files();
  file->set_name(name);
  file->set_text(std::move(text));
  return definition;
}

CompileResult CompileText(std::string text) { return Compile(DefinitionOf(std::move(text)), {"/srv/data", 1}); }

std::string FormatProblems(const CompileResult& result) {
  std::string text;
  for (const v1::Problem& problem : result.problems) {
    StrAppend(&text, problem.line(), ":", problem.column(), " ", problem.code(), " ", problem.path(), "\n    ",
              problem.message(), "\n");
    if (!problem.suggestion().empty()) StrAppend(&text, "    ", problem.suggestion(), "\n");
  }
  return text;
}

std::vector<std::filesystem::path> TestFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml" || entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(CompileTest, GivesTheExpectedProblemsAndPlans) {
  ASSERT_GE(TestFiles().size(), 4u);
  for (const auto& path : TestFiles()) {
    CompileResult result = Compile(DefinitionOf(ReadFile(path), path.filename()), {"/srv/data", 1});
    std::string got = FormatProblems(result);
    if (result.ok()) got += ExplainText(result.physical);
    std::filesystem::path expected = path;
    expected.replace_extension(".expected");
    if (std::getenv("FRESHET_UPDATE_GOLDEN") != nullptr) std::ofstream(expected) << got;
    EXPECT_EQ(got, ReadFile(expected)) << path;
  }
}

TEST(CompileTest, KeepsTheTreeValidAfterEachRule) {
  for (const char* name : {"flights.yaml", "words.yaml", "every_node.yaml", "queries.sql", "joins.sql",
                           "../../../../config/examples/tpch.sql"}) {
    CompileResult compiled =
        Compile(DefinitionOf(ReadFile(std::filesystem::path(kFolder) / name), name), {"/srv/data", 1});
    ASSERT_TRUE(compiled.ok()) << FormatProblems(compiled);
    ProblemList problems;
    PlanTree tree = BuildTree(compiled.plan, {"/srv/data", 1}, problems);
    ASSERT_FALSE(problems.has_errors());
    EXPECT_EQ(ValidateTree(tree), "");
    for (const PlannerRule& rule : PlannerRules()) {
      std::vector<std::vector<DataType>> before;
      for (const PlanView& view : tree.views) before.push_back(TypesOf(view.node->schema()));
      tree = rule.apply(tree);
      EXPECT_EQ(ValidateTree(tree), "") << name << " after " << rule.name;
      for (size_t i = 0; i < tree.views.size(); ++i) {
        EXPECT_EQ(TypesOf(tree.views[i].node->schema()), before[i]) << name << " after " << rule.name;
      }
    }
  }
}

// More inputs than every order of can be looked at, in FROM in the order that is worst.
TEST(CompileTest, JoinsManyInputsByTheirEqualities) {
  std::string script, from, where;
  for (int i = 0; i < 14; ++i) {
    StrAppend(&script, "CREATE TABLE t", i, " (a INT PRIMARY KEY, b INT) WITH (connector = 'files', path = '/srv/data/",
              i, ".csv', format = 'csv');\n");
    StrAppend(&from, i == 0 ? "" : ", ", "t", i * 5 % 14);
    if (i > 0) StrAppend(&where, i == 1 ? "" : " AND ", "t", i - 1, ".b = t", i, ".a");
  }
  StrAppend(&script, "CREATE MATERIALIZED VIEW v AS SELECT t0.a FROM ", from, " WHERE ", where, ";\n");
  CompileResult result = Compile(DefinitionOf(script, "many.sql"), {"/srv/data", 1});
  ASSERT_TRUE(result.ok()) << FormatProblems(result);
  int joins = 0;
  for (const v1::PhysicalNode& node : result.physical.nodes()) {
    if (!node.has_join()) continue;
    ++joins;
    const v1::PhysicalNode& left = result.physical.nodes(static_cast<int>(node.inputs(0)));
    EXPECT_NE(left.schema(static_cast<int>(node.join().left_key(0))).type().kind(), v1::BOOLEAN) << node.name();
  }
  EXPECT_EQ(joins, 13);
}

TEST(CompileTest, GivesTheSamePlanForTextAndProto) {
  CompileResult text = CompileText(ReadFile(std::filesystem::path(kFolder) / "every_node.yaml"));
  v1::Definition definition;
  *definition.mutable_plan() = text.plan;
  CompileResult proto = Compile(definition, {"/srv/data", 1});
  ASSERT_TRUE(proto.ok()) << FormatProblems(proto);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(proto.physical, text.physical));
}

TEST(CompileTest, ReadsOnlyColumnsThatAreNeeded) {
  CompileResult result = CompileText(ReadFile(std::filesystem::path(kFolder) / "flights.yaml"));
  ASSERT_TRUE(result.ok());
  for (const v1::PhysicalSource& source : result.physical.sources()) {
    if (source.table() == "planes") {
      EXPECT_EQ(source.columns_size(), 2);  // tailnum, seats
      EXPECT_TRUE(source.stamped());
    }
    if (source.table() == "flights") EXPECT_FALSE(source.stamped());
  }
}

TEST(CompileTest, ExplainTellsWhereRowsLieAndWhatIsKept) {
  CompileResult result = CompileText(
      "tables: {t: {columns: [{name: k, type: bigint}, {name: v, type: bigint}], primary_key: [k], "
      "sources: [{connector: files, path: a.csv, format: csv}]}}\n"
      "views:\n"
      "  g: {materialized: true, aggregate: {input: t, keys: {v: v}, values: {least: min(k)}}}\n"
      "  all: {materialized: true, aggregate: {input: t, values: {n: count(*)}}}\n");
  ASSERT_TRUE(result.ok()) << FormatProblems(result);
  std::string text = ExplainText(result.physical), json = ExplainJson(result.physical);
  EXPECT_THAT(text, testing::HasSubstr("[state: a group for each key, values in order]  [by v]  [unique: v]"));
  EXPECT_THAT(text, testing::HasSubstr("[state: one group]  [on one shard]"));
  EXPECT_THAT(text, testing::HasSubstr("[state: a row for each key]  [by k]  [unique: k]"));
  EXPECT_THAT(json, testing::HasSubstr(R"("keeps":"a row for each key","partitioning":{"kind":"hash","key":["k"]})"));
  EXPECT_THAT(json, testing::HasSubstr(R"("partitioning":{"kind":"one_shard","key":[]})"));
  EXPECT_THAT(json, testing::HasSubstr(R"("keeps":"","partitioning":{"kind":"any","key":[]})"));
}

TEST(CompileTest, FingerprintsFollowTheLogicAlone) {
  std::string text = ReadFile(std::filesystem::path(kFolder) / "words.yaml");
  CompileResult first = CompileText(text);
  CompileResult again = CompileText("options: {shards: 4}\n" + text);
  std::string changed = text;
  changed.replace(changed.find("words(lower(line))"), 18, "words(upper(line))");
  CompileResult other = CompileText(changed);
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  for (int i = 0; i < first.physical.nodes_size(); ++i) {
    EXPECT_EQ(first.physical.nodes(i).fingerprint(), again.physical.nodes(i).fingerprint());
    if (i > 0) EXPECT_NE(first.physical.nodes(i).fingerprint(), other.physical.nodes(i).fingerprint());
  }
  EXPECT_EQ(first.physical.nodes(0).fingerprint(), other.physical.nodes(0).fingerprint());
}

TEST(CompileTest, ATableSaysHowLongDeletedKeysAreRemembered) {
  auto retention = [](const std::string& declaration) {
    CompileResult result = CompileText("tables: {t: {columns: [{name: k, type: bigint}], " + declaration +
                                       "sources: [{connector: files, path: a.csv, format: csv}]}}\n"
                                       "views: {v: {materialized: true, filter: {input: t, condition: k > 1}}}\n");
    if (!result.ok()) return FormatProblems(result);
    for (const v1::PhysicalNode& node : result.physical.nodes()) {
      if (node.has_upsert()) return std::to_string(node.upsert().tombstone_retention_micros());
    }
    return std::string();
  };
  EXPECT_EQ(retention("primary_key: [k], "), "86400000000");
  EXPECT_EQ(retention("primary_key: [k], tombstone_retention: 90s, "), "90000000");
  EXPECT_NE(retention("tombstone_retention: 90s, ").find("MISSING_PRIMARY_KEY tables.t.tombstone_retention"),
            std::string::npos);
}

TEST(CompileTest, LetsALaterFileReplaceSourcesOnly) {
  v1::Definition definition = DefinitionOf(ReadFile(std::filesystem::path(kFolder) / "words.yaml"), "words.yaml");
  v1::DefinitionFile* overlay = definition.add_files();
  overlay->set_name("overlay.yaml");
  overlay->set_text("tables: {lines: {sources: [{connector: files, path: other.txt, format: raw}]}}\n");
  CompileResult result = Compile(definition, {"/srv/data", 1});
  ASSERT_TRUE(result.ok()) << FormatProblems(result);
  EXPECT_EQ(result.physical.sources(0).binding().options().at("path"), "other.txt");
  overlay->set_text(
      "tables: {lines: {columns: [{name: x, type: text}]}}\nviews: {words: {distinct: {input: lines}}}\n");
  result = Compile(definition, {"/srv/data", 1});
  ASSERT_EQ(result.problems.size(), 2u) << FormatProblems(result);
  for (const v1::Problem& problem : result.problems) {
    EXPECT_EQ(problem.code(), "DUPLICATE_NAME");
    EXPECT_EQ(problem.file(), "overlay.yaml");
  }
}

TEST(CompileTest, RefusesADeepExpression) {
  std::string text =
      "tables: {t: {columns: [{name: k, type: bigint}], sources: [{connector: files, path: x.csv, format: csv}]}}\n"
      "views: {v: {materialized: true, filter: {input: t, condition: \"";
  for (const char* part : {"(", "not ", "k+", "- "}) {
    std::string condition;
    while (condition.size() < 60'000) condition += part;
    CompileResult result = CompileText(text + condition + "k\"}}}\n");
    ASSERT_EQ(result.problems.size(), 1u) << part;
    EXPECT_EQ(result.problems[0].code(), "EXPRESSION_TOO_LARGE") << part;
  }
}

TEST(CompileTest, AScriptAndAYamlFileGoTogether) {
  v1::Definition definition = DefinitionOf(
      "CREATE TABLE t (k BIGINT, v TEXT) WITH (connector = 'files', path = '/srv/data/a.csv', format = 'csv');\n"
      "CREATE MATERIALIZED VIEW m AS SELECT v, n FROM t JOIN counts USING (v);\n",
      "logic.sql");
  v1::DefinitionFile* counts = definition.add_files();
  counts->set_name("counts.yaml");
  counts->set_text("tables: {t: {sources: [{connector: files, path: /srv/data/b.csv, format: csv}]}}\n");
  CompileResult missing = Compile(definition, {"/srv/data", 1});
  ASSERT_EQ(missing.problems.size(), 1u) << FormatProblems(missing);
  EXPECT_EQ(missing.problems[0].code(), "UNKNOWN_RELATION");

  // A script reads the views of a file in front of it.
  v1::Definition both;
  v1::DefinitionFile* first = both.add_files();
  first->set_name("first.yaml");
  first->set_text(
      "tables: {c: {columns: [{name: v, type: text}], sources: [{connector: files, path: /srv/data/c.csv, format: "
      "csv}]}}\n"
      "views: {counts: {aggregate: {input: c, keys: {v: v}, values: {n: count(*)}}}}\n");
  *both.add_files() = definition.files(0);
  *both.add_files() = definition.files(1);
  CompileResult whole = Compile(both, {"/srv/data", 1});
  ASSERT_TRUE(whole.ok()) << FormatProblems(whole);
  EXPECT_THAT(ExplainText(whole.physical), testing::HasSubstr("/srv/data/b.csv"));
  EXPECT_THAT(ExplainText(whole.physical), testing::Not(testing::HasSubstr("/srv/data/a.csv")));
}

// Whatever is thrown at it gives problems or a plan.
TEST(CompileTest, SurvivesMutatedTexts) {
  std::vector<std::string> texts, names;
  for (const auto& path : TestFiles()) {
    texts.push_back(ReadFile(path));
    names.push_back(path.filename());
  }
  std::mt19937 random(20261124);
  auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  const std::string_view pieces[] = {"{",    "}",  "[",    "]", ": ", "- ", "\n", "'", "\"", "&a ", "*a", "!x ",
                                     "null", "\t", "\xFF", "0", "k",  ".",  "(",  ")", "%",  "|",   ">"};
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    size_t file = below(texts.size());
    std::string text = texts[file];
    for (size_t edits = 1 + below(6); edits > 0; --edits) {
      size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text.erase(at, 1 + below(20));
          break;
        case 1:
          text.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 2:
          text[at] = static_cast<char>(below(256));
          break;
        case 3: {
          const std::string& other = texts[below(texts.size())];
          size_t from = below(other.size());
          text.insert(at, other.substr(from, below(60)));
          break;
        }
      }
      if (text.empty()) text = "x";
    }
    CompileResult result = Compile(DefinitionOf(text, names[file]), {"/srv/data", 1});
    if (result.ok()) {
      EXPECT_GT(result.physical.nodes_size(), 0) << text;
    } else {
      ++refused;
      EXPECT_FALSE(result.problems[0].message().empty());
      EXPECT_FALSE(result.problems[0].code().empty());
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(CompileTest, TakesMilliseconds) {
  std::string text = ReadFile(std::filesystem::path(kFolder) / "flights.yaml");
  auto best = std::chrono::microseconds::max();
  for (int i = 0; i < 5; ++i) {
    auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(CompileText(text).ok());
    best =
        std::min(best, std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start));
  }
  EXPECT_LT(best.count(), 200'000);  // a few milliseconds; the bound is for busy and sanitized machines
}

}  // namespace
}  // namespace freshet
