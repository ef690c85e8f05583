#include "server/connectors/files/sink_file_name.h"

#include <charconv>

#include "absl/strings/str_format.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr std::string_view kOpenSuffix = ".open";
// The digits of 2^53 and no fewer, so that names sort as epochs do.
constexpr size_t kEpochDigits = 16;

// Takes `-digits` off the end of a text.
std::optional<uint64_t> TakeNumber(std::string_view* text, size_t digits) {
  size_t dash = text->rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view number = text->substr(dash + 1);
  if (number.empty() || (digits > 0 && number.size() != digits)) return std::nullopt;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  *text = text->substr(0, dash);
  return value;
}

}  // namespace

std::string SinkFileName::Text() const {
  std::string name = absl::StrFormat("%s-%d-%016d", sink, shard, first.value());
  if (!open) absl::StrAppendFormat(&name, "-%016d", last.value());
  return StrCat(name, ".", extension, open ? kOpenSuffix : std::string_view());
}

std::optional<SinkFileName> ParseSinkFileName(std::string_view name) {
  SinkFileName parsed;
  if (name.ends_with(kOpenSuffix)) {
    parsed.open = true;
    name.remove_suffix(kOpenSuffix.size());
  }
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  parsed.extension = std::string(name.substr(dot + 1));
  if (parsed.extension != "jsonl" && parsed.extension != "csv") return std::nullopt;
  name = name.substr(0, dot);
  if (!parsed.open) {
    auto last = TakeNumber(&name, kEpochDigits);
    if (!last) return std::nullopt;
    parsed.last = Epoch(*last);
  }
  auto first = TakeNumber(&name, kEpochDigits);
  auto shard = first ? TakeNumber(&name, 0) : std::nullopt;
  if (!shard || *shard > 65535 || name.empty()) return std::nullopt;
  parsed.first = Epoch(*first);
  parsed.shard = static_cast<uint32_t>(*shard);
  parsed.sink = std::string(name);
  return parsed;
}

}  // namespace freshet
