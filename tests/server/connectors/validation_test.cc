#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "server/connectors/connector_list.h"
#include "tests/server/connectors/source_harness.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

v1::Table Table(const Options& options, std::string connector = "files") {
  v1::PhysicalSource source = MakeSource(std::move(connector), {MakeColumn("a", v1::TEXT)}, options);
  v1::Table table = source.declaration();
  *table.add_sources() = source.binding();
  return table;
}

std::vector<std::string> Validate(const v1::Table& table) {
  std::vector<std::string> lines;
  for (const v1::Problem& problem : ValidateSources(table, {::testing::TempDir()})) {
    EXPECT_FALSE(problem.message().empty());
    lines.push_back(StrCat(problem.code(), " ", problem.path()));
  }
  return lines;
}

TEST(Validation, GoodBindingsHaveNoProblems) {
  EXPECT_THAT(Validate(Table({{"path", "x/*.csv"}, {"format", "csv"}, {"null_string", "NA"}, {"mode", "static"}})),
              IsEmpty());
  EXPECT_THAT(Validate(Table({{"brokers", "b:1"},
                              {"topic", "t"},
                              {"format", "csv"},
                              {"header", "false"},
                              {"kafka.sasl.mechanism", "SCRAM-SHA-512"},
                              {"kafka.sasl.username", "u"},
                              {"kafka.sasl.password", "${env:P}"},
                              {"kafka.security.protocol", "sasl_ssl"}},
                             "kafka")),
              IsEmpty());
}

TEST(Validation, EveryProblemIsToldAtOnceWithASuggestion) {
  v1::Table table =
      Table({{"pth", "x"}, {"format", "csv"}, {"mode", "folow"}, {"delimiter", ";;"}, {"bad_value", "skip"}});
  EXPECT_THAT(
      Validate(table),
      UnorderedElementsAre("UNKNOWN_OPTION sources/0/options.pth", "MISSING_OPTION sources/0/options.path",
                           "INVALID_OPTION sources/0/options.mode", "INVALID_OPTION sources/0/options.delimiter",
                           "INVALID_OPTION sources/0/options.bad_value"));
  for (const v1::Problem& problem : ValidateSources(table, {"/"})) {
    if (problem.path() == "sources/0/options.pth") EXPECT_THAT(problem.suggestion(), HasSubstr("path"));
    if (problem.path() == "sources/0/options.mode") EXPECT_THAT(problem.suggestion(), HasSubstr("follow"));
  }
}

TEST(Validation, ConnectorsAndFormatsThatAreNotThere) {
  EXPECT_THAT(Validate(Table({}, "flies")), ElementsAre("UNKNOWN_CONNECTOR sources/0/connector"));
  EXPECT_THAT(Validate(Table({}, "http")), ElementsAre());
  EXPECT_THAT(Validate(Table({{"format", "json"}}, "http")), ElementsAre("UNKNOWN_OPTION sources/0/options.format"));
  EXPECT_THAT(Validate(Table({}, "")), ElementsAre("MISSING_OPTION sources/0/connector"));
  v1::Table none = Table({});
  none.clear_sources();
  EXPECT_THAT(Validate(none), ElementsAre());
  EXPECT_THAT(Validate(Table({{"path", "x"}, {"format", "jsn"}})),
              ElementsAre("UNKNOWN_FORMAT sources/0/options.format"));
  EXPECT_THAT(Validate(Table({{"path", "x"}, {"format", "avro"}})),
              ElementsAre("UNSUPPORTED sources/0/options.format"));
  EXPECT_THAT(Validate(Table({{"path", "x"}, {"format", "csv"}, {"envelope", "debezium"}})),
              ElementsAre("UNSUPPORTED sources/0/options.envelope"));
}

