#include "server/roles/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/errors/error_list.h"

namespace freshet {
namespace {

using testing::HasSubstr;

absl::StatusOr<CommandLine> Read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "freshetd");
  return ReadCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

std::string ProblemOf(std::vector<const char*> arguments, ErrorCode code) {
  const absl::Status status = Read(std::move(arguments)).status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(InfoOf(CodeOf(status)).name, InfoOf(code).name) << status;
  return std::string(status.message());
}

TEST(CommandLineTest, OptionsAndSetsAreSettings) {
  auto line =
      Read({"--data-dir", "/d", "--http-address", "127.0.0.1:0", "--set", "http.threads=3", "--set", "log.fsync=off"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_FALSE(line->shard.has_value());
  EXPECT_FALSE(line->print.has_value());
  EXPECT_EQ(line->settings.data_dir, "/d");
  EXPECT_EQ(line->settings.http_address, "127.0.0.1:0");
  EXPECT_EQ(line->settings.http_threads, 3u);
  EXPECT_EQ(line->settings.log_fsync, "off");
}

TEST(CommandLineTest, TheCommandLineWinsOverTheFile) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "command_line_test.yaml";
  std::ofstream(path) << "http.threads: 5\nlog.level: warn\n";
  auto line = Read({"--set", "http.threads=3", "--config", path.c_str()});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->settings.http_threads, 3u);
  EXPECT_EQ(line->settings.log_level, "warn");
  std::filesystem::remove(path);
  EXPECT_THAT(ProblemOf({"--config", path.c_str()}, ErrorCode::kInvalidSetting), HasSubstr(path.string()));
}

TEST(CommandLineTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(ProblemOf({"--no-such"}, ErrorCode::kInvalidRequest), HasSubstr("--help lists the options"));
  EXPECT_THAT(ProblemOf({"left"}, ErrorCode::kInvalidRequest), HasSubstr("left"));
  EXPECT_THAT(ProblemOf({"--set", "http.threads"}, ErrorCode::kInvalidSetting), HasSubstr("'http.threads'"));
  EXPECT_THAT(ProblemOf({"--set", "http.threads="}, ErrorCode::kInvalidSetting), HasSubstr("name=value"));
  EXPECT_THAT(ProblemOf({"--set", "http.threads=0"}, ErrorCode::kInvalidSetting), HasSubstr("http.threads"));
  EXPECT_THAT(ProblemOf({"--set", "http.thread=1"}, ErrorCode::kInvalidSetting), HasSubstr("http.thread"));
}

TEST(CommandLineTest, HelpAndVersionArePrinted) {
  for (const auto& [option, text] : {std::pair("--help", "--data-dir"), std::pair("--help-settings", "stop.timeout"),
                                     std::pair("--version", "freshetd ")}) {
    auto line = Read({option, "--set", "http.threads=3"});
    ASSERT_TRUE(line.ok()) << line.status();
    ASSERT_TRUE(line->print.has_value()) << option;
    EXPECT_THAT(*line->print, HasSubstr(text));
  }
}

TEST(CommandLineTest, AShardNeedsAllOfItsOptions) {
  auto line =
      Read({"shard", "--control", "c", "--lock", "l", "--pipeline-uid", "u", "--generation", "7", "--shard", "2"});
  ASSERT_TRUE(line.ok()) << line.status();
  ASSERT_TRUE(line->shard.has_value());
  EXPECT_EQ(line->shard->control_path, "c");
  EXPECT_EQ(line->shard->lock_path, "l");
  EXPECT_EQ(line->shard->pipeline_uid, "u");
  EXPECT_EQ(line->shard->generation, 7u);
  EXPECT_EQ(line->shard->shard, 2u);
  EXPECT_THAT(ProblemOf({"shard", "--control", "c"}, ErrorCode::kInvalidRequest), HasSubstr("required"));
}

}  // namespace
}  // namespace freshet
