#include "tools/cli/output/rows_output.h"

#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/canned_server.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;

constexpr char kTwoRows[] =
    "{\"row\":{\"name\":\"a\",\"n\":9007199254740993}}\n"
    "{\"row\":{\"name\":\"bb\",\"n\":null},\"errors\":{\"n\":\"DIVISION_BY_ZERO\"}}\n"
    "{\"end\":{\"next_page_token\":\"\"}}\n";

struct Printed {
  absl::StatusOr<PrintedRows> rows;
  std::string text;
};

Printed Print(const std::string& answer, const RowsToPrint& rows, OutputFormat format) {
  CannedServer server({answer});
  testing::internal::CaptureStdout();
  auto printed = PrintRows(HttpClient(server.address()), rows, format);
  std::fflush(stdout);
  return {std::move(printed), testing::internal::GetCapturedStdout()};
}

TEST(RowsOutputTest, JsonIsAPlainRowALine) {
  Printed printed = Print(Answer(200, "application/x-ndjson", kTwoRows), {.target = "/r"}, OutputFormat::kJson);
  ASSERT_TRUE(printed.rows.ok()) << printed.rows.status();
  EXPECT_EQ(printed.text, "{\"name\":\"a\",\"n\":9007199254740993}\n{\"name\":\"bb\",\"n\":null}\n");
  EXPECT_EQ(printed.rows->rows, 2u);
  EXPECT_EQ(printed.rows->rows_with_errors, 1u);
  EXPECT_FALSE(printed.rows->more);
}

TEST(RowsOutputTest, RowsOfSeveralViewsNameTheirs) {
  Printed printed =
      Print(Answer(200, "application/x-ndjson", kTwoRows), {.target = "/r", .in_view = "v"}, OutputFormat::kJson);
  EXPECT_EQ(printed.text,
            "{\"view\":\"v\",\"row\":{\"name\":\"a\",\"n\":9007199254740993}}\n"
            "{\"view\":\"v\",\"row\":{\"name\":\"bb\",\"n\":null}}\n");
}

TEST(RowsOutputTest, TableAlignsNumbersRight) {
  Printed printed = Print(Answer(200, "application/x-ndjson", kTwoRows), {.target = "/r"}, OutputFormat::kTable);
  EXPECT_EQ(printed.text,
            "name                 n\n"
            "----  ----------------\n"
            "a     9007199254740993\n"
            "bb                NULL\n");
}

TEST(RowsOutputTest, YamlIsAListOfMaps) {
  Printed printed = Print(Answer(200, "application/x-ndjson", kTwoRows), {.target = "/r"}, OutputFormat::kYaml);
  EXPECT_EQ(printed.text, "- name: \"a\"\n  n: 9007199254740993\n- name: \"bb\"\n  n: null\n");
}

TEST(RowsOutputTest, TheLimitCutsAndSaysSo) {
  Printed printed =
      Print(Answer(200, "application/x-ndjson", kTwoRows), {.target = "/r", .limit = 1}, OutputFormat::kJson);
  ASSERT_TRUE(printed.rows.ok());
  EXPECT_EQ(printed.rows->rows, 1u);
  EXPECT_TRUE(printed.rows->more);
  Printed csv =
      Print(Answer(200, "text/csv", "a\r\n\"x\ny\"\r\n2\r\n"), {.target = "/r", .limit = 1}, OutputFormat::kCsv);
  EXPECT_EQ(csv.text, "a\r\n\"x\ny\"\r\n");
}

TEST(RowsOutputTest, AnAnswerWithoutEndIsAnError) {
  Printed printed =
      Print(Answer(200, "application/x-ndjson", "{\"row\":{\"a\":1}}\n"), {.target = "/r"}, OutputFormat::kJson);
  EXPECT_FALSE(printed.rows.ok());
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\r\n\r\n";
  EXPECT_FALSE(Print(chunked, {.target = "/r"}, OutputFormat::kCsv).rows.ok());
}

TEST(RowsOutputTest, AnErrorInTheStreamEndsIt) {
  Printed printed = Print(Answer(200, "application/x-ndjson",
                                 "{\"row\":{\"a\":1}}\n{\"error\":{\"code\":\"EPOCH_GONE\",\"detail\":\"gone\"}}\n"),
                          {.target = "/r"}, OutputFormat::kJson);
  EXPECT_EQ(printed.rows.status().message(), "gone");
  EXPECT_EQ(ExitCodeOf(printed.rows.status()), ExitCode::kFailed);
}

TEST(RowsOutputTest, AProblemPrintsNothingAndKeepsItsCode) {
  Printed printed =
      Print(Answer(404, "application/problem+json", "{\"code\":\"NOT_FOUND\",\"detail\":\"there is no view 'x'\"}"),
            {.target = "/r"}, OutputFormat::kTable);
  EXPECT_EQ(printed.text, "");
  EXPECT_EQ(ExitCodeOf(printed.rows.status()), ExitCode::kNotFound);
}

TEST(RowsOutputTest, ParametersAreEncoded) {
  CannedServer server({Answer(200, "text/csv", "")});
  auto printed = PrintRows(HttpClient(server.address()), {.target = "/r", .parameters = {{"where", "a > 'x&y'"}}},
                           OutputFormat::kCsv);
  EXPECT_TRUE(printed.ok());
  EXPECT_THAT(server.Targets(), ElementsAre("GET /r?where=a%20%3E%20%27x%26y%27&format=csv"));
}

TEST(HttpClientTest, ARefusedConnectionIsUnreachable) {
  EXPECT_EQ(ExitCodeOf(HttpClient("127.0.0.1:1").Get("/").status()), ExitCode::kUnreachable);
}

}  // namespace
}  // namespace freshet