TEST(Validation, SecretsAreNeverLiteral) {
  v1::Table table = Table({{"brokers", "b"},
                           {"topic", "t"},
                           {"format", "raw"},
                           {"kafka.security.protocol", "sasl_ssl"},
                           {"kafka.sasl.mechanism", "PLAIN"},
                           {"kafka.sasl.username", "u"},
                           {"kafka.sasl.password", "hunter2"}},
                          "kafka");
  EXPECT_THAT(Validate(table), ElementsAre("LITERAL_SECRET sources/0/options.kafka.sasl.password"));
  EXPECT_THAT(ValidateSources(table, {"/"})[0].DebugString(), ::testing::Not(HasSubstr("hunter2")));
  (*table.mutable_sources(0)->mutable_options())["kafka.security.protocol"] = "plaintext";
  EXPECT_THAT(Validate(table), UnorderedElementsAre("LITERAL_SECRET sources/0/options.kafka.sasl.password",
                                                    "INVALID_OPTION sources/0/options.kafka.sasl.mechanism",
                                                    "INVALID_OPTION sources/0/options.kafka.sasl.username",
                                                    "INVALID_OPTION sources/0/options.kafka.sasl.password"));
  setenv("FRESHET_TEST_SECRET", "s3", 1);
  EXPECT_EQ(*ResolveSecret("${env:FRESHET_TEST_SECRET}"), "s3");
  EXPECT_FALSE(ResolveSecret("${env:FRESHET_TEST_NO_SECRET}").ok());
  TempFolder folder;
  folder.Write("p", "pw\n");
  EXPECT_EQ(*ResolveSecret(StrCat("${file:", folder.path(), "/p}")), "pw");
}

TEST(Validation, PathsStayUnderTheRoot) {
  EXPECT_THAT(Validate(Table({{"path", "../x"}, {"format", "raw"}})),
              ElementsAre("PATH_OUTSIDE_ROOT sources/0/options.path"));
  EXPECT_THAT(Validate(Table({{"path", "/etc/passwd"}, {"format", "raw"}})),
              ElementsAre("PATH_OUTSIDE_ROOT sources/0/options.path"));
}

TEST(Validation, KafkaOptionsThatDoNotGoTogether) {
  Options base = {{"brokers", "b"}, {"topic", "t"}, {"format", "raw"}};
  auto with = [&](const Options& more) {
    Options options = base;
    options.insert(more.begin(), more.end());
    return Validate(Table(options, "kafka"));
  };
  EXPECT_THAT(with({{"start", "timestamp"}}), ElementsAre("MISSING_OPTION sources/0/options.start_timestamp"));
  EXPECT_THAT(with({{"start_offsets", "0:1"}}), ElementsAre("INVALID_OPTION sources/0/options.start_offsets"));
  EXPECT_THAT(with({{"start", "offsets"}, {"start_offsets", "x"}}),
              ElementsAre("INVALID_OPTION sources/0/options.start_offsets"));
  EXPECT_THAT(with({{"kafka.group.id", "g"}}), ElementsAre("UNKNOWN_OPTION sources/0/options.kafka.group.id"));
  EXPECT_THAT(with({{"kafka.fetch.min.bytes", "many"}}),
              ElementsAre("INVALID_OPTION sources/0/options.kafka.fetch.min.bytes"));
  EXPECT_THAT(with({{"envelope", "upsert"}}), ElementsAre("MISSING_PRIMARY_KEY sources/0/options.envelope"));
  EXPECT_THAT(with({{"key_format", "json"}}), ElementsAre("MISSING_PRIMARY_KEY sources/0/options.key_format"));
}

TEST(Validation, ColumnsAskForWhatTheConnectorHas) {
  v1::Table table = Table({{"path", "x"}, {"format", "raw"}});
  *table.add_columns() = MakeColumn("t", v1::TEXT);
  table.mutable_columns(1)->set_metadata(v1::Column::TOPIC);
  *table.add_columns() = MakeColumn("l", v1::TEXT);
  table.mutable_columns(2)->set_metadata(v1::Column::LINE);
  EXPECT_THAT(Validate(table), ElementsAre("INVALID_OPTION columns/1", "TYPE_MISMATCH columns/2.type"));
}

}  // namespace
}  // namespace freshet
