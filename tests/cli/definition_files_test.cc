#include "tools/cli/definition_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Definition Files(const std::vector<std::string>& texts) {
  v1::Definition definition;
  for (const std::string& text : texts) {
    definition.add_files()->set_text(text);
    definition.mutable_files(definition.files_size() - 1)->set_name("dir/late.yaml");
  }
  return definition;
}

TEST(DefinitionOutlineTest, NameIsTheLastOneGivenElseTheStem) {
  EXPECT_EQ(OutlineOf(Files({"tables: {}"})).name, "late");
  EXPECT_EQ(OutlineOf(Files({"name: a", "tables: {}"})).name, "a");
  EXPECT_EQ(OutlineOf(Files({"name: a", "{\"name\": \"b\"}"})).name, "b");
  EXPECT_EQ(OutlineOf(Files({"name: [", "\xff\xfe"})).name, "late");
}

TEST(DefinitionOutlineTest, KafkaFollowsUnlessStaticAndFilesOnlyIfAsked) {
  EXPECT_THAT(OutlineOf(Files({"tables: {t: {sources: [{connector: files, path: x}]}}"})).follows, IsEmpty());
  EXPECT_THAT(OutlineOf(Files({"tables: {t: {sources: [{connector: files, mode: follow}]}}"})).follows,
              ElementsAre("t"));
  EXPECT_THAT(OutlineOf(Files({"tables: {t: {sources: [{connector: kafka}]}}"})).follows, ElementsAre("t"));
  EXPECT_THAT(OutlineOf(Files({"tables: {t: {sources: [{connector: kafka, mode: static}]}}"})).follows, IsEmpty());
}

TEST(DefinitionOutlineTest, ALaterFileReplacesSources) {
  EXPECT_THAT(OutlineOf(Files({"tables: {t: {sources: [{connector: kafka}]}}",
                               "tables: {t: {sources: [{connector: files, path: x}]}}"}))
                  .follows,
              IsEmpty());
}

TEST(DefinitionOutlineTest, ItEndsWhereEveryTableHasSourcesThatEnd) {
  EXPECT_TRUE(OutlineOf(Files({"tables: {t: {sources: [{connector: files, path: x}]}}"})).ends);
  EXPECT_FALSE(OutlineOf(Files({"tables: {t: {sources: [{connector: files}]}, u: {columns: []}}"})).ends);
  EXPECT_FALSE(OutlineOf(Files({"tables: {t: {sources: [{connector: files}, {connector: kafka}]}}"})).ends);
  EXPECT_FALSE(
      OutlineOf(Files({"tables: {t: {sources: [{connector: files}]}}", "tables: {t: {sources: [{connector: http}]}}"}))
          .ends);
  EXPECT_FALSE(OutlineOf(Files({"tables: {}"})).ends);
  EXPECT_FALSE(OutlineOf(Files({"tables: ["})).ends);
  v1::Definition definition;
  v1::SourceBinding& source = *definition.mutable_plan()->add_tables()->add_sources();
  source.set_connector("kafka");
  EXPECT_FALSE(OutlineOf(definition).ends);
  (*source.mutable_options())["mode"] = "static";
  EXPECT_TRUE(OutlineOf(definition).ends);
}

TEST(DefinitionOutlineTest, KnowsWhatAScriptSaysOfItsSources) {
  auto outline = [](std::string script) {
    v1::Definition definition;
    definition.add_files()->set_name("folder/late.sql");
    definition.mutable_files(0)->set_text(std::move(script));
    return OutlineOf(definition);
  };
  const std::string ends = "CREATE TABLE t (a INT) WITH (connector = 'files', path = 'x;y', mode = 'static');";
  EXPECT_EQ(outline(ends).name, "late");
  EXPECT_EQ(outline("SET name = 'other';" + ends).name, "other");
  EXPECT_TRUE(outline(ends).ends);
  EXPECT_FALSE(outline(ends + "create table u (a int);").ends);
  EXPECT_THAT(outline(ends + "-- a comment\ncreate table u (a int)\n with ('connector' = 'kafka')").follows,
              ElementsAre("u"));
  EXPECT_TRUE(outline("SET load_epoch_max_rows = 5;").bounds_load_epochs);
}

TEST(ReadDefinitionFilesTest, AMissingFileIsWrongUse) {
  auto definition = ReadDefinitionFiles({"/nonexistent/x.yaml"});
  EXPECT_EQ(ExitCodeOf(definition.status()), ExitCode::kWrongUse);
  EXPECT_EQ(ExitCodeOf(ReadDefinitionFiles({"/"}).status()), ExitCode::kWrongUse);
}

}  // namespace
}  // namespace freshet
