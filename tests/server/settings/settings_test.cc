#include "server/settings/settings.h"

#include <fstream>

#include "engine/base/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/errors/error_list.h"
#include "server/settings/setting_list.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

std::string WriteFile(const std::string& text) {
  std::string path = ::testing::TempDir() + "settings_test.yaml";
  std::ofstream(path) << text;
  return path;
}

TEST(SettingsTest, DefaultsAreSetAndFinish) {
  Settings settings = DefaultSettings();
  EXPECT_EQ(settings.http_address, "127.0.0.1:8080");
  EXPECT_EQ(settings.http_request_bytes_max, 16u << 20);
  EXPECT_EQ(settings.shard_timeout_ms, 60'000u);
  ASSERT_TRUE(FinishSettings(&settings).ok());
  EXPECT_EQ(settings.data_dir.front(), '/');
  EXPECT_EQ(settings.files_root.front(), '/');
  EXPECT_NE(settings.files_root.back(), '/');
}

TEST(SettingsTest, RefusesAddressesWithoutAPort) {
  for (const char* address : {"nope", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536", "1.2.3.4:-1", "http://1.2.3.4:1"}) {
    for (const char* name : {"http.address", "grpc.address"}) {
      Settings settings = DefaultSettings();
      ASSERT_TRUE(SetSetting(name, address, &settings).ok());
      absl::Status status = FinishSettings(&settings);
      EXPECT_THAT(std::string(status.message()), HasSubstr(StrCat("setting ", name, " takes host:port"))) << address;
    }
  }
}

TEST(SettingsTest, TakesUnits) {
  Settings settings = DefaultSettings();
  EXPECT_TRUE(SetSetting("shards.memory", "64MiB", &settings).ok());
  EXPECT_EQ(settings.shard_memory_bytes, 64u << 20);
  EXPECT_TRUE(SetSetting("shards.memory", "67108865", &settings).ok());
  EXPECT_EQ(settings.shard_memory_bytes, (64u << 20) + 1);
  EXPECT_TRUE(SetSetting("shards.timeout", "2min", &settings).ok());
  EXPECT_EQ(settings.shard_timeout_ms, 120'000u);
  EXPECT_TRUE(SetSetting("restarts.backoff_min", "250 ms", &settings).ok());
  EXPECT_EQ(settings.restart_backoff_ms_min, 250u);
}

TEST(SettingsTest, RefusesUnknownNamesWithTheNearest) {
  Settings settings = DefaultSettings();
  absl::Status status = SetSetting("http.adress", "x", &settings);
  EXPECT_EQ(CodeOf(status), ErrorCode::kInvalidSetting);
  EXPECT_THAT(std::string(status.message()), HasSubstr("did you mean 'http.address'"));
}

TEST(SettingsTest, RefusesValuesOutsideOfTheBounds) {
  Settings settings = DefaultSettings();
  for (auto [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"shards.memory", "1MiB"},
                                                                  {"shards.memory", "-1"},
                                                                  {"shards.memory", "99999999999999999999"},
                                                                  {"shards.memory", "99999999999TiB"},
                                                                  {"shards.memory", "lots"},
                                                                  {"shards.memory", ""},
                                                                  {"http.threads", "0"},
                                                                  {"http.threads", "2ms"},
                                                                  {"log.level", "loud"},
                                                                  {"data_dir", ""}}) {
    Settings before = settings;
    EXPECT_EQ(CodeOf(SetSetting(name, value, &settings)), ErrorCode::kInvalidSetting) << name << "=" << value;
    EXPECT_EQ(settings.shard_memory_bytes, before.shard_memory_bytes);
  }
}

TEST(SettingsTest, ReadsNestedAndDottedNames) {
  Settings settings = DefaultSettings();
  std::string path = WriteFile("http:\n  address: 0.0.0.0:1\n  threads: 3\nshards.memory: 1GiB\nlog: {level: warn}\n");
  ASSERT_TRUE(ReadSettingsFile(path, &settings).ok());
  EXPECT_EQ(settings.http_address, "0.0.0.0:1");
  EXPECT_EQ(settings.http_threads, 3u);
  EXPECT_EQ(settings.shard_memory_bytes, 1u << 30);
  EXPECT_EQ(settings.log_level, "warn");
}

TEST(SettingsTest, TellsTheLineOfAMistake) {
  Settings settings = DefaultSettings();
  auto message = [&](const std::string& text) {
    return std::string(ReadSettingsFile(WriteFile(text), &settings).message());
  };
  EXPECT_THAT(message("http:\n  address: a:1\n  thread: 3\n"), HasSubstr("settings_test.yaml:3: there is no setting"));
  EXPECT_THAT(message("http: [1, 2]\n"), HasSubstr("settings_test.yaml:1: http is not a value"));
  EXPECT_THAT(message("http.threads: 1\nhttp: {threads: 2}\n"), HasSubstr("stands twice"));
  EXPECT_THAT(message("a: b: c\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(message("- a\n"), HasSubstr("not a mapping"));
  EXPECT_TRUE(ReadSettingsFile(WriteFile(""), &settings).ok());
  EXPECT_FALSE(ReadSettingsFile("/does/not/exist.yaml", &settings).ok());
}

TEST(SettingsTest, HelpNamesEverySetting) {
  std::string help = SettingsHelp();
  for (const SettingInfo& info : SettingList()) EXPECT_THAT(help, HasSubstr(std::string(info.name) + " (default "));
}

}  // namespace
}  // namespace freshet
