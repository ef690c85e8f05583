#include "server/definitions/read_definition.h"

#include <gtest/gtest.h>

#include "engine/base/str_cat.h"
#include "server/definitions/duration.h"
#include "server/definitions/json_document.h"
#include "server/definitions/yaml_document.h"

namespace freshet {
namespace {

// Scripts are read by server/sql; see its tests.
class NoScripts : public ScriptReader {
 public:
  ScriptResult Read(const std::string&, const v1::Plan&) const override { return {}; }
};

// `line:column CODE path`, one a line.
std::string Problems(const std::string& text, const std::string& name = "a.yaml") {
  v1::Definition definition;
  v1::DefinitionFile* file = definition.add_files();
  file->set_name(name);
  file->set_text(text);
  Places places;
  ProblemList problems;
  ReadDefinition(definition, NoScripts(), places, problems);
  std::string result;
  for (const v1::Problem& problem : places.Locate(problems)) {
    StrAppend(&result, problem.line(), ":", problem.column(), " ", problem.code(), " ", problem.path(), "\n");
  }
  return result;
}

TEST(ReadDefinitionTest, TellsPlacesOfProblemsInYaml) {
  EXPECT_EQ(Problems("name: x\nname: y\n"), "2:1 DUPLICATE_KEY \n");
  EXPECT_EQ(Problems("tabels: {}\n"), "1:1 UNKNOWN_FIELD tabels\n");
  EXPECT_EQ(Problems("é: 1\nname: [a]\n"), "1:1 UNKNOWN_FIELD é\n2:1 INVALID_DEFINITION name\n");
  EXPECT_EQ(Problems("options: {shards: many}\n"), "1:19 INVALID_DEFINITION options.shards\n");
  EXPECT_EQ(Problems("options: {shards: 0}\n"), "1:19 INVALID_OPTION options.shards\n");
  EXPECT_EQ(Problems("views: {v: {materialized: yes, filter: {input: t}}}\n"),
            "1:27 INVALID_DEFINITION views.v.materialized\n1:32 MISSING_FIELD views.v.filter\n");
  EXPECT_EQ(Problems("views: {v: {filtr: {}}}\n"), "1:13 UNKNOWN_FIELD views.v.filtr\n");
  EXPECT_EQ(Problems("views: {v: {join: {left: a, right: b, kind: outer, condition: x}}}\n"),
            "1:45 UNSUPPORTED_JOIN views.v.join.kind\n");
  EXPECT_EQ(Problems("a: [1\n").substr(0, 1), "2");
  EXPECT_EQ(Problems(""), "1:1 INVALID_DEFINITION \n");
}

TEST(ReadDefinitionTest, RefusesWhatMakesSmallTextsLarge) {
  EXPECT_EQ(Problems("a: &x 1\nb: *x\n"), "1:4 SYNTAX_ERROR \n");
  EXPECT_EQ(Problems("name: !x {}\n"), "1:7 SYNTAX_ERROR \n");
  EXPECT_EQ(Problems("name: !x [a]\n"), "1:7 SYNTAX_ERROR \n");
  EXPECT_EQ(Problems("a: 1\n---\nb: 2\n").substr(2), "1 SYNTAX_ERROR \n");
  EXPECT_NE(Problems(std::string(5000, '[')).find("SYNTAX_ERROR"), std::string::npos);
  EXPECT_EQ(Problems(std::string(kMaxDefinitionBytes + 1, 'x')), "1:1 REQUEST_TOO_LARGE \n");
  EXPECT_EQ(Problems("name: \xFF\n"), "1:7 INVALID_UTF8 \n");
  EXPECT_EQ(Problems("name: x\nsinks:\n  é\xC3\n"), "3:4 INVALID_UTF8 \n");
  EXPECT_EQ(Problems(std::string("a\0b", 3)), "1:2 INVALID_UTF8 \n");
}

TEST(ReadDefinitionTest, ReadsJsonAsItReadsYaml) {
  EXPECT_EQ(Problems("{\"name\": \"x\",\n \"tabels\": {}}", "a.json"), "2:2 UNKNOWN_FIELD tabels\n");
  EXPECT_EQ(Problems("{\"name\": \"x\",}", "a.json"), "1:14 SYNTAX_ERROR \n");
  EXPECT_EQ(Problems("{\"name\": \"x\", \"name\": \"y\"}", "a.json"), "1:15 DUPLICATE_KEY \n");
  EXPECT_EQ(Problems("{\"options\": {\"shards\": \"2\"}}", "a.json"), "1:24 INVALID_DEFINITION options.shards\n");
  DocumentResult result = ParseJson("{\"a\": \"\\u00e9\\ud83d\\ude00\\/\\t\", \"b\": [1.5e3, null, true]}");
  ASSERT_TRUE(result.errors.empty());
  EXPECT_EQ(result.root.entries[0].value.text, "é😀/\t");
  EXPECT_EQ(result.root.entries[1].value.items[0].text, "1.5e3");
  EXPECT_EQ(result.root.entries[1].value.items[1].kind, DocumentKind::kNull);
  for (const char* bad : {"{", "[1,]", "01", "\"\\x\"", "\"\\ud800\"", "tru", "{\"a\" 1}", "1 2", "\"a\nb\""}) {
    EXPECT_FALSE(ParseJson(bad).errors.empty()) << bad;
  }
}

TEST(ReadDefinitionTest, FindsPlacesInsideOfScalars) {
  const std::string text =
      "a: \"x \\\"y\\\" z\"\n"
      "b: 'it''s z'\n"
      "c: |\n  first\n  second z\n"
      "d: plain z\n";
  DocumentResult result = ParseYaml(text);
  ASSERT_TRUE(result.errors.empty());
  Places places;
  places.AddDocument(places.AddFile("f", text), result.root, "");
  ProblemList problems;
  for (const auto& entry : result.root.entries) {
    problems.Add({.path = entry.key, .message = "m", .offset = static_cast<uint32_t>(entry.value.text.find('z'))});
  }
  std::string found;
  for (const v1::Problem& problem : places.Locate(problems)) {
    EXPECT_EQ(problem.excerpt().substr(problem.column() - 1, 1), "z") << problem.path();
    StrAppend(&found, problem.line(), ":", problem.column(), " ");
  }
  EXPECT_EQ(found, "1:13 2:11 5:10 6:10 ");
}

TEST(ReadDefinitionTest, ShowsNoSecretThatIsWrittenOut) {
  const std::string text = "t: {é: 1, password: hunter2, z: 2}\nu: 3\n";
  DocumentResult result = ParseYaml(text);
  ASSERT_TRUE(result.errors.empty());
  Places places;
  places.AddDocument(places.AddFile("f", text), result.root, "");
  ProblemList problems;
  problems.Add({.code = ErrorCode::kLiteralSecret, .path = "t.password", .message = "m"});
  for (const char* path : {"t.é", "t.z", "u"}) problems.Add({.path = path, .message = "m"});
  std::vector<std::string> excerpts;
  for (const v1::Problem& problem : places.Locate(problems)) excerpts.push_back(problem.excerpt());
  EXPECT_EQ(excerpts, (std::vector<std::string>{"t: {é: 1, password: ", "t: {é: 1, password: ", "", "u: 3"}));
}

TEST(ReadDefinitionTest, TurnsScalarsOfOptionsIntoTexts) {
  v1::Definition definition;
  definition.add_files()->set_text(
      "tables: {t: {columns: [{name: k, type: bigint, from: offset}], sources: [{connector: kafka, header: true, n: 3, "
      "no: no}]}}\noptions: {shards: 2, memory: 1GiB}\n");
  Places places;
  ProblemList problems;
  v1::Plan plan = ReadDefinition(definition, NoScripts(), places, problems);
  EXPECT_FALSE(problems.has_errors());
  const auto& options = plan.tables(0).sources(0).options();
  EXPECT_EQ(options.at("header"), "true");
  EXPECT_EQ(options.at("n"), "3");
  EXPECT_EQ(options.at("no"), "no");
  EXPECT_EQ(plan.tables(0).columns(0).metadata(), v1::Column::OFFSET);
  EXPECT_EQ(plan.options().memory_bytes(), 1u << 30);
}

TEST(ReadDefinitionTest, OnlyKeepsOneView) {
  const char* text =
      "tables: {t: {columns: [{name: x, type: text}], materialized: true}}\n"
      "views: {a: {materialized: true, key: [x], distinct: {input: t}}, b: {input: a}}\n"
      "sinks: {s: {from: a, connector: files, path: out}}\n";
  auto read = [&](const char* only, ProblemList* problems) {
    v1::Definition definition;
    definition.add_files()->set_text(text);
    definition.add_files()->set_text(only);
    Places places;
    return ReadDefinition(definition, NoScripts(), places, *problems);
  };
  ProblemList none, unknown;
  const v1::Plan plan = read("only: b\n", &none);
  EXPECT_EQ(none.entries().size(), 0u);
  ASSERT_EQ(plan.views_size(), 2);
  EXPECT_FALSE(plan.views(0).materialized());
  EXPECT_TRUE(plan.views(0).key().empty());
  EXPECT_TRUE(plan.views(1).materialized());
  EXPECT_FALSE(plan.tables(0).materialized());
  EXPECT_TRUE(plan.sinks().empty());
  read("only: c\n", &unknown);
  ASSERT_EQ(unknown.entries().size(), 1u);
  EXPECT_EQ(unknown.entries()[0].problem.message(), "there is no view c");
}

TEST(ReadDefinitionTest, ReadsLengthsOfTime) {
  EXPECT_EQ(ParseDurationMicros("250ms"), 250'000);
  EXPECT_EQ(ParseDurationMicros("90s"), 90'000'000);
  EXPECT_EQ(ParseDurationMicros("15 Minutes"), 900'000'000);
  EXPECT_EQ(ParseDurationMicros("24h"), 86'400'000'000);
  EXPECT_EQ(ParseDurationMicros("7 d"), 604'800'000'000);
  for (const char* text :
       {"", "h", "12", "1.5h", "-1h", "0s", "1 hour 5 minutes", "3 weeks", "36501d", "99999999999999999999d"}) {
    EXPECT_EQ(ParseDurationMicros(text), std::nullopt) << text;
  }
  EXPECT_EQ(Problems("tables: {t: {columns: [{name: k, type: bigint}], primary_key: [k], tombstone_retention: 2h}}\n"),
            "");
  EXPECT_EQ(Problems("tables: {t: {tombstone_retention: soon}}\n"),
            "1:35 INVALID_OPTION tables.t.tombstone_retention\n");
  EXPECT_EQ(Problems("{\"tables\": {\"t\": {\"tombstone_retention\": \"0s\"}}}", "a.json"),
            "1:42 INVALID_OPTION tables.t.tombstone_retention\n");
}

}  // namespace
}  // namespace freshet
