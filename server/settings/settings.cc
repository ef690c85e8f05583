#include "server/settings/settings.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/settings/setting_list.h"

namespace freshet {
namespace {

struct Suffix {
  std::string_view text;
  uint64_t factor;
};
constexpr Suffix kByteSuffixes[] = {{"KiB", uint64_t{1} << 10},
                                    {"MiB", uint64_t{1} << 20},
                                    {"GiB", uint64_t{1} << 30},
                                    {"TiB", uint64_t{1} << 40},
                                    {"B", 1}};
constexpr Suffix kDurationSuffixes[] = {{"ms", 1}, {"min", 60'000}, {"h", 3'600'000}, {"s", 1000}};

absl::Status InvalidSetting(const std::string& message) { return MakeError(ErrorCode::kInvalidSetting, message); }

// A number with one of the suffixes; no value: it is not one, or too large.
std::optional<uint64_t> ParseNumber(std::string_view text, std::span<const Suffix> suffixes) {
  uint64_t factor = 1;
  for (const Suffix& suffix : suffixes) {
    if (absl::EndsWithIgnoreCase(AbslView(text), AbslView(suffix.text))) {
      factor = suffix.factor;
      text.remove_suffix(suffix.text.size());
      break;
    }
  }
  text = StdView(absl::StripAsciiWhitespace(AbslView(text)));
  uint64_t number = 0;
  if (text.empty() || !absl::ascii_isdigit(text.front()) || !absl::SimpleAtoi(AbslView(text), &number))
    return std::nullopt;
  if (number > std::numeric_limits<uint64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

std::optional<uint64_t> ParseValue(std::string_view text, SettingUnit unit) {
  switch (unit) {
    case SettingUnit::kText:
      return std::nullopt;
    case SettingUnit::kCount:
      return ParseNumber(text, {});
    case SettingUnit::kBytes:
      return ParseNumber(text, kByteSuffixes);
    case SettingUnit::kDuration:
      return ParseNumber(text, kDurationSuffixes);
  }
  return std::nullopt;
}

std::string FormatNumber(uint64_t value, SettingUnit unit) {
  switch (unit) {
    case SettingUnit::kText:
    case SettingUnit::kCount:
      return fmt::format("{}", value);
    case SettingUnit::kBytes: {
      const char* const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
      size_t step = 0;
      for (; step < 4 && value != 0 && value % 1024 == 0; ++step) value /= 1024;
      return fmt::format("{}{}", value, names[step]);
    }
    case SettingUnit::kDuration:
      if (value != 0 && value % 3'600'000 == 0) return fmt::format("{}h", value / 3'600'000);
      if (value != 0 && value % 60'000 == 0) return fmt::format("{}min", value / 60'000);
      if (value != 0 && value % 1000 == 0) return fmt::format("{}s", value / 1000);
      return fmt::format("{}ms", value);
  }
  return "";
}

std::string WhatItTakes(const SettingInfo& info) {
  switch (info.unit) {
    case SettingUnit::kText:
      return info.choices.empty() ? "a text" : fmt::format("one of {}", info.choices);
    case SettingUnit::kCount:
      return fmt::format("a number from {} to {}", info.min, info.max);
    case SettingUnit::kBytes:
      return fmt::format("a size from {} to {}, for example 64MiB", FormatNumber(info.min, info.unit),
                         FormatNumber(info.max, info.unit));
    case SettingUnit::kDuration:
      return fmt::format("a duration from {} to {}, for example 500ms or 30s", FormatNumber(info.min, info.unit),
                         FormatNumber(info.max, info.unit));
  }
  return "";
}

// Levenshtein's distance, for "did you mean".
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

absl::Status UnknownSetting(std::string_view name) {
  const SettingInfo* nearest = &SettingList().front();
  for (const SettingInfo& info : SettingList()) {
    if (EditDistance(name, info.name) < EditDistance(name, nearest->name)) nearest = &info;
  }
  return InvalidSetting(fmt::format("there is no setting '{}'; did you mean '{}'? (freshetd --help-settings lists all)",
                                    name, nearest->name));
}

// A port above 65535 would be taken modulo 65536 by those who listen.
absl::Status CheckAddress(std::string_view name, std::string_view address) {
  size_t colon = address.rfind(':');
  uint32_t port = 0;
  bool valid = colon != std::string_view::npos && absl::SimpleAtoi(AbslView(address.substr(colon + 1)), &port) &&
               port < 65536 && address.find("://") == std::string_view::npos;
  if (valid) return absl::OkStatus();
  return InvalidSetting(fmt::format("setting {} takes host:port, for example 127.0.0.1:8080, not '{}'", name, address));
}

}  // namespace

Settings DefaultSettings() {
  Settings settings;
  for (const SettingInfo& info : SettingList()) {
    absl::Status status = SetSetting(info.name, info.default_value, &settings);
    CHECK(status.ok()) << status;
  }
  return settings;
}

absl::Status SetSetting(std::string_view name, std::string_view value, Settings* settings) {
  for (const SettingInfo& info : SettingList()) {
    if (info.name != name) continue;
    auto refused = [&] {
      return InvalidSetting(fmt::format("setting {} takes {}, not '{}'", name, WhatItTakes(info), value));
    };
    if (auto* text = std::get_if<std::string Settings::*>(&info.member)) {
      std::vector<std::string> choices = absl::StrSplit(AbslView(info.choices), '|', absl::SkipEmpty());
      if (value.empty()) return refused();
      if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end()) return refused();
      settings->** text = std::string(value);
      return absl::OkStatus();
    }
    std::optional<uint64_t> number = ParseValue(value, info.unit);
    if (!number || *number < info.min || *number > info.max) return refused();
    settings->*std::get<uint64_t Settings::*>(info.member) = *number;
    return absl::OkStatus();
  }
  return UnknownSetting(name);
}

absl::Status FinishSettings(Settings* settings) {
  if (settings->restart_backoff_ms_min > settings->restart_backoff_ms_max) {
    return InvalidSetting("restarts.backoff_min is above restarts.backoff_max");
  }
  if (settings->http_page_rows_default > settings->http_page_rows_max) {
    return InvalidSetting("http.page_rows_default is above http.page_rows_max");
  }
  if (settings->http_bodies_bytes_max < settings->http_request_bytes_max) {
    return InvalidSetting("http.bodies_bytes_max is below http.request_bytes_max: one request would never find room");
  }
  if (settings->stop_notice_ms >= settings->stop_timeout_ms) {
    return InvalidSetting("stop.notice is not below stop.timeout: no time would be left to stop in order");
  }
  RETURN_IF_ERROR(CheckAddress("http.address", settings->http_address));
  RETURN_IF_ERROR(CheckAddress("grpc.address", settings->grpc_address));
  std::error_code error;
  for (std::string* path : {&settings->data_dir, &settings->files_root}) {
    std::filesystem::path absolute = std::filesystem::absolute(*path, error).lexically_normal();
    if (error) return InvalidSetting(fmt::format("cannot resolve the path '{}': {}", *path, error.message()));
    *path = absolute.has_filename() ? absolute.string() : absolute.parent_path().string();
    if (path->empty()) *path = "/";
  }
  return absl::OkStatus();
}

std::string SettingsHelp() {
  std::string help =
      "Settings, in the order in which they are applied: default, --config file (YAML), command line (--set "
      "name=value).\n\n";
  for (const SettingInfo& info : SettingList()) {
    help += fmt::format("{} (default {})\n    {}\n", info.name, info.default_value, info.doc);
    if (info.unit != SettingUnit::kText || !info.choices.empty())
      help += fmt::format("    Takes {}.\n", WhatItTakes(info));
  }
  return help;
}

}  // namespace freshet
