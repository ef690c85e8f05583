// Declares every setting once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "server/settings/settings.h"

namespace freshet {

// How a value is written.
enum class SettingUnit : uint8_t {
  kText,
  kCount,
  kBytes,     // 67108864, 64MiB
  kDuration,  // 500ms, 30s, 2min; a bare number is milliseconds
};

struct SettingInfo {
  std::string_view name;  // http.address
  std::variant<std::string Settings::*, uint64_t Settings::*> member;
  SettingUnit unit;
  std::string_view default_value;
  std::string_view doc;  // one sentence
  uint64_t min = 0;
  uint64_t max = 0;               // numbers only
  std::string_view choices = {};  // texts only, separated by '|'; empty = any
};

std::span<const SettingInfo> SettingList();

}  // namespace freshet
