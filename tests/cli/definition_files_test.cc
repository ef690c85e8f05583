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
  EXPECT_FALSE(OutlineOf(Files({"tables: {}"})).ends);
  EXPECT_FALSE(OutlineOf(Files({"tables: ["})).ends);
  v1::Definition definition;
  v1::SourceBinding& source = *definition.mutable_plan()->add_tables()->add_sources();
  source.set_connector("kafka");
  EXPECT_FALSE(OutlineOf(definition).ends);
  (*source.mutable_options())["mode"] = "static";
  EXPECT_TRUE(OutlineOf(definition).ends);
}

TEST(ReadDefinitionFilesTest, AMissingFileIsWrongUse) {
  auto definition = ReadDefinitionFiles({"/nonexistent/x.yaml"});
  EXPECT_EQ(ExitCodeOf(definition.status()), ExitCode::kWrongUse);
  EXPECT_EQ(ExitCodeOf(ReadDefinitionFiles({"/"}).status()), ExitCode::kWrongUse);
}

}  // namespace
}  // namespace freshet
